"""Draw the README's pictures: arch.svg in; arch.png, arch-dark.png out."""

from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).resolve().parent
CHROMIUM = Path("/usr/bin/chromium")  # Debian's; else the one that `playwright install` brings

SCHEMES: list[tuple[Literal["light", "dark"], str]] = [("light", ""), ("dark", "-dark")]


def architecture(browser: Browser) -> None:
    """Draw the diagram twice: it follows the reader's colour scheme."""
    svg = (HERE / "arch.svg").read_text()
    for scheme, suffix in SCHEMES:
        page = browser.new_page(
            viewport={"width": 1000, "height": 500}, device_scale_factor=2, color_scheme=scheme
        )
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
        page.screenshot(path=HERE / f"arch{suffix}.png", omit_background=True)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM if CHROMIUM.exists() else None, args=["--no-sandbox"]
        )
        architecture(browser)


if __name__ == "__main__":
    main()

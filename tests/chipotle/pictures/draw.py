"""Draw the README's pictures: the diagram and the pages, in light and dark."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from app import lambdaHandler
from serving import explain, html, outside, tabular
from serving.handler import Handler
from tests import engines
from tests.chipotle.pictures.elsewhere import served

HERE = Path(__file__).resolve().parents[3] / "img"
MODEL = HERE.parent / "model"
CHROMIUM = Path("/usr/bin/chromium")  # Debian's; else the one that `playwright install` brings
SCHEMES: list[tuple[Literal["light", "dark"], str]] = [("light", ""), ("dark", "-dark")]
OLNEY = "?lat=39.153198&long=-77.066176&k=5"
RED_ROCKS = "?lat=39.6655&long=-105.2057"
ZIP_CODE = "?place=80465&k=3"
ELSEWHERE = {"europe": "?place=Wien&k=3", "pacific": "?lat=-17.3&long=-179.2&k=3"}


def architecture(browser: Browser) -> None:
    """Draw the diagram twice: it follows the reader's colour scheme."""
    svg = (HERE / "arch.svg").read_text()
    for scheme, suffix in SCHEMES:
        page = browser.new_page(
            viewport={"width": 1000, "height": 500}, device_scale_factor=2, color_scheme=scheme
        )
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
        page.screenshot(path=HERE / f"arch{suffix}.png", omit_background=True)


def screenshots(browser: Browser, url: str) -> None:
    """Show an answer and the whole map on a wide screen, and an answer on a phone."""
    for scheme, suffix in SCHEMES:
        page = browser.new_page(
            viewport={"width": 1200, "height": 760}, device_scale_factor=2, color_scheme=scheme
        )
        page.goto(url + OLNEY)
        page.get_by_role("button", name="Zoom out").click()
        page.evaluate("document.activeElement.blur()")
        page.mouse.move(0, 0)
        page.screenshot(path=HERE / f"page{suffix}.png")
        page.goto(url)
        page.screenshot(path=HERE / f"map{suffix}.png")
    phone = browser.new_page(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True
    )
    for name, target in (("phone", RED_ROCKS), ("zip", ZIP_CODE)):
        phone.goto(url + target)
        phone.screenshot(path=HERE / f"{name}.png")


def elsewhere(browser: Browser) -> None:
    """Show the pages of data in Europe and across the antimeridian."""
    for name, target in ELSEWHERE.items():
        with served(Path(__file__).parent / "places" / f"{name}.csv") as url:
            for scheme, suffix in SCHEMES:
                page = browser.new_page(
                    viewport={"width": 1200, "height": 760}, color_scheme=scheme
                )
                page.goto(url + target)
                page.get_by_role("button", name="All").click()
                page.evaluate("document.activeElement.blur()")
                page.mouse.move(0, 0)
                page.screenshot(path=HERE / f"{name}{suffix}.png")


def penguins(browser: Browser) -> None:
    """Show the plain page of the penguins' model, which is trained in a copy of the tree."""
    with TemporaryDirectory() as name:
        copy = Path(name) / "model"
        shutil.copytree(MODEL, copy, ignore=shutil.ignore_patterns("training", "*.pkl", "*.json"))
        shutil.copytree(MODEL / "examples" / "penguins", copy / "training")
        environment = os.environ | {"PYTHONPATH": f"{copy}:{copy / 'deployment'}"}
        script = copy / "training" / "training.py"
        subprocess.run([sys.executable, script], check=True, env=environment)
        handler = Handler(tabular.model(copy), html, explain, outside)
    with engines.served(lambda event: handler(event, None)) as url:
        asked = {"k": 3, "explain": "true", "body_mass_g": 7000, "format": "html"}
        query = urlencode({**handler.model.example, **asked})
        for scheme, suffix in SCHEMES:
            tab = browser.new_page(
                viewport={"width": 800, "height": 1000}, device_scale_factor=2, color_scheme=scheme
            )
            tab.goto(f"{url}?{query}")
            tab.screenshot(path=HERE / f"penguins{suffix}.png")


def main() -> None:
    with (
        engines.served(lambda event: lambdaHandler(event, None)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM if CHROMIUM.exists() else None, args=["--no-sandbox"]
        )
        architecture(browser)
        screenshots(browser, url)
        penguins(browser)
        elsewhere(browser)


if __name__ == "__main__":
    main()

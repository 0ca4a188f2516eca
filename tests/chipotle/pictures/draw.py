"""Draw the README's pictures: the diagram and the pages, in light and dark."""

import runpy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from unittest.mock import patch
from urllib.parse import urlencode

from playwright.sync_api import Browser, ViewportSize, sync_playwright

import artefacts
from app import lambdaHandler
from serving import explain, html, outside, tabular
from serving.handler import Handler
from tests import engines
from tests.chipotle.pictures.elsewhere import served

HERE = Path(__file__).resolve().parents[3] / "img"
PENGUINS = HERE.parent / "model" / "examples" / "penguins" / "training.py"
CHROMIUM = Path("/usr/bin/chromium")  # Debian's; else the one that `playwright install` brings
Scheme = tuple[Literal["light", "dark"], str]
SCHEMES: list[Scheme] = [("light", ""), ("dark", "-dark")]
WIDE, PHONE, TALL = (1200, 760), (390, 844), (800, 1000)
ON_A_PHONE = {"phone": "?lat=39.6655&long=-105.2057", "zip": "?place=80465&k=3"}
ELSEWHERE = {"europe": "?place=Wien&k=3", "pacific": "?lat=-17.3&long=-179.2&k=3"}


def draw(
    browser: Browser,
    name: str,
    size: tuple[int, int],
    url: str,
    button: str = "",
    scale: int = 2,
    schemes: Sequence[Scheme] = SCHEMES,
) -> None:
    """Open the page, press a button if one is named, and take a picture in each colour scheme."""
    viewport: ViewportSize = {"width": size[0], "height": size[1]}
    for scheme, suffix in schemes:
        page = browser.new_page(
            viewport=viewport,
            device_scale_factor=scale,
            color_scheme=scheme,
            has_touch=size == PHONE,
        )
        page.goto(url)
        if button:
            page.get_by_role("button", name=button).click()
        page.evaluate("document.activeElement?.blur()")
        page.mouse.move(0, 0)
        # The diagram has no background; the plain page relies on the browser's.
        page.screenshot(path=HERE / f"{name}{suffix}.png", omit_background=name == "arch")
        page.close()


@contextmanager
def penguins() -> Iterator[str]:
    """Train the penguins' model in a folder of its own; yield the URL of its plain page."""
    with TemporaryDirectory() as folder:
        write = partial(artefacts.write, folder=Path(folder))
        with patch.object(artefacts, "write", write):
            runpy.run_path(str(PENGUINS))
        handler = Handler(tabular.model(folder), html, explain, outside)
    asked = {"k": 3, "explain": "true", "body_mass_g": 7000, "format": "html"}
    with engines.served(lambda event: handler(event, None)) as url:
        yield f"{url}?{urlencode({**handler.model.example, **asked})}"


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM if CHROMIUM.exists() else None, args=["--no-sandbox"]
        )
        draw(browser, "arch", (1000, 500), (HERE / "arch.svg").as_uri())
        with engines.served(lambda event: lambdaHandler(event, None)) as url:
            answer = f"{url}?lat=39.153198&long=-77.066176&k=5"
            draw(browser, "page", WIDE, answer, "Zoom out")
            draw(browser, "map", WIDE, url)
            for name, query in ON_A_PHONE.items():
                draw(browser, name, PHONE, url + query, schemes=SCHEMES[:1])
        with penguins() as url:
            draw(browser, "penguins", TALL, url)
        for name, query in ELSEWHERE.items():
            with served(Path(__file__).parent / "places" / f"{name}.csv") as url:
                draw(browser, name, WIDE, url + query, "All", scale=1)


if __name__ == "__main__":
    main()

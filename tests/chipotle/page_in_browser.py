"""Read the page as a person sees it in a browser."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from predictor.page import drawing

OLNEY = "?lat=39.153198&long=-77.066176"
DENVER = (39.7392, -104.9903)
ROCKVILLE = (39.076, -77.137)
PARIS = (48.8566, 2.3522)
Open = Callable[..., Page]


def on_screen(page: Page, latitude: float, longitude: float) -> tuple[float, float]:
    """Return where a place is on the screen."""
    point = drawing.flat(drawing.vectors(latitude, longitude)).tolist()
    x, y = page.evaluate(
        """([x, y]) => {
            const matrix = document.getElementById("map").getScreenCTM();
            const point = new DOMPoint(x, y).matrixTransform(matrix);
            return [point.x, point.y];
        }""",
        point,
    )
    return x, y


def pin(page: Page) -> tuple[float, float]:
    """Return where the query is on the screen."""
    box = page.evaluate("document.querySelector('path.query').getBoundingClientRect().toJSON()")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def asked(page: Page) -> tuple[float, float]:
    """Read the point from the address bar."""
    found = re.search(r"lat=([^&]+)&long=([^&]+)", page.url)
    assert found, page.url
    return float(found[1]), float(found[2])


def first(page: Page) -> Any:
    return page.locator("#list li").first


def view(page: Page) -> list[float]:
    return [float(n) for n in (page.locator("#map").get_attribute("viewBox") or "").split()]


def drawn(page: Page) -> list[Any]:
    """Return an answer as a person sees it: its words, and what the map draws."""
    expect(page.locator("#answer")).to_be_visible()
    paths = page.locator("#way > path").evaluate_all("all => all.map(p => p.getAttribute('d'))")
    return [page.title(), page.locator("#answer").inner_text(), *map(rounded, paths)]


def rounded(d: str) -> list[float]:
    return [round(float(number), 1) for number in re.findall(r"-?[\d.]+", d)]

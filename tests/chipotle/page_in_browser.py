"""Use the page in a browser, and read it as a person does."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from predictor.page import drawing

OLNEY = "?lat=39.153198&long=-77.066176"
DENVER = (39.7392, -104.9903)
ROCKVILLE = (39.076, -77.137)
PARIS = (48.8566, 2.3522)
Open = Callable[..., Page]


def on_screen(page: Page, latitude: float, longitude: float) -> tuple[float, float]:
    """Return where a place is on the screen."""
    x, y = page.evaluate(
        """([x, y]) => {
            const point = new DOMPoint(x, y).matrixTransform(map.getScreenCTM());
            return [point.x, point.y];
        }""",
        drawing.flat(drawing.vectors(latitude, longitude)).tolist(),
    )
    return x, y


def click(page: Page, place: tuple[float, float]) -> None:
    page.mouse.click(*on_screen(page, *place))


def submit(page: Page, *values: object) -> None:
    """Fill in latitude, longitude and number, if they are given, and press Find."""
    for label, value in zip(("Latitude", "Longitude", "How many"), values, strict=False):
        page.get_by_label(label).fill(str(value))
    page.get_by_role("button", name="Find").click()


def shows(page: Page, text: str) -> None:
    """Expect a text in the first answer."""
    expect(first(page)).to_contain_text(text)


def first(page: Page) -> Locator:
    return page.locator("#list li").first


def pin(page: Page) -> tuple[float, float]:
    """Return where the query is on the screen."""
    box = page.evaluate("document.querySelector('path.query').getBoundingClientRect().toJSON()")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def asked(page: Page) -> tuple[float, float]:
    """Read the point from the address bar."""
    found = re.search(r"lat=([^&]+)&long=([^&]+)", page.url)
    assert found, page.url
    return float(found[1]), float(found[2])


def view(page: Page) -> list[float]:
    return numbers(page.locator("#map").get_attribute("viewBox") or "")


def numbers(text: str) -> list[float]:
    return [round(float(number), 1) for number in re.findall(r"-?[\d.]+", text)]


def drawn(page: Page) -> list[Any]:
    """Return an answer as a person sees it: its words, and what the map draws."""
    expect(page.locator("#answer")).to_be_visible()
    paths = page.locator("#way > path").evaluate_all("all => all.map(p => p.getAttribute('d'))")
    return [page.title(), page.locator("#answer").inner_text(), *map(numbers, paths)]

"""Use the page in a browser, and read it as a person does."""

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from predictor.nearest import Stores
from predictor.page import drawing

OLNEY = "?lat=39.153198&long=-77.066176"
DENVER = (39.7392, -104.9903)
ROCKVILLE = (39.076, -77.137)
PARIS = (48.8566, 2.3522)
Open = Callable[..., Page]


def on_screen(page: Page, *place: float) -> tuple[float, float]:
    """Return where a place is on the screen."""
    x, y = page.evaluate(
        """([x, y]) => {
            const point = new DOMPoint(x, y).matrixTransform(map.getScreenCTM());
            return [point.x, point.y];
        }""",
        drawing.on_map([place])[0].tolist(),
    )
    return x, y


def click(page: Page, place: tuple[float, float]) -> None:
    page.mouse.click(*on_screen(page, *place))


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()


def submit(page: Page, *values: object) -> None:
    """Fill in latitude, longitude and number, if they are given, and press Find."""
    for label, value in zip(("Latitude", "Longitude", "How many"), values, strict=False):
        page.get_by_label(label).fill(str(value))
    page.get_by_role("button", name="Find").click()


def first(page: Page) -> Locator:
    return page.locator("#list li").first


def shows(page: Page, text: str) -> None:
    """Expect a text in the first answer."""
    expect(first(page)).to_contain_text(text)


def asked(page: Page) -> tuple[float, float]:
    """Read the point from the address bar."""
    found = re.search(r"lat=([^&]+)&long=([^&]+)", page.url)
    assert found, page.url
    return float(found[1]), float(found[2])


def view(page: Page) -> list[float]:
    """Return what the map shows: left, top, width and height."""
    found = page.locator("#map").get_attribute("viewBox") or ""
    return [round(float(number), 3) for number in found.split()]  # they are float32


def show_stores_at(places: list[tuple[float, float]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the map show other stores."""
    latitudes, longitudes = np.array(places, dtype=float).T
    monkeypatch.setattr(drawing, "stores", Stores({"lat": latitudes, "long": longitudes}))
    for name in ("middle", "ground"):  # their caches are of the model's stores
        monkeypatch.setattr(drawing, name, cache(getattr(drawing, name).__wrapped__))

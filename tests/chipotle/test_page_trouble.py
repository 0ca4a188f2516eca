"""The page when something is wrong: bad input, hostile text, no server."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Route, expect

from predictor import MODEL
from predictor import page as page_module
from tests.chipotle.page_in_browser import OLNEY, Open, first, on_screen

QUERY: dict[str, Any] = {
    "lat": 39.1,
    "long": -77.1,
    "place": None,
    "k": 1,
    "radius": None,
    "defaulted": [],
}
STORE = {"address": "", "lat": 39.0, "long": -77.0, "distance_m": 17000.0}
HOSTILE = "\"'></script><img src=x onerror=alert(1)><script>alert(2)</script>${lat}$title&lt;"


@pytest.mark.parametrize("java_script_enabled", [True, False])
@pytest.mark.parametrize(
    ("label", "value", "sentence"),
    [
        ("Latitude", "abc", "lat is 'abc', which is not a plain decimal number."),
        ("Longitude", "181", "long is '181', which is out of range."),
        ("How many", "0", "k is '0', which is out of range."),
        ("Latitude", HOSTILE, "lat is "),
    ],
)
def test_an_error_is_beside_its_field(
    label: str, value: str, sentence: str, java_script_enabled: bool, visit: Open
) -> None:
    page = visit(OLNEY, java_script_enabled=java_script_enabled)
    page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Find").click()
    field = page.get_by_label(label)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value(value)
    expect(field).to_be_focused()
    expect(field.locator("xpath=following-sibling::strong")).to_contain_text(sentence)
    expect(page.locator("#answer")).to_be_hidden()
    page.get_by_label(label).fill("1")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#answer")).to_be_visible()
    expect(page.locator("[aria-invalid=true]")).to_have_count(0)


def test_an_error_without_a_field_is_at_the_top(visit: Open) -> None:
    page = visit(OLNEY + "&format=nothing")
    expect(page.get_by_role("alert")).to_contain_text("format is 'nothing'")
    page = visit(OLNEY)
    answer = page.evaluate(
        "fetch('', {method: 'PUT', headers: {accept: 'text/html'}}).then(r => r.text())"
    )
    assert "This method is not supported" in answer


@pytest.mark.parametrize("name", ["lat", "long", "k", "radius", "format", "other", "$title"])
def test_requests_are_escaped(name: str, visit: Open) -> None:
    page = visit(f"{quote(HOSTILE)}?{quote(name)}={quote(HOSTILE)}&k=2&k=3")
    assert page.locator("script, img").count() == 1
    shown = page.locator(f"input[id='{name}']")
    if shown.count():
        expect(shown).to_have_value(HOSTILE + (",2,3" if name == "k" else ""))


def test_the_models_data_is_escaped(visit: Open) -> None:
    store = STORE | {"address": HOSTILE}
    part = page_module.PART.write(QUERY, [store], MODEL.about)
    page = visit(OLNEY, answer=lambda route: route.fulfill(body=part))
    page.get_by_role("button", name="Find").click()
    expect(first(page).locator(".address")).to_have_text(HOSTILE)
    page.set_content(page_module.WHOLE.write(QUERY, [store], MODEL.about))
    expect(first(page).locator(".address")).to_have_text(HOSTILE)
    expect(page).to_have_title(HOSTILE)


def test_typed_and_pasted_coordinates_are_cleaned(visit: Open) -> None:
    page = visit(OLNEY)
    page.get_by_label("Latitude").fill(" 39.7392 ")
    page.get_by_label("Longitude").fill("−104.9903")
    page.get_by_role("button", name="Find").click()
    expect(first(page)).to_contain_text("Denver, CO")
    page.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", "(39.153198, −77.066176)\\n");
            const options = {clipboardData, bubbles: true, cancelable: true};
            document.getElementById("long").dispatchEvent(new ClipboardEvent("paste", options));
        }"""
    )
    expect(page.get_by_label("Latitude")).to_have_value("39.153198")
    expect(page.get_by_label("Longitude")).to_have_value("-77.066176")


def test_a_place_by_name_is_searched_for(visit: Open) -> None:
    page = visit(OLNEY)
    page.get_by_label("Place").fill("Springfield")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Place")).to_be_focused()
    expect(page.locator("#place-error")).to_contain_text("Springfield, Illinois; Springfield, Mi")
    expect(page.locator("#answer")).to_be_hidden()
    page.get_by_label("Place").fill("Springfield, Ohio")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#point")).to_have_text("Springfield, Ohio")
    expect(first(page)).to_contain_text("Springfield, OH")
    assert "place=Springfield%2C+Ohio" in page.url
    page.mouse.click(*on_screen(page, 40.0, -83.5))
    expect(page.get_by_label("Place")).to_have_value("")
    assert "place" not in page.url


def test_a_long_address_wraps(visit: Open) -> None:
    page = visit(viewport={"width": 320, "height": 640})
    long = STORE | {"address": "x" * 400}
    page.set_content(page_module.WHOLE.write(QUERY, [long], MODEL.about))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_links_survive_a_translator(visit: Open) -> None:
    page = visit(OLNEY)
    page.evaluate("document.querySelectorAll('a').forEach(a => { a.textContent = 'Übersetzt'; })")
    page.get_by_role("button", name="Find").click()
    page.wait_for_timeout(300)
    links = page.locator("#formats a").evaluate_all("all => all.map(a => a.href)")
    assert [link.rpartition("=")[2] for link in links] == ["text", "json", "geojson"]


@pytest.mark.parametrize(
    "fail",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>"),
        lambda route: route.fulfill(status=429, json={"message": "Too Many Requests"}),
    ],
)
def test_an_unreachable_server_is_explained(fail: Callable[[Route], None], visit: Open) -> None:
    answer: Callable[[Route], None] = Route.continue_
    page = visit(OLNEY, answer=lambda route: answer(route))
    page.locator("#map").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("status")).to_contain_text("miles")
    answer = fail
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("alert")).to_contain_text("The server is not answering.")
    expect(page.locator("#answer")).to_be_hidden()  # it was another point's
    answer = Route.continue_
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("alert")).to_be_empty()
    expect(first(page)).to_be_visible()

"""The page when something is wrong: bad input, hostile text, no server."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Route, expect

from predictor import MODEL
from predictor import page as page_module
from tests.chipotle.page_in_browser import OLNEY, Open, first, shows, submit

HOSTILE = "\"'></script><img src=x onerror=alert(1)><script>alert(2)</script>${lat}$title&lt;"


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_an_error_is_next_to_its_field(java_script_enabled: bool, visit: Open) -> None:
    page = visit(OLNEY, java_script_enabled=java_script_enabled)
    for label, value, sentence in (
        ("Latitude", "abc", "lat is 'abc', which is not a plain decimal number."),
        ("How many", "0", "k is '0', which is out of range."),
        ("Longitude", HOSTILE, "long is "),
    ):
        field = page.get_by_label(label)
        field.fill(value)
        submit(page)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value(value)
        expect(field).to_be_focused()
        expect(field.locator("xpath=following-sibling::strong")).to_contain_text(sentence)
        expect(page.locator("#answer")).to_be_hidden()
        field.fill("1")
        submit(page)
        expect(page.locator("#answer")).to_be_visible()
        expect(page.locator("[aria-invalid=true]")).to_have_count(0)


def test_requests_are_escaped(visit: Open, local_api: str) -> None:
    page = visit()
    for name in ("lat", "long", "k", "radius", "format", "other", "$title"):
        page.goto(f"{local_api}{quote(HOSTILE)}?{quote(name)}={quote(HOSTILE)}&k=2&k=3")
        assert page.locator("script, img").count() == 1
        shown = page.locator(f"input[id='{name}']")
        if shown.count():
            expect(shown).to_have_value(HOSTILE + (",2,3" if name == "k" else ""))


def test_the_models_data_is_escaped(visit: Open) -> None:
    query: dict[str, object] = {"lat": 39.1, "long": -77.1, "place": None, "k": 1, "radius": None}
    query["defaulted"] = []
    store = {"address": HOSTILE, "lat": 39.0, "long": -77.0, "distance_m": 17000.0}
    part = page_module.page(whole=False).write(query, [store], MODEL.about)
    page = visit(OLNEY, answer=lambda route: route.fulfill(body=part))
    submit(page)
    expect(first(page).locator(".address")).to_have_text(HOSTILE)
    page.set_content(page_module.page(whole=True).write(query, [store], MODEL.about))
    expect(first(page).locator(".address")).to_have_text(HOSTILE)
    expect(page).to_have_title(HOSTILE)


def test_typed_and_pasted_coordinates_are_cleaned(visit: Open) -> None:
    page = visit(OLNEY)
    submit(page, " 39.7392 ", "−104.9903")
    shows(page, "Denver, CO")
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


def test_an_unreachable_server_is_explained(visit: Open) -> None:
    answer: Callable[[Route], None] = Route.continue_
    page = visit(OLNEY, answer=lambda route: answer(route))
    for fail in (
        Route.abort,
        lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>"),
        lambda route: route.fulfill(status=429, json={"message": "Too Many Requests"}),
    ):
        answer = fail
        page.locator("#map").focus()
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("alert")).to_contain_text("The server is not answering.")
        expect(page.locator("#answer")).to_be_hidden()  # it was another point's
        answer = Route.continue_
        submit(page)
        expect(page.get_by_role("alert")).to_be_empty()
        expect(first(page)).to_be_visible()

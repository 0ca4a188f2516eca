"""The page and the browser's location: allowed, vague, late, denied, or unavailable."""

import pytest
from playwright.sync_api import expect

from tests.chipotle.page_in_browser import DENVER, Open, asked, first, on_screen


def test_a_late_location_does_not_replace_a_chosen_point(visit: Open) -> None:
    page = visit()
    page.add_init_script(
        "navigator.geolocation.getCurrentPosition = (found) => setTimeout(found, 700,"
        " {coords: {latitude: 47.6, longitude: -122.3, accuracy: 5}})"
    )
    page.reload()
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_role("status")).to_have_text("Asking your browser for your location.")
    page.mouse.click(*on_screen(page, *DENVER))
    page.wait_for_timeout(1_000)
    expect(first(page)).to_contain_text("Denver, CO")


@pytest.mark.parametrize(
    ("accuracy", "warning"), [(5, ""), (25_000, "only knows your location to within 25 km")]
)
def test_an_allowed_location_is_answered(accuracy: int, warning: str, visit: Open) -> None:
    place = {"latitude": DENVER[0], "longitude": DENVER[1], "accuracy": accuracy}
    page = visit(geolocation=place, permissions=["geolocation"])
    page.get_by_role("button", name="Use my location").click()
    expect(first(page)).to_contain_text("Denver, CO")
    expect(page.get_by_role("alert")).to_contain_text(warning)
    assert asked(page) == DENVER


def test_a_denied_location_is_explained_and_an_impossible_one_not_offered(visit: Open) -> None:
    page = visit()
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_role("alert")).to_contain_text("did not share your location. Choose a point")
    page.add_init_script("Object.defineProperty(navigator, 'geolocation', {value: undefined})")
    page.reload()
    expect(page.locator("#locate")).to_be_hidden()
    page.mouse.click(*on_screen(page, *DENVER))
    expect(first(page)).to_contain_text("Denver, CO")

"""The page asks the browser where it is: denied, late, vague, or not there at all."""

from playwright.sync_api import expect

from tests.chipotle.page_in_browser import DENVER, Open, asked, first, on_screen


def test_a_location_that_comes_late_does_not_replace_a_point(visit: Open) -> None:
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


def test_a_location_that_is_vague_is_said_to_be(visit: Open) -> None:
    place = {"latitude": DENVER[0], "longitude": DENVER[1], "accuracy": 25_000}
    page = visit(geolocation=place, permissions=["geolocation"])
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_role("alert")).to_contain_text("only knows your location to within 25 km")
    expect(first(page)).to_contain_text("Denver, CO")


def test_a_location_that_is_allowed_is_answered(visit: Open) -> None:
    place = {"latitude": DENVER[0], "longitude": DENVER[1]}
    page = visit(geolocation=place, permissions=["geolocation"])
    page.get_by_role("button", name="Use my location").click()
    expect(first(page)).to_contain_text("Denver, CO")
    assert asked(page) == DENVER


def test_a_location_that_is_denied_is_a_sentence(visit: Open) -> None:
    page = visit()
    page.get_by_role("button", name="Use my location").click()
    expect(page.get_by_role("alert")).to_contain_text("did not share your location. Choose a point")


def test_a_location_is_asked_for_only_where_there_is_one(visit: Open) -> None:
    page = visit()
    page.add_init_script("Object.defineProperty(navigator, 'geolocation', {value: undefined})")
    page.reload()
    expect(page.locator("#locate")).to_be_hidden()
    page.mouse.click(*on_screen(page, *DENVER))
    expect(first(page)).to_contain_text("Denver, CO")

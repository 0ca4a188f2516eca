"""The page's map in a real browser: clicks, taps, drags and keys."""

import pytest
from playwright.sync_api import Page, Route, expect

from predictor.page import drawing
from tests.chipotle.page_in_browser import (
    DENVER,
    OLNEY,
    PARIS,
    Open,
    asked,
    click,
    drag,
    first,
    on_screen,
    show_stores_at,
    shows,
    submit,
    view,
)


def pin(page: Page) -> tuple[float, float]:
    """Return where the query is on the screen."""
    box = page.evaluate("document.querySelector('path.query').getBoundingClientRect().toJSON()")
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_click_chooses_a_point_and_a_search_moves_the_map(visit: Open) -> None:
    page = visit()
    whole = view(page)
    click(page, DENVER)
    shows(page, "Denver, CO")
    assert asked(page) == pytest.approx(DENVER, abs=0.05)
    assert pin(page) == pytest.approx(on_screen(page, *asked(page)), abs=1.5)
    assert view(page) == whole
    submit(page, *DENVER)
    page.wait_for_function("() => map.viewBox.baseVal.width < 2")
    submit(page, *PARIS)
    shows(page, "Bangor, ME")
    x, y, width, height = view(page)
    for px, py in drawing.on_map([PARIS, (44.8, -68.8)]):  # the nearest is in Maine
        assert x < px < x + width
        assert y < py < y + height


def test_two_fingers_zoom_and_one_chooses(visit: Open) -> None:
    page = visit(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    before, (x, y) = view(page), on_screen(page, *DENVER)
    session = page.context.new_cdp_session(page)
    for kind, spread in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", 0)):
        fingers = [{"x": x - spread, "y": y, "id": 0}, {"x": x + spread, "y": y, "id": 1}]
        touches = fingers if spread else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    page.wait_for_function("before => map.viewBox.baseVal.width < before / 2", arg=before[2])
    assert "lat=" not in page.url
    page.touchscreen.tap(*on_screen(page, *DENVER))
    shows(page, "Denver, CO")


def test_the_point_is_dragged(visit: Open) -> None:
    page = visit(OLNEY)
    entries, (x, y) = page.evaluate("history.length"), pin(page)
    drag(page, (x + 3, y + 3), (x, y + 120))
    expect(first(page)).not_to_contain_text("Olney")
    assert page.evaluate("history.length") == entries + 1
    assert pin(page) == pytest.approx((x, y + 120), abs=1.5)
    assert asked(page)[0] < 39.1


def test_dragging_elsewhere_pans_and_buttons_zoom(visit: Open) -> None:
    page = visit()
    whole, (x, y) = view(page), on_screen(page, *DENVER)
    drag(page, (x, y), (x + 100, y))
    assert on_screen(page, *DENVER) == pytest.approx((x + 100, y), abs=1.5)
    assert "lat=" not in page.url
    for button, width in (("Zoom in", whole[2] / 2), ("Zoom out", whole[2])):
        page.get_by_role("button", name=button).click()
        assert view(page)[2] == pytest.approx(width, abs=1e-3)
    page.get_by_role("button", name="All stores").click()
    assert view(page) == whole


def test_everything_works_by_keyboard(visit: Open) -> None:
    page = visit()
    reached = []
    for _ in range(11):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached[:3] == ["place", "look", "locate"]
    assert reached[3:] == ["map", "in", "out", "all", "lat", "long", "k", "go"]
    page.locator("#map").focus()
    for _ in range(4):
        page.keyboard.down("ArrowDown")  # and held
    expect(first(page)).to_be_visible()
    here, url = asked(page), page.url
    page.keyboard.down("ArrowDown")
    page.wait_for_function("url => location.href !== url", arg=url)
    assert asked(page)[0] < here[0]
    page.go_back()  # before the key was pressed
    expect(page.locator("#answer")).to_be_hidden()
    page.get_by_label("Latitude").focus()
    for key in ("39.7392", "Tab", "-104.9903", "Enter"):
        page.keyboard.press(key) if key.isalpha() else page.keyboard.type(key)
    shows(page, "Denver, CO")
    expect(page.get_by_role("status")).to_contain_text("Denver, CO 80202 US: 0.43 miles")


def test_of_many_points_only_the_last_is_answered(visit: Open) -> None:
    """A slow server gets a request for the first point, and then one for the last."""
    routes: list[Route] = []
    page = visit(answer=lambda route: routes.append(route))
    page.locator("#map").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    [first_route] = routes
    with page.expect_request(lambda request: request.resource_type == "fetch") as last:
        first_route.continue_()
    assert "lat={}&long={}&".format(*asked(page)) in last.value.url
    page.wait_for_timeout(300)
    expect(page.locator("#answer")).to_be_hidden()  # the first point is out of date
    routes[1].continue_()
    expect(page.locator("#point")).to_have_text("{}, {}".format(*asked(page)))
    assert len(routes) == 2


@pytest.mark.parametrize(
    "places",
    [
        [(-17.7, 178), (-36.8, 174.8), (21.3, -157.9)],  # across the antimeridian
        [(89.9, 0), (85, 120), (88, -120)],  # around the pole
        [(-33.9, 151.2)],
    ],
)
def test_stores_elsewhere_have_a_map(
    places: list[tuple[float, float]], visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_stores_at(places, monkeypatch)
    # This query is invalid, but the page has the map.
    page = visit("?lat=none&long=none", answer=lambda route: route.abort())
    for place in places:
        before = page.url
        click(page, place)
        page.wait_for_function("url => location.href !== url", arg=before)
        assert asked(page) == pytest.approx(place, abs=0.6)

"""The page's map in a real browser: clicks, taps, drags and keys."""

import numpy as np
import pytest
from playwright.sync_api import Route, expect

from predictor.nearest import Stores
from predictor.page import drawing
from tests.chipotle.page_in_browser import DENVER, OLNEY, Open, asked, first, on_screen, pin, view


def test_a_click_on_denver_gives_denver(visit: Open) -> None:
    page = visit()
    page.mouse.click(*on_screen(page, *DENVER))
    expect(first(page)).to_contain_text("Denver, CO")
    assert asked(page) == pytest.approx(DENVER, abs=0.05)
    assert pin(page) == pytest.approx(on_screen(page, *asked(page)), abs=1.5)


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
    expect(first(page)).to_contain_text("Denver, CO")


def test_the_point_is_dragged_and_the_answer_follows(visit: Open) -> None:
    page = visit(OLNEY)
    entries = page.evaluate("history.length")
    x, y = pin(page)
    page.mouse.move(x + 3, y + 3)
    page.mouse.down()
    page.mouse.move(x, y + 60, steps=5)
    expect(first(page)).not_to_contain_text("Olney")  # already, without a history entry
    assert page.evaluate("history.length") == entries
    page.mouse.move(x, y + 120, steps=5)
    page.mouse.up()
    page.wait_for_function("before => history.length === before + 1", arg=entries)
    assert pin(page) == pytest.approx((x, y + 120), abs=1.5)
    assert asked(page)[0] < 39.1


def test_dragging_elsewhere_pans_and_buttons_zoom(visit: Open) -> None:
    page = visit()
    whole, (x, y) = view(page), on_screen(page, *DENVER)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 100, y, steps=4)
    page.mouse.up()
    assert on_screen(page, *DENVER) == pytest.approx((x + 100, y), abs=1.5)
    assert "lat=" not in page.url
    page.get_by_role("button", name="Zoom in").click()
    assert view(page)[2] == pytest.approx(whole[2] / 2)
    page.get_by_role("button", name="Zoom out").click()
    assert view(page)[2] == pytest.approx(whole[2])
    page.get_by_role("button", name="All stores").click()
    assert view(page) == whole


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
    routes[1].continue_()
    expect(page.locator("#point")).to_have_text("{}, {}".format(*asked(page)))
    assert len(routes) == 2


def test_a_late_answer_is_not_shown_after_going_back(visit: Open) -> None:
    def slowly(route: Route) -> None:
        page.wait_for_timeout(500)
        route.continue_()

    page = visit(answer=slowly)
    page.mouse.click(*on_screen(page, *DENVER))
    with page.expect_response(lambda response: "lat=" not in response.url):
        page.go_back()
    expect(page.locator("#answer")).to_be_hidden()
    assert "lat=" not in page.url


@pytest.mark.parametrize(
    ("latitudes", "longitudes"),
    [
        ([48.8, 52.5, 41.9], [2.35, 13.4, 12.5]),  # Europe
        ([-17.7, -36.8, 21.3], [178.0, 174.8, -157.9]),  # over the antimeridian
        ([89.9, 85.0, 88.0], [0.0, 120.0, -120.0]),  # about the pole
        ([-33.9], [151.2]),  # a single one
    ],
)
def test_stores_elsewhere_have_a_map(
    latitudes: list[float], longitudes: list[float], visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = Stores({"lat": np.array(latitudes), "long": np.array(longitudes)})
    monkeypatch.setattr(drawing, "stores", stores)
    forget_the_map()
    try:
        # This query is invalid, but the page has the map.
        page = visit("?lat=none&long=none", answer=lambda route: route.abort())
        for place in zip(latitudes, longitudes, strict=True):
            before = page.url
            page.mouse.click(*on_screen(page, *place))
            page.wait_for_function("url => location.href !== url", arg=before)
            chosen = drawing.vectors(*asked(page)) @ drawing.vectors(*place)
            assert np.degrees(np.arccos(min(chosen, 1))) < 0.5
    finally:
        forget_the_map()


def forget_the_map() -> None:
    for drawn in (drawing.centre, drawing.whole, drawing.ground):
        drawn.cache_clear()

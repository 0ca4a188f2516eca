"""The page in a real browser: what a person does in, what that person sees out."""

import gzip
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

import page as page_module
import page_map
import predictor
from app import lambdaHandler

AXE = Path(__file__).parent.parent / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")  # Debian's; else the one that `playwright install` brings
OLNEY = "?lat=39.153198&long=-77.066176"
DENVER = (39.7392, -104.9903)
ROCKVILLE = (39.076, -77.137)
PARIS = (48.8566, 2.3522)
HOSTILE = "\"'></script><img src=x onerror=alert(1)><script>alert(2)</script>${lat}$title&lt;"
LATITUDE0, LONGITUDE0 = page_map.centre()
ANTIPODE = (-LATITUDE0, round(LONGITUDE0 + 180, 2))
Open = Callable[..., Page]
expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it the test is skipped, but not in CI."""
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(
                executable_path=CHROMIUM if CHROMIUM.exists() else None, args=["--no-sandbox"]
            )
        except Error:
            advice = "No browser. Install one: .venv/bin/playwright install chromium"
            if os.environ.get("CI") == "true":
                pytest.fail(advice)
            pytest.skip(advice)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, local_api: str) -> Iterator[Open]:
    """Open the page in a profile of its own; at the end nothing may have gone wrong in it."""
    wrong: list[str] = []
    contexts = []

    def visit(target: str = "", url: str = local_api, **options: Any) -> Page:
        options = {"viewport": {"width": 1200, "height": 800}} | options
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("console", lambda message: wrong.append(message.text))
        page.goto(url + target)
        return page

    yield visit
    for context in contexts:
        context.close()
    # What the tests themselves bring about, the browser reports.
    assert [text for text in wrong if "Failed to load resource" not in text] == []


def on_screen(page: Page, latitude: float, longitude: float) -> tuple[float, float]:
    """Say where on the screen the map has a place."""
    point = page_map.flat(page_map.vectors(latitude, longitude)).tolist()
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
    """Say where on the screen the query is."""
    box = page.locator("path.query").last.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def asked(page: Page) -> tuple[float, float]:
    """Read the point from the address bar."""
    found = re.search(r"lat=([^&]+)&long=([^&]+)", page.url)
    assert found, page.url
    return float(found[1]), float(found[2])


def first(page: Page) -> Any:
    return page.locator("#list li").first


def drawn(page: Page) -> list[Any]:
    """What a person sees of an answer: the words, and what the map draws."""
    expect(page.locator("#answer")).to_be_visible()
    paths = page.locator("#map > path").evaluate_all("all => all.map(p => p.getAttribute('d'))")
    return [page.title(), page.locator("#answer").inner_text(), *map(rounded, paths)]


def rounded(d: str) -> list[float]:
    return [round(float(number), 1) for number in re.findall(r"-?[\d.]+", d)]


def test_the_readmes_url_names_the_store(visit: Open) -> None:
    page = visit(OLNEY)
    expect(first(page)).to_contain_text("3333 Olney Sandy Springs Rd Olney, MD 20832 US")
    expect(first(page)).to_contain_text("Right here")
    expect(page).to_have_title("3333 Olney Sandy Springs Rd Olney, MD 20832 US")
    page.get_by_text("Show the next ones as well").click()
    expect(page.locator("#list li")).to_have_count(5)
    expect(page.locator("#list li").nth(1)).to_contain_text("5.3 miles (8.6 km) south")


def test_the_page_is_one_small_request_and_asks_nobody_else(visit: Open, local_api: str) -> None:
    page = visit()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    response = page.goto(local_api + OLNEY)
    assert response
    page.mouse.click(*on_screen(page, *ROCKVILLE))
    expect(first(page)).to_contain_text("Rockville, MD")
    page.wait_for_timeout(300)
    assert len(requests) == 2, requests
    assert all(url.startswith(local_api) for url in requests)
    assert len(gzip.compress(response.body())) < 100_000
    headers = response.all_headers()
    assert headers["content-encoding"] == "gzip"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["permissions-policy"] == "geolocation=(self)"
    policy = dict(d.split(" ", 1) for d in headers["content-security-policy"].split("; "))
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy.pop("script-src"))
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy.pop("style-src"))
    assert policy == {
        "default-src": "'none'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_without_a_point_there_is_no_answer(visit: Open) -> None:
    page = visit()
    expect(page.locator("#answer")).to_be_hidden()
    expect(page.get_by_label("How many")).to_have_value("5")


def test_without_javascript_the_answer_is_complete(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    page.get_by_label("Latitude").fill("39.7392")
    page.get_by_label("Longitude").fill("-104.9903")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#list li")).to_have_count(5)
    expect(first(page)).to_contain_text("1600 California St Unit 7 Denver, CO 80202 US")
    expect(first(page)).to_contain_text("0.43 miles (0.70 km) north")
    link = first(page).get_by_role("link", name="Directions to 1600 California St")
    assert re.fullmatch(
        r"https://www\.google\.com/maps/dir/\?api=1&destination=39\.7\d+,-104\.9\d+",
        link.get_attribute("href") or "",
    )
    assert len(rounded(page.locator("path.nearest").first.get_attribute("d") or "")) == 5 * 3
    for control in ("#locate", "#zoom", "#help"):  # they would do nothing
        expect(page.locator(control)).to_be_hidden()


def test_a_click_on_denver_gives_denver(visit: Open) -> None:
    page = visit()
    page.mouse.click(*on_screen(page, *DENVER))
    expect(first(page)).to_contain_text("Denver, CO")
    assert asked(page) == pytest.approx(DENVER, abs=0.05)
    assert pin(page) == pytest.approx(on_screen(page, *asked(page)), abs=1.5)


def test_a_tap_on_denver_gives_denver(visit: Open) -> None:
    page = visit(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    page.locator("#map").scroll_into_view_if_needed()
    page.touchscreen.tap(*on_screen(page, *DENVER))
    expect(first(page)).to_contain_text(", CO 8")


def test_two_fingers_zoom(visit: Open) -> None:
    page = visit(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    before, (x, y) = view(page), on_screen(page, *DENVER)
    session = page.context.new_cdp_session(page)
    for kind, spread in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", 0)):
        fingers = [{"x": x - spread, "y": y, "id": 0}, {"x": x + spread, "y": y, "id": 1}]
        touches = fingers if spread else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    page.wait_for_function("before => map.viewBox.baseVal.width < before / 2", arg=before[2])
    assert "lat=" not in page.url


def view(page: Page) -> list[float]:
    return [float(n) for n in (page.locator("#map").get_attribute("viewBox") or "").split()]


def test_the_point_is_dragged_and_the_answer_follows(visit: Open) -> None:
    page = visit(OLNEY)
    entries = page.evaluate("history.length")
    x, y = pin(page)
    page.mouse.move(x + 3, y + 3)
    page.mouse.down()
    page.mouse.move(x, y + 60, steps=5)
    expect(first(page)).not_to_contain_text("Olney")  # already, and no state to go back to
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
    page.get_by_role("button", name="All restaurants").click()
    assert view(page) == whole


def test_the_keyboard_alone_is_enough(visit: Open) -> None:
    page = visit()
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:9] == ["locate", "map", "in", "out", "all", "lat", "long", "k", "BUTTON"]
    page.locator("#map").focus()
    page.keyboard.press("+")
    page.keyboard.press("Shift+ArrowLeft")
    assert "lat=" not in page.url
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    expect(first(page)).to_be_visible()
    here, url = asked(page), page.url
    page.keyboard.press("ArrowDown")
    page.wait_for_function("url => location.href !== url", arg=url)
    assert asked(page)[0] < here[0]
    page.go_back()  # over the whole run of arrow keys
    expect(page.locator("#answer")).to_be_hidden()
    page.get_by_label("Latitude").focus()
    for key in ("39.7392", "Tab", "-104.9903", "Enter"):
        page.keyboard.press(key) if key.isalpha() else page.keyboard.type(key)
    expect(first(page)).to_contain_text("Denver, CO")
    expect(page.get_by_role("status")).to_contain_text("Denver, CO 80202 US: 0.43 miles")


def test_every_state_is_a_link_and_back_and_forward_work(visit: Open, local_api: str) -> None:
    page = visit(OLNEY + "&k=2")
    page.mouse.click(*on_screen(page, *ROCKVILLE))
    expect(first(page)).to_contain_text("Rockville, MD")
    states = {page.url: drawn(page)}
    page.get_by_label("Latitude").fill("39.7392")
    page.get_by_label("Longitude").fill("-104.9903")
    page.get_by_role("button", name="Find").click()
    expect(first(page)).to_contain_text("Denver, CO")
    states[page.url] = drawn(page)
    page.go_back()
    expect(first(page)).to_contain_text("Rockville, MD")
    page.go_back()
    expect(first(page)).to_contain_text("Olney, MD")
    assert page.url == local_api + OLNEY + "&k=2"
    page.go_forward()
    expect(first(page)).to_contain_text("Rockville, MD")
    for url, seen in states.items():
        page.goto(url)
        assert drawn(page) == seen


def test_script_and_server_say_and_draw_the_same(visit: Open, local_api: str) -> None:
    of_the_server, of_the_script = visit(java_script_enabled=False), visit()
    for latitude, longitude in (
        DENVER,
        PARIS,
        (90, 0),
        (-90, 123.5),
        (0, 180),
        (51.9, -179.99),
        (-33.86, 151.2),
        (1e-5, -1e-5),
        (39.153198, -77.0661),
        page_map.centre(),
        ANTIPODE,
    ):
        of_the_server.goto(f"{local_api}?lat={latitude}&long={longitude}&k=3")
        for label, value in (("Latitude", latitude), ("Longitude", longitude), ("How many", 3)):
            of_the_script.get_by_label(label).fill(str(value))
        of_the_script.get_by_role("button", name="Find").click()
        point = of_the_server.locator("#point").inner_text()
        expect(of_the_script.locator("#point")).to_have_text(point)
        assert drawn(of_the_script) == drawn(of_the_server)


def test_what_is_far_is_said_to_be(visit: Open) -> None:
    page = visit(OLNEY)
    expect(page.locator("#far")).to_be_hidden()
    page.get_by_label("Latitude").fill("48.8566")
    page.get_by_label("Longitude").fill("2.3522")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("far from every restaurant")).to_be_visible()
    x, y, width, height = view(page)
    for place in (PARIS, (44.8, -68.8)):  # both show
        px, py = page_map.flat(page_map.vectors(*place))
        assert x < px < x + width
        assert y < py < y + height


def test_a_radius_may_leave_nothing(visit: Open) -> None:
    page = visit("?lat=45&long=-100&radius=1000")
    expect(page.locator("#answer")).to_contain_text("No restaurant is within that distance.")
    page.get_by_label("Within").fill("1e6")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#list li")).to_have_count(1)
    expect(page.locator("#none")).to_be_hidden()


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
def test_what_a_request_carries_is_text(name: str, visit: Open) -> None:
    page = visit(f"{quote(HOSTILE)}?{quote(name)}={quote(HOSTILE)}&k=2&k=3")
    assert page.locator("script, img").count() == 1
    shown = page.locator(f"input[name='{name}']:enabled")
    if shown.count():
        expect(shown).to_have_value(HOSTILE + (",2,3" if name == "k" else ""))


def test_what_a_model_holds_is_text(visit: Open) -> None:
    page = visit(OLNEY)
    store = {"address": HOSTILE, "lat": 39.0, "long": -77.0, "distance_m": 17000.0}
    query: dict[str, Any] = {"lat": 39.1, "long": -77.1, "k": 1, "radius": None, "defaulted": []}
    answer = {"query": query, "nearest": [store]}
    page.route("**/*format=json*", lambda route: route.fulfill(json=answer))
    page.get_by_role("button", name="Find").click()
    expect(first(page).locator(".address")).to_have_text(HOSTILE)
    page.set_content(page_module.answer(query, [store], predictor.MODEL))
    expect(first(page).locator(".address")).to_have_text(HOSTILE)
    expect(page).to_have_title(HOSTILE)


@pytest.mark.parametrize(
    "value",
    ["\ud800", "\0", 10**5000, [[]], True, float("nan"), "1" * 9999],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("name", ["lat", "k", "radius"])
def test_what_an_event_carries_gives_a_page(name: str, value: object) -> None:
    event = {"queryStringParameters": {name: value}, "headers": {"accept": "text/html"}}
    answer = lambdaHandler(event, None)
    assert answer["statusCode"] == 400
    assert f'<input id="{name}"' in answer["body"]
    answer["body"].encode()


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


@pytest.mark.parametrize(
    "fail",
    [
        lambda route: route.abort(),
        lambda route: route.fulfill(status=502, body="<html>Bad Gateway</html>"),
        lambda route: route.fulfill(status=429, json={"message": "Too Many Requests"}),
    ],
)
def test_a_server_that_is_gone_is_a_sentence(fail: Callable[[Any], None], visit: Open) -> None:
    page = visit(OLNEY)
    page.locator("#map").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("status")).to_contain_text("miles")
    page.route("**/*format=json*", fail)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer.")
    expect(page.locator("#answer")).to_be_hidden()  # it was another point's
    page.unroute("**/*format=json*")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("alert")).to_be_empty()
    expect(first(page)).to_be_visible()


def test_of_many_points_the_last_is_answered(visit: Open) -> None:
    """A slow server is asked for one point at a time, and never answers an older one last."""
    page = visit()
    times: list[str] = []

    def slowly(route: Any) -> None:
        times.append(route.request.url)
        page.wait_for_timeout(150)
        route.continue_()

    page.route("**/*format=json*", slowly)
    page.locator("#map").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#point")).to_have_text("{}, {}".format(*asked(page)))
    assert len(times) < 15


def test_an_answer_that_comes_after_back_is_not_shown(visit: Open) -> None:
    page = visit()

    def slowly(route: Any) -> None:
        page.wait_for_timeout(500)
        route.continue_()

    page.route("**/*format=json*", slowly)
    page.mouse.click(*on_screen(page, *DENVER))
    page.go_back()
    page.wait_for_timeout(1_000)
    expect(page.locator("#answer")).to_be_hidden()
    assert "lat=" not in page.url


def test_every_path_has_the_page(visit: Open, local_api: str) -> None:
    page = visit("stage/any%20thing/" + OLNEY)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.mouse.click(*on_screen(page, *ROCKVILLE))
    expect(first(page)).to_contain_text("Rockville, MD")
    assert page.url.startswith(local_api + "stage/any%20thing/?lat=")
    assert requests[0].startswith(page.url)
    assert page.locator("#formats a").first.evaluate("a => a.href").startswith(page.url)


TARGETS = ["", OLNEY + "&k=5", "?lat=abc&long=1", "?lat=48.8566&long=2.3522"]


@pytest.mark.parametrize("target", TARGETS)
def test_axe_finds_nothing(target: str, visit: Open) -> None:
    page = visit(target)
    page.evaluate(AXE.read_text())
    forms: list[tuple[Literal["light", "dark"], int]]
    forms = [("light", 1200), ("dark", 1200), ("light", 320), ("dark", 320)]
    for scheme, width in forms:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 640})
        found = page.evaluate("axe.run()")["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("width", "text"), [(320, "100%"), (640, "200%"), (1280, "200%")])
def test_nothing_is_cut_off(width: int, text: str, target: str, visit: Open) -> None:
    page = visit(target, viewport={"width": width, "height": 640})
    page.evaluate("size => { document.documentElement.style.fontSize = size; }", text)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for control in page.locator("button:visible, input:visible").all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 24
        assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_print_has_the_answer_and_the_map_without_controls(visit: Open) -> None:
    page = visit(OLNEY + "&k=5")
    page.emulate_media(media="print")
    expect(page.locator("#list li").last).to_be_visible()
    expect(page.locator("#map")).to_be_visible()
    assert page.locator("button:visible, input:visible, #list a:visible").count() == 0


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
    stores = {"lat": np.array(latitudes), "long": np.array(longitudes)}
    monkeypatch.setattr(predictor, "stores", stores)
    forget_the_map()
    try:
        page = visit("?lat=none&long=none")  # which predicts nothing, but shows the map
        page.route("**/*format=json*", lambda route: route.abort())
        for place in zip(latitudes, longitudes, strict=True):
            before = page.url
            page.mouse.click(*on_screen(page, *place))
            page.wait_for_function("url => location.href !== url", arg=before)
            chosen = page_map.vectors(*asked(page)) @ page_map.vectors(*place)
            assert np.degrees(np.arccos(min(chosen, 1))) < 0.5
    finally:
        forget_the_map()


def forget_the_map() -> None:
    page_map.centre.cache_clear()
    page_map.ground.cache_clear()

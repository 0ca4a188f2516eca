"""The page in a real browser: answers, links, history."""

import gzip
import re

from playwright.sync_api import expect

from predictor.page import drawing
from tests.chipotle.page_in_browser import (
    DENVER,
    OLNEY,
    PARIS,
    ROCKVILLE,
    Open,
    drawn,
    first,
    on_screen,
    rounded,
    view,
)

LATITUDE0, LONGITUDE0 = drawing.centre()
ANTIPODE = (-LATITUDE0, round(LONGITUDE0 + 180, 2))


def test_more_stores_are_a_click_away(visit: Open) -> None:
    page = visit(OLNEY)
    expect(page).to_have_title("3333 Olney Sandy Springs Rd Olney, MD 20832 US")
    page.get_by_text("Show more stores").click()
    expect(page.locator("#list li")).to_have_count(5)


def test_the_page_is_one_small_request_to_its_own_server(visit: Open, local_api: str) -> None:
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


def test_script_and_server_render_the_same(visit: Open, local_api: str) -> None:
    of_the_server, of_the_script = visit(java_script_enabled=False), visit()
    special = (DENVER, (90, 0), (-90, 123.5), (0, 180), (1e-5, -1e-5), drawing.centre(), ANTIPODE)
    for latitude, longitude in special:
        of_the_server.goto(f"{local_api}?lat={latitude}&long={longitude}&k=3")
        for label, value in (("Latitude", latitude), ("Longitude", longitude), ("How many", 3)):
            of_the_script.get_by_label(label).fill(str(value))
        of_the_script.get_by_role("button", name="Find").click()
        point = of_the_server.locator("#point").inner_text()
        expect(of_the_script.locator("#point")).to_have_text(point)
        assert drawn(of_the_script) == drawn(of_the_server)


def test_a_far_point_is_reported(visit: Open) -> None:
    page = visit(OLNEY)
    expect(page.locator("#far")).to_be_hidden()
    page.get_by_label("Latitude").fill("48.8566")
    page.get_by_label("Longitude").fill("2.3522")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("None of these stores is near that point.")).to_be_visible()
    x, y, width, height = view(page)
    for place in (PARIS, (44.8, -68.8)):  # both show
        px, py = drawing.flat(drawing.vectors(*place))
        assert x < px < x + width
        assert y < py < y + height


def test_a_radius_may_exclude_every_store(visit: Open) -> None:
    page = visit("?lat=45&long=-100&radius=1000")
    expect(page.locator("#answer")).to_contain_text("No store within that distance.")
    page.get_by_label("Within").fill("1e6")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#list li")).to_have_count(1)
    expect(page.locator("#none")).to_be_hidden()


def test_every_path_serves_the_page(visit: Open, local_api: str) -> None:
    page = visit("stage/any%20thing/" + OLNEY)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.mouse.click(*on_screen(page, *ROCKVILLE))
    expect(first(page)).to_contain_text("Rockville, MD")
    assert page.url.startswith(local_api + "stage/any%20thing/?lat=")
    assert requests[0].startswith(page.url)
    assert page.locator("#formats a").first.evaluate("a => a.href").startswith(page.url)

"""The page in a real browser: answers, links, history, location; for everyone, and on paper."""

import gzip
import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.chipotle.page_in_browser import (
    DENVER,
    OLNEY,
    ROCKVILLE,
    Open,
    asked,
    click,
    first,
    shows,
    submit,
    view,
)

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TARGETS = ["", OLNEY + "&k=5", "?lat=abc&long=1", "?lat=48.8566&long=2.3522"]
SIGHTS: list[tuple[Literal["light", "dark"], int, str]] = [
    ("light", 1280, "200%"), ("dark", 1280, "100%"), ("light", 640, "200%"), ("dark", 320, "100%")
]  # fmt: skip
CONTROLS = """() => [...document.querySelectorAll("button, input")]
    .filter((control) => control.checkVisibility())
    .map((control) => control.getBoundingClientRect())
    .map(({left, right, height}) => [left, right, height])"""
POLICY = (
    r"default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; "
    r"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def test_the_page_is_one_small_request_to_its_own_path(visit: Open, local_api: str) -> None:
    page = visit()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    response = page.goto(local_api + "stage/any%20thing/" + OLNEY)
    assert response
    click(page, ROCKVILLE)
    shows(page, "Rockville, MD")
    page.wait_for_timeout(300)
    assert len(requests) == 2, requests
    links = page.locator("#formats a").evaluate_all("all => all.map((a) => a.href)")
    for url in (*requests, page.url, *links):
        assert url.startswith(local_api + "stage/any%20thing/?lat=")
    assert len(gzip.compress(response.body())) < 100_000
    headers = response.all_headers()
    assert headers["content-encoding"] == "gzip"
    assert re.fullmatch(POLICY, headers["content-security-policy"])


def test_without_javascript_the_answer_is_complete(visit: Open) -> None:
    page = visit(java_script_enabled=False)
    submit(page, *DENVER)
    expect(page.locator("#list li")).to_have_count(5)
    shows(page, "1600 California St Unit 7 Denver, CO 80202 US")
    shows(page, "0.43 miles (0.70 km) north")
    link = first(page).get_by_role("link", name="Directions to 1600 California St")
    directions = "https://www.google.com/maps/dir/?api=1&destination=39.745381,-104.991604"
    assert link.get_attribute("href") == directions
    assert (page.locator("path.nearest").get_attribute("d") or "").count("M") == 5
    for control in ("#locate", "#zoom", "#help"):  # they would do nothing
        expect(page.locator(control)).to_be_hidden()


def test_every_state_is_a_link_and_back_and_forward_work(visit: Open, local_api: str) -> None:
    page = visit(OLNEY + "&k=2")
    click(page, ROCKVILLE)
    shows(page, "Rockville, MD")
    submit(page, *DENVER)
    shows(page, "Denver, CO")
    page.go_back()
    shows(page, "Rockville, MD")
    page.go_back()
    shows(page, "Olney, MD")
    assert page.url == local_api + OLNEY + "&k=2"
    page.go_forward()
    shows(page, "Rockville, MD")


def test_script_and_server_show_the_same(visit: Open, local_api: str) -> None:
    of_the_server, of_the_script = visit(java_script_enabled=False), visit()
    for latitude, longitude in (DENVER, (90, 0), (-90, 123.5), (0, 180), (1e-5, -1e-5), (39, 93)):
        of_the_server.goto(f"{local_api}?lat={latitude}&long={longitude}&k=3")
        submit(of_the_script, latitude, longitude, 3)
        point = of_the_server.locator("#point").inner_text()
        expect(of_the_script.locator("#point")).to_have_text(point)
        assert state(of_the_script) == state(of_the_server)


def state(page: Page) -> list[object]:
    """Return the page's title, the map's view, and the parts that change."""
    parts = ("answer", "overlay", "search", "form", "problem", "formats")
    return [page.title(), view(page), *(page.locator(f"#{part}").inner_html() for part in parts)]


def test_a_place_by_name_is_searched_for(visit: Open) -> None:
    page = visit(OLNEY)
    field = page.get_by_label("Place")
    field.fill("Springfield")
    page.keyboard.press("Enter")
    expect(field).to_be_focused()
    expect(page.locator("#place-error")).to_contain_text("Springfield, Illinois; Springfield, Mi")
    expect(page.locator("#answer")).to_be_hidden()
    field.fill("Springfield, Ohio")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#point")).to_have_text("Springfield, Ohio")
    shows(page, "Springfield, OH")
    assert "place=Springfield%2C+Ohio" in page.url
    click(page, (39.95, -83.7))
    expect(field).to_have_value("")
    assert "place" not in page.url


@pytest.mark.parametrize(
    ("accuracy", "warning"), [(5, ""), (25_000, "only knows your location to within 25 km")]
)
def test_an_allowed_location_is_answered(accuracy: int, warning: str, visit: Open) -> None:
    place = {"latitude": DENVER[0], "longitude": DENVER[1], "accuracy": accuracy}
    page = visit(geolocation=place, permissions=["geolocation"])
    page.get_by_role("button", name="Use my location").click()
    shows(page, "Denver, CO")
    expect(page.get_by_role("alert")).to_contain_text(warning)
    assert asked(page) == DENVER


def test_a_denied_or_late_location_does_not_move_the_point(visit: Open) -> None:
    page = visit()
    locate = page.get_by_role("button", name="Use my location")
    locate.click()
    expect(page.get_by_role("alert")).to_contain_text("did not share your location. Choose a point")
    page.add_init_script(
        "navigator.geolocation.getCurrentPosition = (found) => setTimeout(found, 700,"
        " {coords: {latitude: 47.6, longitude: -122.3, accuracy: 5}})"
    )
    page.reload()
    locate.click()
    expect(page.get_by_role("status")).to_have_text("Asking your browser for your location.")
    click(page, DENVER)
    page.wait_for_timeout(1_000)
    shows(page, "Denver, CO")  # the point that was chosen meanwhile
    page.add_init_script("Object.defineProperty(navigator, 'geolocation', {value: undefined})")
    page.reload()
    expect(page.locator("#locate")).to_be_hidden()


@pytest.mark.parametrize("target", TARGETS)
def test_axe_finds_no_violations_and_nothing_is_cut_off(target: str, visit: Open) -> None:
    page = visit(target)
    page.evaluate(AXE.read_text())
    page.evaluate("document.querySelector('.address')?.append('x'.repeat(400))")
    for scheme, width, text in SIGHTS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 640})
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", text)
        found = page.evaluate("axe.run()")["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for left, right, height in page.evaluate(CONTROLS):
            assert left >= 0 and right <= width and height >= 24
    assert page.evaluate("document.getAnimations().length") == 0


def test_forced_colours_keep_the_maps_colours(visit: Open) -> None:
    page = visit(OLNEY, forced_colors="active")
    colours = page.evaluate(
        """['#land', '#stores', '.nearest', '.query:not(.halo)'].map((part) =>
            getComputedStyle(document.querySelector(part)).stroke)"""
    )
    assert len(set(colours)) == 4
    assert page.evaluate("getComputedStyle(map).backgroundColor") == "rgb(227, 233, 236)"


def test_print_shows_answer_and_map_without_controls(visit: Open) -> None:
    page = visit(OLNEY + "&k=5")
    page.emulate_media(media="print")
    expect(page.locator("#list li").last).to_be_visible()
    expect(page.locator("#map")).to_be_visible()
    assert page.locator("button:visible, input:visible, #list a:visible").count() == 0

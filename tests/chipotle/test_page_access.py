"""The page works for everyone: screen reader, phone, large text, dark mode, print."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.chipotle.page_in_browser import OLNEY, Open

AXE = Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
TARGETS = ["", OLNEY + "&k=5", "?lat=abc&long=1", "?lat=48.8566&long=2.3522"]


@pytest.mark.parametrize("target", TARGETS)
def test_axe_finds_no_violations(target: str, visit: Open) -> None:
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


@pytest.mark.parametrize(("width", "text"), [(320, "100%"), (640, "200%"), (1280, "200%")])
def test_nothing_is_cut_off(width: int, text: str, visit: Open) -> None:
    for target in TARGETS:
        page = visit(target, viewport={"width": width, "height": 640})
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", text)
        page.evaluate("document.querySelector('.address')?.append('x'.repeat(400))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for control in page.locator("button:visible, input:visible").all():
            box = control.bounding_box()
            assert box
            assert box["height"] >= 24
            assert box["x"] >= 0 and box["x"] + box["width"] <= width


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

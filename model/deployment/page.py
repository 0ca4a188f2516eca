"""The page for people: an answer or a problem in, page.html filled in out."""

import hashlib
import re
from base64 import b64encode
from functools import cache
from html import escape
from math import atan2, cos, degrees, radians, sin
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlencode

import numpy as np

import page_map
import predictor
from problem import Problem
from render import Format, Query, Stores

FIELDS = (*predictor.INPUTS, *predictor.OPTIONS)
WINDS = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]
FAR_M = 300_000  # no day trip
FEW = 5  # stores, where a person did not say how many
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"referrer-policy": "no-referrer", "permissions-policy": "geolocation=(self)"}
WITHOUT_ANSWER = {
    "title": "The nearest Chipotle",
    "point": "",
    "list": "",
    "no_answer": "hidden",
    "no_far": "hidden",
    "no_more": "hidden",
    "no_none": "hidden",
}
Sent = dict[str, object]


@cache
def templates() -> tuple[str, Template, Template]:
    """Read page.html: its head, its body, a store of its list.

    That is done for the first page, not at the cold start; it completes HEADERS with the policy,
    which allows the page's script and style by their hashes.
    """
    html = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    parts = dict(re.findall(r"<(script|style|template)[^>]*>(.*?)</\1>", html, re.DOTALL))
    digests = {tag: hashlib.sha256(text.encode()).digest() for tag, text in parts.items()}
    HEADERS["content-security-policy"] = POLICY.format(
        **{tag: f"sha256-{b64encode(digest).decode()}" for tag, digest in digests.items()}
    )
    head, end, body = html.partition("</script>")
    return head + end, Template(body), Template(parts["template"])


def answer(query: Query, nearest: Stores, model: Query) -> str:
    """The page with the answer; with form and map alone where the client named no point."""
    sent: Sent = {name: query[name] for name in ("lat", "long", "k", "radius")}
    if len(query["defaulted"]) == len(predictor.INPUTS):
        return fill(sent | {"lat": None, "long": None, "k": max(FEW, query["k"])}, {})
    _, _, item = templates()
    point, places = (query["lat"], query["long"]), [(s["lat"], s["long"]) for s in nearest]
    items = [
        item.substitute(
            address=escape(store["address"]),
            way=way(point, store),
            place=",".join(map(plain, place)),
        )
        for store, place in zip(nearest, places, strict=True)
    ]
    values = {
        "title": escape(nearest[0]["address"] if nearest else "No Chipotle within that distance"),
        "point": ", ".join(map(plain, point)),
        "list": "".join(items),
        "no_answer": "",
        "no_far": hidden(not nearest or nearest[0]["distance_m"] <= FAR_M),
        "no_more": hidden(not nearest or query["k"] > 1),
        "no_none": hidden(bool(nearest)),
    }
    return fill(sent, values | page_map.overlay(point, places))


def problem(problem: Problem, raw_query: Query) -> str:
    """The page with what the client sent in its form, and what was wrong beside its field."""
    sent: Sent = {"k": FEW} | {p.name: raw_query[p.name] for p in FIELDS if p.name in raw_query}
    beside = f"{problem.parameter}_error" if problem.parameter in sent else "problem"
    values = {
        beside: escape(problem.detail),
        f"{problem.parameter}_state": 'aria-invalid="true" autofocus',
    }
    return fill(sent, values)


def fill(sent: Sent, values: dict[str, str]) -> str:
    """Fill in page.html: with values, and with what was sent, which may be anything."""
    head, body, _ = templates()
    texts = {p.name: plain(sent[p.name]) for p in FIELDS if sent.get(p.name) is not None}
    named = {"lat": "0", "long": "0"} | texts
    defaults = {
        "problem": "",
        "no_radius": "" if "radius" in texts else "hidden disabled",
        "self": escape(urlencode(named)),
        "more": escape(urlencode(named | {"k": str(FEW)})),
        "count": f"{predictor.MODEL['stores']:,}",
        "version": predictor.MODEL["version"],
        "far_m": str(FAR_M),
    }
    for p in FIELDS:
        defaults |= {
            p.name: escape(texts.get(p.name, "")),
            f"{p.name}_error": "",
            f"{p.name}_state": 'aria-invalid="false"',
            f"{p.name}_range": escape(p.allowed.partition("number ")[2]),
        }
    return head + body.substitute(WITHOUT_ANSWER | page_map.ground() | defaults | values)


def hidden(yes: bool) -> str:
    return "hidden" if yes else ""


def plain(value: object) -> str:
    """Write a number as people do, neither 1e-05 nor 1.0; anything else as it is."""
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)


def way(point: tuple[float, float], store: dict[str, Any]) -> str:
    """Say how far a store is, in miles and km, and in which direction."""
    if store["distance_m"] < 10:
        return "Right here"
    phi, phi2 = radians(point[0]), radians(store["lat"])
    east = radians(store["long"] - point[1])
    bearing = atan2(sin(east) * cos(phi2), cos(phi) * sin(phi2) - sin(phi) * cos(phi2) * cos(east))
    wind = WINDS[round(degrees(bearing) / 45) % 8]
    if abs(point[0]) == 90:  # at a pole there is one direction
        wind = "south" if point[0] > 0 else "north"
    miles, km = number(store["distance_m"] / 1609.344), number(store["distance_m"] / 1000)
    return f"{miles} miles ({km} km) {wind}"


def number(value: float) -> str:
    """Write a distance to two or three figures."""
    return f"{value:,.{2 if value < 1 else 1 if value < 10 else 0}f}"


FORMAT = Format("text/html; charset=utf-8", answer, "text/html; charset=utf-8", problem, HEADERS)

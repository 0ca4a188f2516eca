"""The page for people: an answer or a problem in, page.html filled in out."""

import hashlib
import re
from base64 import b64encode
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

import page_map
import predictor
from page_words import plain, way
from problem import Problem
from render import Format, Query, Stores

FIELDS = (*predictor.INPUTS, *predictor.OPTIONS)
FAR_M = 300_000  # no day trip
FEW = 5  # stores, where a person did not say how many
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"referrer-policy": "no-referrer", "permissions-policy": "geolocation=(self)"}
WITHOUT_ANSWER = {"title": "The nearest Chipotle", "point": "", "list": "", "problem": ""} | {
    name: "hidden" for name in ("no_answer", "no_far", "no_more", "no_none")
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
    sent: Sent = {p.name: query[p.name] for p in FIELDS}
    if len(query["defaulted"]) == len(predictor.INPUTS):
        return fill(sent | {"lat": None, "long": None, "k": max(FEW, query["k"])}, {})
    point, places = (query["lat"], query["long"]), [(s["lat"], s["long"]) for s in nearest]
    _, _, item = templates()
    items = [
        item.substitute(
            address=escape(store["address"]),
            way=way(point, store),
            place=",".join(map(plain, place)),
        )
        for store, place in zip(nearest, places, strict=True)
    ]
    values = {
        "point": ", ".join(map(plain, point)),
        "list": "".join(items),
        "no_answer": "",
        "no_none": "hidden" if nearest else "",
    }
    if nearest:
        values["title"] = escape(nearest[0]["address"])
        values["no_far"] = "" if nearest[0]["distance_m"] > FAR_M else "hidden"
        values["no_more"] = "" if query["k"] == 1 < model["stores"] else "hidden"
    return fill(sent, values | page_map.overlay(point, places))


def problem(problem: Problem, raw_query: Query) -> str:
    """The page with what the client sent in its form, and what was wrong beside its field."""
    sent: Sent = {"k": FEW} | {p.name: raw_query[p.name] for p in FIELDS if p.name in raw_query}
    name = problem.parameter
    values = {
        f"{name}_error" if name in sent else "problem": escape(problem.detail),
        f"{name}_state": 'aria-invalid="true" autofocus',
    }
    return fill(sent, values)


def fill(sent: Sent, values: dict[str, str]) -> str:
    """Fill in page.html: with values, and with what was sent, which may be anything."""
    head, body, _ = templates()
    texts = {name: plain(value) for name, value in sent.items() if value is not None}
    named = {p.name: str(p.default) for p in predictor.INPUTS} | texts
    defaults = {
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


FORMAT = Format("text/html; charset=utf-8", answer, "text/html; charset=utf-8", problem, HEADERS)

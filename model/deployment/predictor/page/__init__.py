"""The page for people: an answer or a problem in, page.html filled in out."""

import hashlib
import re
from base64 import b64encode
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from predictor import nearest
from predictor.page import drawing
from predictor.page.words import MILES, way, written
from predictor.parameters import ABOUT, INPUTS, OPTIONS
from serving.formats import About, Format, Query, Result
from serving.problems import Problem

FIELDS = (*INPUTS, *OPTIONS)
VERSION = nearest.manifest["pickle_sha256"][:12]
FAR_M = 300_000  # no day trip
FEW = 5  # stores, where a person did not say how many
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
WORDS = {name: escape(str(ABOUT.get(name, ""))) for name in ("title", "place", "places", "source")}
AS_OF = escape(str(ABOUT.get("as_of", "")))
WORDS |= {
    "name": WORDS["title"],
    "as_they_were": f", as they were in {AS_OF}" if AS_OF else "",
    "age": f"This data is of {AS_OF}: check before you go." if AS_OF else "Check before you go.",
    "miles": "miles" if MILES else "",
}
HIDDEN = ("no_answer", "no_far", "no_more", "no_none")
WITHOUT_ANSWER = (
    WORDS | dict.fromkeys(("point", "list", "problem"), "") | dict.fromkeys(HIDDEN, "hidden")
)
Sent = dict[str, object]


@cache
def html() -> tuple[str, dict[str, str]]:
    """Read page.html for the first page, not at the cold start; return it, and its parts by tag."""
    text = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    return text, dict(re.findall(r"<(script|style|template)[^>]*>(.*?)</\1>", text, re.DOTALL))


@cache
def templates() -> tuple[str, Template, Template]:
    """Return the page's head, its body, and a store of its list."""
    text, parts = html()
    head, end, body = text.partition("</script>")
    return head + end, Template(body), Template(parts["template"])


@cache
def headers() -> dict[str, str]:
    """Return the page's headers; the policy allows its script and style by their hashes."""
    digests = {tag: hashlib.sha256(text.encode()).digest() for tag, text in html()[1].items()}
    hashes = {tag: f"sha256-{b64encode(digest).decode()}" for tag, digest in digests.items()}
    return {
        "referrer-policy": "no-referrer",
        "permissions-policy": "geolocation=(self)",
        "content-security-policy": POLICY.format(**hashes),
    }


def answer(query: Query, found: list[Result], about: About) -> str:
    """The page with the answer; with form and map alone where the client named no point."""
    sent: Sent = {p.name: query[p.name] for p in FIELDS}
    if len(query["defaulted"]) == len(INPUTS):
        return fill(sent | {"lat": None, "long": None, "k": max(FEW, query["k"])}, {})
    point, places = (query["lat"], query["long"]), [(s["lat"], s["long"]) for s in found]
    _, _, item = templates()
    items = [
        item.substitute(
            address=escape(store["address"]),
            way=way(point, store),
            place=",".join(map(written, place)),
        )
        for store, place in zip(found, places, strict=True)
    ]
    values = {
        "point": ", ".join(map(written, point)),
        "list": "".join(items),
        "no_answer": "",
        "no_none": "hidden" if found else "",
    }
    if found:
        values["title"] = escape(found[0]["address"])
        values["no_far"] = "" if found[0]["distance_m"] > FAR_M else "hidden"
        values["no_more"] = "" if query["k"] == 1 < about["stores"] else "hidden"
    return fill(sent, values | drawing.overlay(point, places))


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
    texts = {name: written(value) for name, value in sent.items() if value is not None}
    named = {p.name: str(p.default) for p in INPUTS} | texts
    defaults = {
        "no_radius": "" if "radius" in texts else "hidden disabled",
        "self": escape(urlencode(named)),
        "more": escape(urlencode(named | {"k": str(FEW)})),
        "count": f"{nearest.count:,}",
        "version": VERSION,
        "far_m": str(FAR_M),
    }
    for p in FIELDS:
        defaults |= {
            p.name: escape(texts.get(p.name, "")),
            f"{p.name}_error": "",
            f"{p.name}_state": 'aria-invalid="false"',
            f"{p.name}_range": escape(p.allowed.partition("number ")[2]),
        }
    return head + body.substitute(WITHOUT_ANSWER | drawing.ground() | defaults | values)


HTML = "text/html; charset=utf-8"
FORMAT = Format(
    HTML, answer, HTML, problem, headers, needs=("address", "lat", "long", "distance_m")
)

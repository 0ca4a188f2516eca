"""The page for people: an answer or a problem in, page.html filled in out.

As "html" it is the whole page; as "_part" it lacks what no answer changes, for the page's script.
"""

import hashlib
from base64 import b64encode
from functools import cache, partial
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import urlencode

from predictor import nearest
from predictor.page import drawing
from predictor.page.words import way, written
from predictor.parameters import ABOUT, INPUTS, OPTIONS
from predictor.place import coordinates
from serving.formats import About, Format, Query, Result
from serving.parameters import Parameter
from serving.problems import Problem

LABELS = {"place": "Place", "lat": "Latitude", "long": "Longitude", "k": "How many"}
FAR_M = 300_000  # no day trip
FEW = 5  # stores, where a person did not say how many
POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
AS_OF = ABOUT.get("as_of", "")
WORDS = {
    "name": ABOUT["title"],
    "title": ABOUT["title"],
    "place": ABOUT["place"],
    "places": ABOUT["places"],
    "source": ABOUT.get("source", ""),
    "as_they_were": f", as they were in {AS_OF}" if AS_OF else "",
    "age": f"This data is of {AS_OF}: check before you go." if AS_OF else "Check before you go.",
    "count": f"{len(nearest.stores):,}",
    "version": nearest.manifest.pickle_sha256[:12],
}
HEAD = '<style>{style}</style><script type="module">{script}</script>'
STORE = Template("""<li>
<p class="address" dir="auto" translate="no">$address</p>
<p class="way"><span>$way</span> <a href="https://www.google.com/maps/dir/?api=1&amp;destination=$place"
rel="noreferrer">Directions<span class="spoken" dir="auto"> to $address</span></a></p></li>""")
FIELD = Template("""<div class="field"><label for="$name">$label</label>
<input id="$name" name="$name" value="$value" required autocomplete="off" aria-invalid="$state
aria-describedby="$name-error $name-hint"><strong id="$name-error" class="error">$error</strong>
<small id="$name-hint">$hint</small></div>""")


@cache
def head() -> dict[str, str]:
    """Read style and script for the first page, not at the cold start."""
    files = {"style": "style.css", "script": "script.js"}
    return {tag: Path(__file__).with_name(file).read_text("utf-8") for tag, file in files.items()}


@cache
def headers() -> dict[str, str]:
    """Return the page's headers; the policy allows its script and style by their hashes."""
    digests = {tag: hashlib.sha256(text.encode()).digest() for tag, text in head().items()}
    hashes = {tag: f"sha256-{b64encode(digest).decode()}" for tag, digest in digests.items()}
    return {
        "referrer-policy": "no-referrer",
        "permissions-policy": "geolocation=(self)",
        "content-security-policy": POLICY.format(**hashes),
    }


def answer(whole: bool, query: Query, found: list[Result], about: About) -> str:
    """The page with the answer; with form and map alone where the client named no point."""
    if len(query["defaulted"]) == len(INPUTS):
        return fill(whole, {"k": max(FEW, query["k"]), "radius": query["radius"]})
    point = coordinates(query["lat"], query["long"], query["place"])
    query = {**query, "lat": point[0], "long": point[1]}
    places = [(s["lat"], s["long"]) for s in found]
    items = [
        STORE.substitute(
            address=escape(store["address"]),
            way=way(point, store),
            place=",".join(map(written, place)),
        )
        for store, place in zip(found, places, strict=True)
    ]
    values = {
        "title": escape(found[0]["address"] if found else ABOUT["title"]),
        "point": escape(query["place"] or ", ".join(map(written, point))),
        "list": "".join(items),
        "no_answer": "",
        "no_none": "hidden" if found else "",
        "no_far": "" if found and found[0]["distance_m"] > FAR_M else "hidden",
        "no_more": "" if query["k"] == len(found) == 1 < about["stores"] else "hidden",
    }
    return fill(whole, query, values, point, places)


def problem(whole: bool, problem: Problem, query: Query) -> str:
    """The page with what the client sent in its form, and what was wrong beside its field."""
    return fill(whole, {"k": FEW, **query}, wrong=problem)


def fill(
    whole: bool,
    sent: Query,
    values: dict[str, str] | None = None,
    point: tuple[float, float] | None = None,
    places: list[tuple[float, float]] | None = None,
    wrong: Problem | None = None,
) -> str:
    """Fill in page.html: with values, and with what was sent, which may be anything."""
    texts = {name: written(value) for name, value in sent.items() if value is not None}
    shown = [p for p in (*INPUTS, *OPTIONS) if p.name != "radius" or "radius" in texts]
    fields = {p.name: field(p, texts.get(p.name, ""), wrong) for p in shown}
    search = fields.pop("place")
    named = {p.name: texts.get(p.name, str(p.default)) for p in shown if p.name != "place"}
    all_, box = drawing.whole(), drawing.view(point, places or [])
    return page().substitute(
        {name: escape(text) for name, text in WORDS.items()}
        | dict.fromkeys(("point", "list"), "")
        | dict.fromkeys(("no_answer", "no_far", "no_none", "no_more"), "hidden")
        | {
            "head": HEAD.format(**head()) if whole else "",
            "ground": drawing.ground() if whole else "",
            "overlay": drawing.overlay(point, places or []),
            "outlines": escape(f"Outlines: {drawing.outlines()['source']}."),
            "centre": "{} {}".format(*drawing.centre()),
            "all": "{:.2f} {:.2f} {:.2f} {:.2f}".format(*all_),
            "view": "{:.2f} {:.2f} {:.2f} {:.2f}".format(*box),
            "km": f"{max(box[2:]):.0f}",
            "number": f"{max(box[2:]) / 40:.2f}",
            "search": search,
            "k": escape(texts.get("k", "")),
            "form": "".join(fields.values()),
            "self": escape(urlencode(named)),
            "more": escape(urlencode(named | {"k": str(FEW)})),
            "problem": escape(wrong.detail) if wrong and wrong.parameter not in (*fields, "place") else "",
        }
        | (values or {})
    )


@cache
def page() -> Template:
    return Template(Path(__file__).with_name("page.html").read_text("utf-8"))


def field(parameter: Parameter, text: str, wrong: Problem | None) -> str:
    is_wrong = wrong is not None and wrong.parameter == parameter.name
    return FIELD.substitute(
        name=parameter.name,
        label=LABELS.get(parameter.name, "Within"),
        value=escape(text),
        state='true" autofocus' if is_wrong else 'false"',
        error=escape(wrong.detail) if wrong and is_wrong else "",
        hint=escape(parameter.allowed.partition("number ")[2] or parameter.description),
    )


HTML = "text/html; charset=utf-8"
NEEDS = ("address", "lat", "long", "distance_m")
PART, WHOLE = (
    Format(
        type_, partial(answer, whole), type_, partial(problem, whole), headers, NEEDS, whole, False
    )
    for type_, whole in (("text/x-part; charset=utf-8", False), (HTML, True))
)

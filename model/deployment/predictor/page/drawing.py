"""Draw the page's map as SVG: places in decimal degrees, in km around the middle of the stores."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from predictor.nearest import stores

RADIUS_KM = 6371.0088  # the Earth's mean radius
SMALL_DOTS_FROM = 500  # stores
VIEW_KM = 60, 120  # the least that an answer shows, by its extent
GRID = 15  # degrees between the lines of the graticule
BACK = -0.9  # cosine of the angle from the centre beyond which no line is drawn


@cache
def centre() -> tuple[float, float]:
    """Return the latitude and longitude of the middle of the stores."""
    phi, theta = np.radians(stores.coordinates).T
    x, y, z = np.mean([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], 1)
    latitude, longitude = np.degrees([np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)]).round(2)
    return float(latitude), float(longitude)


def vectors(latitudes: Any, longitudes: Any) -> np.ndarray:
    """Return unit vectors, shape (..., 3): east, north and up at the map's centre."""
    latitude0, longitude0 = np.radians(centre())
    phi, theta = np.radians(latitudes), np.radians(longitudes) - longitude0
    x, y, z = np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)
    cos, sin = np.cos(latitude0), np.sin(latitude0)
    return np.stack(np.broadcast_arrays(y, cos * z - sin * x, cos * x + sin * z), axis=-1)


def flat(places: np.ndarray) -> np.ndarray:
    """Project unit vectors, shape (..., 3), to km right of and below the centre, shape (..., 2).

    Lambert's azimuthal equal-area projection: the whole Earth in one disc. Its rim is the antipode.
    """
    up = places[..., 2:]
    antipode = [2 * RADIUS_KM, 0.0]
    scale = np.sqrt(2 / np.maximum(1 + up, 1e-9))
    return np.where(1 + up < 1e-9, antipode, RADIUS_KM * scale * places[..., :2] * [1, -1])


@cache
def whole() -> np.ndarray:
    """Return the view of all stores: left, top, width and height in km."""
    return _box(flat(vectors(*stores.coordinates.T)))


def view(point: tuple[float, float], nearest: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return the view of an answer: the point and its nearest stores."""
    places = flat(vectors(*np.array([point, *nearest]).T))
    return _box(places, float(np.clip(4 * np.ptp(places, axis=0).max(), *VIEW_KM)))


def _box(points: np.ndarray, least_km: float = 40) -> np.ndarray:
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum((high - low) * 1.1, least_km)
    return np.concatenate([(low + high - size) / 2, size])


@cache
def outlines() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("outlines.json").read_text())


@cache
def ground() -> str:
    """Draw what all requests share: outlines, graticule and stores."""
    land, borders = (
        "".join(_path(flat(_decoded(line))) for line in outlines()[name])
        for name in ("land", "borders")
    )
    dots = _path(flat(vectors(*stores.coordinates.T)), "h0m") + "h0"
    width = 4.5 if len(stores) > SMALL_DOTS_FROM else 7
    return (
        f'<path id="land" transform="scale(.1)" d="{land}"/>'
        f'<path id="borders" transform="scale(.1)" d="{borders}"/>'
        f'{graticule()}<path id="stores" transform="scale(.1)" stroke-width="{width}" d="{dots}"/>'
    )


def graticule() -> str:
    """Draw parallels and meridians, and write their degrees across the map's centre."""
    latitudes, longitudes = np.linspace(-90, 90, 73), np.linspace(-180, 180, 145)
    below, beside = (np.rint(np.array(centre()) / GRID) - 0.5) * GRID
    parallels, meridians = range(GRID - 90, 90, GRID), range(-180, 180, GRID)
    # Degrees, their signs, the line, and the place of its number.
    lines = [(p, "NS", vectors(p, longitudes), vectors(p, beside)) for p in parallels]
    lines += [(m, "EW", vectors(latitudes, m), vectors(below, m)) for m in meridians]
    d = "".join(_path(flat(part)) for _, _, line, _ in lines for part in _in_front(line))
    texts = "".join(
        _text(place, angle, signs) for angle, signs, _, place in lines if place[2] > BACK
    )
    return f'<g class="grid"><path transform="scale(.1)" d="{d}"/>{texts}</g>'


def overlay(point: tuple[float, float] | None, nearest: Sequence[tuple[float, float]]) -> str:
    """Draw a request: its point, the nearest stores and the ways to them."""
    if point is None:  # the page's script moves these
        return '<path class="query halo" d=""/><path class="query" d=""/>'
    [x, y], *ends = flat(vectors(*np.array([point, *nearest]).T)).tolist()
    # With round ends, a line of length 0 is a dot that keeps its size.
    here, there = f"M{x:.2f} {y:.2f}h0", "".join(f"M{x:.2f} {y:.2f}h0" for x, y in ends)
    lines = "".join(f"M{x:.2f} {y:.2f}L{x2:.2f} {y2:.2f}" for x2, y2 in ends)
    ways = {"lines": lines, "query ring": here, "query halo": here, "nearest": there, "query": here}
    paths = "".join(f'<path class="{name}" d="{d}"/>' for name, d in ways.items())
    return f'<g id="way">{paths}</g>'


def numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.2f}" for value in values)


def _text(place: np.ndarray, angle: int, signs: str) -> str:
    x, y = flat(place)
    sign = f" {signs[angle < 0]}" if angle % 180 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}">{abs(angle)}°{sign}</text>'


def _decoded(line: Sequence[int]) -> np.ndarray:
    """Return the vectors of a line of outlines.json."""
    return vectors(*np.cumsum(np.reshape(line, (-1, 2)), axis=0).T / outlines()["steps"])


def _in_front(line: np.ndarray) -> list[np.ndarray]:
    """Split a line where it passes behind the map."""
    behind = np.flatnonzero(line[:, 2] < BACK)
    return [part[part[:, 2] >= BACK] for part in np.split(line, behind) if len(part) > 2]


def _path(points: np.ndarray, join: str = "l") -> str:
    """Write points in tenths of a km, each relative to the one before: an M, then `join`s."""
    tenths = np.rint(points * 10).astype(int)
    moves = np.diff(tenths, axis=0).tolist()
    return "M{} {}".format(*tenths[0]) + "".join(f"{join}{x} {y}" for x, y in moves)

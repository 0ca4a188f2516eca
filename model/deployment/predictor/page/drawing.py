"""The page's map: places in decimal degrees in, SVG path data in km out."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from predictor.nearest import stores

RADIUS_KM = 6371.0088  # the Earth's mean radius
UNIT_KM = 0.1  # of what never changes, so that it is written in short whole numbers
VIEW_KM = 60, 120  # at least shown around an answer: a city, or four times its extent
BACK = -0.9  # cosine of the angle from the centre beyond which nothing is drawn: the rim is torn

Places = Iterable[tuple[float, float]]


@cache
def centre() -> tuple[float, float]:
    """Return latitude and longitude of the middle of the stores, wherever on Earth they are."""
    latitudes, longitudes = np.radians(stores["lat"]), np.radians(stores["long"])
    x = np.mean(np.cos(latitudes) * np.cos(longitudes))
    y = np.mean(np.cos(latitudes) * np.sin(longitudes))
    latitude = np.arctan2(np.mean(np.sin(latitudes)), np.hypot(x, y))
    return round(float(np.degrees(latitude)), 2), round(float(np.degrees(np.arctan2(y, x))), 2)


def vectors(latitudes: Any, longitudes: Any) -> np.ndarray:
    """Return unit vectors, shape (..., 3): east, north and up at the map's centre."""
    latitude0, longitude0 = np.radians(centre())
    phi, theta = np.radians(latitudes), np.radians(longitudes) - longitude0
    x, y, z = np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)
    cos, sin = np.cos(latitude0), np.sin(latitude0)
    return np.stack([y, cos * z - sin * x, cos * x + sin * z], axis=-1)


def flat(places: np.ndarray) -> np.ndarray:
    """Project unit vectors, shape (..., 3), to km right of and below the centre, shape (..., 2).

    Lambert's azimuthal equal-area projection: the whole Earth in one disc, true to area.
    """
    up = places[..., 2:]
    scale = np.sqrt(2 / np.maximum(1 + up, 1e-9))
    antipode = [2 * RADIUS_KM, 0.0]  # which is the whole rim
    return np.where(1 + up < 1e-9, antipode, RADIUS_KM * scale * places[..., :2] * [1, -1])


@cache
def ground() -> dict[str, str]:
    """Draw what no request changes, graticule, outlines and stores, and no request yet."""
    outlines = json.loads(Path(__file__).with_name("outlines.json").read_text())
    land, borders = ([_decoded(line) for line in outlines[name]] for name in ("land", "borders"))
    dots = flat(vectors(stores["lat"], stores["long"]))
    steps, every = np.arange(-180, 181, 5), np.arange(-165, 181, 15)
    meridians = [vectors(steps[18:55], np.full(37, longitude)) for longitude in every]
    parallels = [vectors(np.full(73, latitude), steps) for latitude in every[6:17]]
    return {
        "centre": "{} {}".format(*centre()),
        "outlines": escape(f"Outlines: {outlines['source']}."),
        "all": _box(dots),
        "view": _box(dots),
        "query": "",
        "nearest": "",
        "lines": "",
        "grid": _lines(part for line in meridians + parallels for part in _in_front(line)),
        "land": _lines(ring for ring in land if ring[:, 2].min() > BACK),
        "borders": _lines(line for line in borders if line[:, 2].min() > BACK),
        "stores": _relative(dots, "h0m") + "h0",
    }


def overlay(point: tuple[float, float], nearest: Places) -> dict[str, str]:
    """Draw a request: its point, the nearest stores, the great circles between, and the view."""
    start, ends = vectors(*point), [vectors(*place) for place in nearest]
    steps = np.linspace(0, 1, 33)[:, np.newaxis]
    chords = [start + (end - start) * steps for end in ends]
    norms = [np.linalg.norm(chord, axis=1, keepdims=True) for chord in chords]
    lines = [flat(c / np.maximum(n, 1e-9)) for c, n in zip(chords, norms, strict=True)]
    places = flat(np.array([start, *ends]))
    return {
        "query": _dots(places[:1]),
        "nearest": _dots(places[1:]),
        "lines": "".join(
            "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in line.tolist()) for line in lines
        ),
        "view": _box(places, float(np.clip(4 * np.ptp(places, axis=0).max(), *VIEW_KM))),
    }


def _decoded(line: Sequence[int]) -> np.ndarray:
    """Return the vectors of a line of outlines.json."""
    latitudes, longitudes = np.cumsum(np.reshape(line, (-1, 2)), axis=0).T / 100
    return vectors(latitudes, longitudes)


def _in_front(line: np.ndarray) -> list[np.ndarray]:
    """Split a line where it passes behind the map."""
    behind = np.flatnonzero(line[:, 2] < BACK)
    return [part[part[:, 2] >= BACK] for part in np.split(line, behind) if len(part) > 2]


def _lines(lines: Iterable[np.ndarray]) -> str:
    return "".join(_relative(flat(line), "l") for line in lines)


def _relative(points: np.ndarray, join: str) -> str:
    """Write points in units of UNIT_KM, each relative to the one before: an M, then `join`s."""
    units = np.rint(points / UNIT_KM).astype(int)
    moves = np.diff(units, axis=0)
    return "M{} {}".format(*units[0]) + "".join(f"{join}{x} {y}" for x, y in moves.tolist())


def _dots(points: np.ndarray) -> str:
    return "".join(f"M{x:.2f} {y:.2f}h0" for x, y in points.tolist())


def _box(points: np.ndarray, least_km: float = 40) -> str:
    """Return the viewBox, with a margin, that shows the points."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum((high - low) * 1.1, least_km)
    return "{:.2f} {:.2f} {:.2f} {:.2f}".format(*((low + high - size) / 2), *size)

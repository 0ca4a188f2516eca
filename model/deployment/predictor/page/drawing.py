"""The page's map: places in decimal degrees in, SVG in km about the middle of the stores out."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from predictor.nearest import stores

RADIUS_KM = 6371.0088  # the Earth's mean radius
KM_A_DEGREE = 111
MANY = 500  # stores, whose dots are smaller
VIEW_KM = 60, 120  # at least shown around an answer: a city, or four times its extent
BACK = -0.9  # cosine of the angle from the centre beyond which nothing is drawn: the rim is torn
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15)  # degrees between the lines of a graticule


@cache
def centre() -> tuple[float, float]:
    """Return latitude and longitude of the middle of the stores, wherever on Earth they are."""
    phi, theta = np.radians([stores.columns["lat"], stores.columns["long"]])
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

    Lambert's azimuthal equal-area projection: the whole Earth in one disc, true to area.
    """
    up = places[..., 2:]
    scale = np.sqrt(2 / np.maximum(1 + up, 1e-9))
    antipode = [2 * RADIUS_KM, 0.0]  # which is the whole rim
    return np.where(1 + up < 1e-9, antipode, RADIUS_KM * scale * places[..., :2] * [1, -1])


@cache
def whole() -> np.ndarray:
    """Return what shows all stores: left, top, width and height in km."""
    return _box(flat(vectors(stores.columns["lat"], stores.columns["long"])))


@cache
def outlines() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("outlines.json").read_text())


@cache
def ground() -> str:
    """Draw what no request changes: graticule, outlines and stores."""
    paths = {
        name: "".join(
            _relative(flat(line))
            for part in outlines()[name]
            if (line := _decoded(part))[:, 2].min() > BACK
        )
        for name in ("land", "borders")
    }
    dots = _relative(flat(vectors(stores.columns["lat"], stores.columns["long"])), "h0m") + "h0"
    width = 3.5 if len(stores.columns["lat"]) > MANY else 6
    return (
        "".join(f'<path id="{name}" transform="scale(.1)" d="{d}"/>' for name, d in paths.items())
        + graticule(centre(), STEPS[-1], 12)
        + f'<path id="stores" transform="scale(.1)" stroke-width="{width}" d="{dots}"/>'
    )


def overlay(point: tuple[float, float] | None, nearest: Sequence[tuple[float, float]]) -> str:
    """Draw a request: the nearest stores, the great circles to them, its point, a graticule."""
    size = view(point, nearest)[2:].max()
    step = next((s for s in STEPS if s * KM_A_DEGREE * 3 > size), STEPS[-1])
    grid = graticule(point or centre(), step, 5) if step < STEPS[-1] else ""
    if point is None:  # the page's script moves these
        return f'{grid}<path class="query halo" d=""/><path class="query" d=""/>'
    start, ends = vectors(*point), vectors(*np.array([*nearest]).reshape(-1, 2).T)
    steps = np.linspace(0, 1, 33)[:, np.newaxis]
    chords = start + (ends[:, np.newaxis] - start) * steps
    norms = np.maximum(np.linalg.norm(chords, axis=-1, keepdims=True), 1e-9)
    lines = "".join(
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in line)
        for line in flat(chords / norms).tolist()
    )
    dots = {"nearest": _dots(flat(ends)), "query": _dots(flat(start[np.newaxis]))}
    drawn = ("query ring", "query halo", "nearest halo", "nearest", "query")
    return f'{grid}<g id="way"><path class="lines" d="{lines}"/>' + "".join(
        f'<path class="{name}" d="{dots[name.split()[0]]}"/>' for name in drawn
    ) + "</g>"  # fmt: skip


def view(point: tuple[float, float] | None, nearest: Iterable[tuple[float, float]]) -> np.ndarray:
    """Return what shows a request: its point and the nearest stores, or all stores."""
    if point is None:
        return whole()
    places = flat(vectors(*np.array([point, *nearest]).T))
    return _box(places, float(np.clip(4 * np.ptp(places, axis=0).max(), *VIEW_KM)))


def graticule(place: tuple[float, float], step: float, reach: int) -> str:
    """Draw parallels and meridians around a place, some each way, and write their degrees."""
    across = next((s for s in STEPS if s * np.cos(np.radians(place[0])) >= step), STEPS[-1])
    east = 12 if across == STEPS[-1] else reach  # 12 times 15 degrees are half of the Earth
    parallels = np.clip((round(place[0] / step) + np.arange(-reach, reach + 1)) * step, -90, 90)
    meridians = (round(place[1] / across) + np.arange(-east, east + 1)) * across
    beside, below = meridians[east] - across / 2, parallels[reach] - step / 2
    up = np.linspace(parallels[0], parallels[-1], 6 * reach)
    along = np.linspace(meridians[0], meridians[-1], 6 * east)
    parallels = parallels[np.abs(parallels) < 90]
    lines = [*(vectors(p, along) for p in parallels), *(vectors(up, m) for m in meridians)]
    numbers = {_degrees(p, "NS"): vectors(p, beside) for p in parallels}
    numbers |= {_degrees(m, "EW"): vectors(below, m) for m in meridians}
    d = "".join(_relative(flat(part)) for line in lines for part in _in_front(line))
    texts = "".join(
        f'<text x="{x:.1f}" y="{y:.1f}">{text}</text>'
        for text, vector in numbers.items()
        if vector[2] > BACK
        for x, y in [flat(vector).tolist()]
    )
    return f'<g class="grid"><path transform="scale(.1)" d="{d}"/>{texts}</g>'


def _degrees(angle: float, signs: str) -> str:
    angle = (angle + 180) % 360 - 180
    return f"{abs(angle):g}° {signs[int(angle < 0)]}" if angle % 180 else f"{abs(angle):g}°"


def _decoded(line: Sequence[int]) -> np.ndarray:
    """Return the vectors of a line of outlines.json."""
    return vectors(*np.cumsum(np.reshape(line, (-1, 2)), axis=0).T / outlines()["steps"])


def _in_front(line: np.ndarray) -> list[np.ndarray]:
    """Split a line where it passes behind the map."""
    behind = np.flatnonzero(line[:, 2] < BACK)
    return [part[part[:, 2] >= BACK] for part in np.split(line, behind) if len(part) > 2]


def _relative(points: np.ndarray, join: str = "l") -> str:
    """Write points in tenths of a km, each relative to the one before: an M, then `join`s."""
    tenths = np.rint(points * 10).astype(int)
    moves = np.diff(tenths, axis=0).tolist()
    return "M{} {}".format(*tenths[0]) + "".join(f"{join}{x} {y}" for x, y in moves)


def _dots(points: np.ndarray) -> str:
    """Draw lines without length: with round ends they are dots that keep their size."""
    return "".join(f"M{x:.2f} {y:.2f}h0" for x, y in points.tolist())


def _box(points: np.ndarray, least_km: float = 40) -> np.ndarray:
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.maximum((high - low) * 1.1, least_km)
    return np.concatenate([(low + high - size) / 2, size])

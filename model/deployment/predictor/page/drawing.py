"""Draw the page's map, in Mercator's projection: a degree of longitude is 1 wide."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from predictor.nearest import stores

NARROWEST = 0.8  # degrees
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


def view(coordinates: Any) -> str:
    """Return the view of some places, an SVG viewBox: left, top, width and height."""
    return " ".join(f"{value:.5f}" for value in box(coordinates))


def box(coordinates: Any) -> np.ndarray:
    places = on_map(coordinates)
    low, high = places.min(axis=0), places.max(axis=0)
    size = np.maximum((high - low) * 1.1, NARROWEST)
    return np.concatenate([(low + high - size) / 2, size])


@cache
def ground() -> dict[str, str]:
    """Return the view and the paths of all stores, and what training/outlines.py writes."""
    outlines = json.loads(Path(__file__).with_name("outlines.json").read_text())
    return {**outlines, "stores": dots(steps(stores.coordinates)), "all": view(stores.coordinates)}


def overlay(point: tuple[float, float], nearest: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return the view and the paths of an answer: point, nearest stores and the ways to them."""
    places = [point, *nearest]
    here, *there = steps(places)
    lines = "".join(f"M{here}L{end}" for end in there)
    return {"view": view(places), "here": dots([here]), "there": dots(there), "lines": lines}


def steps(coordinates: Any) -> list[str]:
    return [f"{x:.4f} {y:.4f}" for x, y in on_map(coordinates)]


def dots(places: Iterable[str]) -> str:
    """With round ends, a line of length 0 is a dot that keeps its size."""
    return "".join(f"M{place}h0" for place in places)

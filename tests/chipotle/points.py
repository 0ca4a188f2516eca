"""Kinds of points on the Earth, and distances from them, measured without our code."""

from typing import Any

import numpy as np
from geographiclib.geodesic import Geodesic
from pyproj import Geod

from predictor import nearest

PROJ = Geod(ellps="WGS84")
STORES = nearest.stores.coordinates
ADDRESSES = {address: store for store, address in enumerate(nearest.stores.columns["address"])}
US = (24.5, 49.4, -124.8, -66.9)  # south, north, west, east


def in_us_box(rng: np.random.Generator, count: int) -> np.ndarray:
    south, north, west, east = US
    return np.column_stack([rng.uniform(south, north, count), rng.uniform(west, east, count)])


def near_stores(rng: np.random.Generator, count: int) -> np.ndarray:
    return at_stores(rng, count) + rng.uniform(-0.05, 0.05, (count, 2))  # some 5 km


def on_earth(rng: np.random.Generator, count: int) -> np.ndarray:
    """Points spread evenly over the sphere, but a fifth at the poles and on the antimeridian."""
    points = np.degrees(
        np.column_stack([np.arcsin(rng.uniform(-1, 1, count)), rng.uniform(-np.pi, np.pi, count)])
    )
    tenth = count // 10
    points[:tenth, 0] = rng.choice([-90, 90, -89.999999, 89.999999], tenth)
    points[-tenth:, 1] = rng.choice([-180, 180, -179.999999, 179.999999], tenth)
    return points


def antipodal(rng: np.random.Generator, count: int) -> np.ndarray:
    """Points opposite to stores, where geodesics are hardest and candidates many."""
    latitudes, longitudes = near_stores(rng, count).T
    return np.column_stack([-latitudes, longitudes % 360 - 180])


def at_stores(rng: np.random.Generator, count: int) -> np.ndarray:
    return STORES[rng.integers(len(STORES), size=count)]


PLACES = [in_us_box, near_stores, on_earth, antipodal, at_stores]


def by_proj(point: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Measure from the point to the places, in metres."""
    latitudes, longitudes = np.broadcast_to(point, places.shape).T
    return PROJ.inv(longitudes, latitudes, places[:, 1], places[:, 0])[2]


def by_geographiclib(point: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.array([Geodesic.WGS84.Inverse(*point, *place)["s12"] for place in places])


def assert_exact(point: np.ndarray, answer: list[dict[str, Any]], metres: np.ndarray) -> None:
    """Compare an answer with the distances to all stores; ties may be in either order."""
    found = np.array([metres[ADDRESSES[store["address"]]] for store in answer])
    assert np.abs(found - np.sort(metres)[: len(answer)]).max() < 2e-6, point
    assert np.abs(found - [store["distance_m"] for store in answer]).max() < 1e-3, point
    assert len({store["address"] for store in answer}) == len(answer)

"""The nearest stores: coordinates in, stores as plain data out."""

from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from joblib import parallel_config
from sklearn import config_context

from predictor import geodesics
from serving import artefacts

pipeline, manifest = artefacts.load(Path(__file__).resolve().parent)
to_radians, estimator, stores = pipeline[0], pipeline[-1], pipeline.stores_
count = len(stores["address"])
places = np.column_stack([stores["lat"], stores["long"]])
MANY = 200  # points for which making a second tree pays
# Points, and pairs of a point and a store, at once: these bound the memory, to some 350 MB.
BLOCK, PAIRS = 8_000, 1_000_000

Pairs = tuple[np.ndarray, np.ndarray]


def predict(
    points: Sequence[Sequence[float]], k: int = 1, radius: float | None = None
) -> list[list[dict[str, Any]]]:
    """Return for each point, latitude and longitude in decimal degrees, its k nearest stores.

    Each store is a dict with address, city, state, lat, long and distance_m, the WGS84 geodesic in
    metres to a millimetre, nearest first. Distances that agree to a micrometre are a tie, and ties
    come in training order. Stores beyond `radius` metres are left out.
    """
    blocks = [points[start : start + BLOCK] for start in range(0, len(points), BLOCK)]
    return [
        answer for block in blocks for answer in _predict(_degrees(block), min(k, count), radius)
    ]


def _predict(points: np.ndarray, k: int, radius: float | None) -> list[list[dict[str, Any]]]:
    if not (candidates := _candidates(points, k)):
        middle = len(points) // 2
        return _predict(points[:middle], k, radius) + _predict(points[middle:], k, radius)
    point, place = candidates
    point, place, metres = geodesics.nearest(points, places, point, place, k)
    metres = metres.round(3)
    if radius is not None:
        near = metres <= radius
        point, place, metres = point[near], place[near], metres[near]
    chosen = place.tolist()
    once = {i: _store(i) for i in set(chosen)}
    pairs = zip(chosen, metres.tolist(), strict=True)
    results = [dict(once[i], distance_m=m) for i, m in pairs]
    if radius is None:
        return [*map(list, zip(*[iter(results)] * k, strict=True))]  # each point has k
    ends = np.searchsorted(point, np.arange(len(points) + 1)).tolist()
    return [results[start:end] for start, end in pairwise(ends)]


def _degrees(points: Sequence[Sequence[float]]) -> np.ndarray:
    """Return an array of the points, (n, 2), in a quarter of the time that np.array takes."""
    return np.fromiter(chain.from_iterable(points), float).reshape(-1, 2)


@lru_cache(maxsize=10_000)
def _store(place: int) -> dict[str, Any]:
    return {name: column[place : place + 1].tolist()[0] for name, column in stores.items()}


def _candidates(points: np.ndarray, k: int) -> Pairs | None:
    """Return pairs (point, place): for each point every store that may be among its k nearest.

    These are the stores within the limit that `geodesics` proves from the k-th nearest by angle.
    Returns None if there are too many at once: far from all stores, each may be the nearest.
    """
    return (_by_tree if len(points) >= MANY else _by_estimator)(points, k)


def _by_estimator(points: np.ndarray, k: int) -> Pairs | None:
    """Return the candidates by angle on geographic latitudes.

    A point is asked for again, with more neighbours, until the last is beyond the limit, or all
    stores are asked for.
    """
    pending, asked = np.arange(len(points)), 2 * k + 6
    found: list[Pairs] = []
    while pending.size:
        asked = min(asked, count)
        if len(pending) * asked > PAIRS and len(points) > 1:
            return None
        # No checks, and no search for a way to run in parallel: this saves a quarter of the time.
        with (
            config_context(assume_finite=True, skip_parameter_validation=True),
            parallel_config("sequential"),
        ):
            here = to_radians.transform(points[pending])
            angles, near = estimator.kneighbors(here, n_neighbors=asked)
        limits = angles[:, k - 1] * geodesics.GEOGRAPHIC + geodesics.ROUNDING
        complete = (angles[:, -1] > limits) | (asked == count)
        row, column = np.nonzero(complete[:, None] & (angles <= limits[:, None]))
        found.append((pending[row], near[row, column]))
        pending, asked = pending[~complete], asked * 64
    return found[0] if len(found) == 1 else _joined(found)


def _by_tree(points: np.ndarray, k: int) -> Pairs | None:
    """Return the candidates by angle on reduced latitudes, where they are fewer, and in a tenth of
    the time: the estimator's haversines are slow."""
    tree, here, asked = _tree(), geodesics.on_sphere(points), min(k + 1, count)
    chords, near = tree.query(here, range(1, asked + 1))  # a number 1 would give a flat array
    angles = 2 * np.arcsin(np.minimum(chords[:, k - 1] / 2, 1))
    limits = np.minimum(angles * geodesics.REDUCED + geodesics.ROUNDING, np.pi)
    reach = 2 * np.sin(limits / 2) + geodesics.ROUNDING
    complete = (chords[:, -1] > reach) | (asked == count)
    row, column = np.nonzero(complete[:, None] & (chords <= reach[:, None]))
    pending = np.flatnonzero(~complete)
    sizes = tree.query_ball_point(here[pending], reach[pending], return_length=True)
    if len(row) + sizes.sum() > PAIRS:
        return None
    within = tree.query_ball_point(here[pending], reach[pending])
    point = np.repeat(pending, sizes)
    place = np.fromiter(chain.from_iterable(within), int)
    return _joined([(row, near[row, column]), (point, place)])


def _joined(pairs: list[Pairs]) -> Pairs:
    point, place = map(np.concatenate, zip(*pairs, strict=True))
    return point, place


@cache
def _tree() -> Any:
    from scipy.spatial import cKDTree

    return cKDTree(geodesics.on_sphere(places))

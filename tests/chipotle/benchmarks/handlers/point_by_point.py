"""The example's `predict` as it was, with geographiclib alone: many points are compared with it."""

from bisect import insort
from typing import Any

import numpy as np
from geographiclib.geodesic import Geodesic
from sklearn import config_context

from predictor.geodesics import RATIO, ROUNDING, WGS84, on_sphere
from predictor.nearest import pipeline, stores

to_radians, estimator = pipeline[0], pipeline[-1]
count, places = len(stores), stores.coordinates
A, B, GEOGRAPHIC = WGS84.a, WGS84.a / RATIO, RATIO**3


def predict(points: list[list[float]], k: int = 1) -> list[list[dict[str, Any]]]:
    """Return the k nearest stores of each point, nearest first, as `predictor` does."""
    radians = to_radians.transform(np.asarray(points, dtype=float))
    answers: list[list[dict[str, Any]]] = [[]] * len(points)
    pending, asked = np.arange(len(points)), 2 * k + 6
    while pending.size:
        asked = min(asked, count)
        with config_context(assume_finite=True, skip_parameter_validation=True):
            angles, found = estimator.kneighbors(radians[pending], n_neighbors=asked)
        limits = angles[:, k - 1] * GEOGRAPHIC + ROUNDING
        complete = (angles[:, -1] > limits) | (asked == count)
        for row in np.flatnonzero(complete):
            near = np.sort(found[row][angles[row] <= limits[row]])  # ties: training order
            answers[pending[row]] = [
                {name: column.item(near[i]) for name, column in stores.columns.items()}
                | {"distance_m": d}
                for d, i in nearest(points[pending[row]], places[near], k)
            ]
        pending, asked = pending[~complete], asked * 64
    return answers


def nearest(point: list[float], near: np.ndarray, k: int) -> list[tuple[float, int]]:
    """Return metres and index of the k nearest, tried by what their distance is at least."""

    def distance(i: int) -> float:
        metres: float = WGS84.Inverse(*point, *near[i].tolist(), Geodesic.DISTANCE)["s12"]
        return metres

    if len(near) <= k:
        return sorted((distance(i), i) for i in range(len(near)))
    there = on_sphere(near)
    at_least = B * angles_between(there, on_sphere(np.array([point]))[0])
    found: list[tuple[float, int]] = []
    for _ in near:
        best = int(at_least.argmin())
        if len(found) == k and at_least[best] > found[-1][0] + A * ROUNDING:
            break
        measured = distance(best)
        insort(found, (measured, best))
        del found[k:]
        at_least = np.maximum(at_least, measured - A * angles_between(there, there[best]))
        at_least[best] = np.inf
    return found


def angles_between(places: np.ndarray, place: np.ndarray) -> Any:
    return np.arccos(np.clip(places @ place, -1, 1))

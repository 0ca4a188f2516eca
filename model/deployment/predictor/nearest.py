"""The nearest stores: coordinates in, stores as plain data out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from predictor import geodesics
from serving import artefacts

pipeline, manifest = artefacts.load(Path(__file__).resolve().parent)
to_radians, estimator, stores = pipeline[0], pipeline[-1], pipeline.stores_
count = len(stores["address"])


def predict(
    points: Sequence[Sequence[float]], k: int = 1, radius: float | None = None
) -> list[list[dict[str, Any]]]:
    """Return for each point, latitude and longitude in decimal degrees, its k nearest stores.

    Each store is a dict with address, city, state, lat, long and distance_m, the WGS84 geodesic in
    metres to a millimetre, nearest first, ties by training order; those beyond `radius` metres are
    left out.

    The order is exact everywhere: the estimator gives candidates by angle until no other store can
    be among the k nearest (`geodesics.CANDIDATES` proves it), and geodesics order those.
    """
    k = min(k, count)
    radians = to_radians.transform(np.asarray(points, dtype=float))
    answers: list[list[dict[str, Any]]] = [[]] * len(points)
    pending, asked = np.arange(len(points)), 2 * k + 6
    while pending.size:
        asked = min(asked, count)
        angles, candidates = estimator.kneighbors(radians[pending], n_neighbors=asked)
        limits = angles[:, k - 1] * geodesics.CANDIDATES + geodesics.ROUNDING
        complete = (angles[:, -1] > limits) | (asked == count)
        for row in np.flatnonzero(complete):
            near = np.sort(candidates[row][angles[row] <= limits[row]])  # ties: training order
            found = geodesics.nearest(
                points[pending[row]], stores["lat"][near], stores["long"][near], k
            )
            answers[pending[row]] = [
                {name: column.item(near[i]) for name, column in stores.items()} | {"distance_m": d}
                for d, i in ((round(distance, 3), i) for distance, i in found)
                if radius is None or d <= radius
            ]
        pending, asked = pending[~complete], asked * 64  # a second round is rare, a third rarer
    return answers

"""The model: coordinates in, the nearest stores as plain data out. Knows no HTTP.

Put your own model here: INPUTS and OPTIONS say what a client may send, `predict` answers with
RESULTs, MODEL says which model did.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

import artefacts
import geodesics
from parameters import Parameter

POINT = "of the point whose nearest stores are wanted."
DEGREES = "decimal degrees, WGS84"
INPUTS = (
    Parameter("lat", f"Latitude {POINT}", "number", DEGREES, -90, 90, default=0.0),
    Parameter("long", f"Longitude {POINT}", "number", DEGREES, -180, 180, default=0.0),
)
OPTIONS = (
    Parameter("k", "How many stores, nearest first.", "integer", "stores", 1, 50, default=1),
    Parameter("radius", "Leave out stores farther than this.", "number", "metres", above=0),
)
RESULT = {  # a store as `predict` gives it, with JSON Schema's types
    "address": "string",
    "city": "string",
    "state": "string",
    "lat": "number",
    "long": "number",
    "distance_m": "number",
}

pipeline, manifest = artefacts.load(Path(__file__).resolve().parent)
to_radians, estimator, stores = pipeline[0], pipeline[-1], pipeline.stores_
MODEL = {"version": manifest["pickle_sha256"][:12], "stores": len(stores["address"])}
sklearn.set_config(assume_finite=True, skip_parameter_validation=True)  # inputs are checked


def predict(
    points: Sequence[Sequence[float]], k: int = 1, radius: float | None = None
) -> list[list[dict[str, Any]]]:
    """Return for each point, latitude and longitude in decimal degrees, its k nearest stores.

    Each store is a dict with address, city, state, lat, long and distance_m, the WGS84 geodesic in
    metres, nearest first, ties by training order; those beyond `radius` metres, to a millimetre,
    are left out.

    The order is exact everywhere: the estimator gives candidates by angle until no other store can
    be among the k nearest (`geodesics.CANDIDATES` proves it), and geodesics order those.
    """
    k = min(k, MODEL["stores"])
    radians = to_radians.transform(np.asarray(points, dtype=float))
    answers: list[list[dict[str, Any]]] = [[]] * len(points)
    pending, count = np.arange(len(points)), 2 * k + 6
    while pending.size:
        count = min(count, MODEL["stores"])
        angles, candidates = estimator.kneighbors(radians[pending], n_neighbors=count)
        limits = angles[:, k - 1] * geodesics.CANDIDATES + geodesics.ROUNDING
        complete = (angles[:, -1] > limits) | (count == MODEL["stores"])
        for row in np.flatnonzero(complete):
            near = np.sort(candidates[row][angles[row] <= limits[row]])  # ties: training order
            answers[pending[row]] = [
                {name: column.item(near[i]) for name, column in stores.items()} | {"distance_m": d}
                for d, i in geodesics.nearest(
                    points[pending[row]], stores["lat"][near], stores["long"][near], k
                )
                if radius is None or round(d, 3) <= radius
            ]
        pending, count = pending[~complete], count * 64  # a second round is rare, a third rarer
    return answers

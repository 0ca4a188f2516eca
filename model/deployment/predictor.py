"""The model: coordinates in, the nearest stores as plain data out. Knows no HTTP.

Put your own model here: INPUTS and OPTIONS say what a client may send, `predict` answers, MODEL
says which model did. Nothing else of this file is used elsewhere.
"""

import hashlib
import json
import warnings
from bisect import insort
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from geographiclib.geodesic import Geodesic
from sklearn.exceptions import InconsistentVersionWarning

from parameters import Parameter

INPUTS = (
    Parameter(
        "lat",
        "Latitude of the point whose nearest stores are wanted.",
        unit="decimal degrees, WGS84",
        minimum=-90,
        maximum=90,
        default=0,
    ),
    Parameter(
        "long",
        "Longitude of the point whose nearest stores are wanted.",
        unit="decimal degrees, WGS84",
        minimum=-180,
        maximum=180,
        default=0,
    ),
)
OPTIONS = (
    Parameter(
        "k",
        "How many stores, nearest first.",
        type="integer",
        unit="stores",
        minimum=1,
        maximum=50,
        default=1,
    ),
    Parameter("radius", "Only stores within this distance; k still caps.", unit="metres", above=0),
)


class ArtefactError(RuntimeError):
    """The model's files cannot be served; the message says why and how to mend it."""


def load(folder: Path) -> tuple[Any, dict[str, Any]]:
    """Read the pickle and its manifest, and unpickle only if they belong together and here.

    Guards against stale, truncated and mismatched files, not against someone who can write both.
    """
    try:
        pickle = (folder / "chipotle.pkl").read_bytes()
        manifest = json.loads((folder / "chipotle.json").read_bytes())
        trained_with, sha256 = manifest["scikit-learn"], manifest["pickle_sha256"]
    except OSError as error:
        raise ArtefactError(f"{error.filename} is missing: run ./trainmodel.sh") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ArtefactError("chipotle.json is not a manifest: run ./trainmodel.sh") from error
    if (found := hashlib.sha256(pickle).hexdigest()) != sha256:
        raise ArtefactError(
            f"chipotle.pkl (sha256 {found[:12]}) is not the model that chipotle.json describes "
            f"({sha256[:12]}): run ./trainmodel.sh"
        )
    if trained_with != sklearn.__version__:
        raise ArtefactError(
            f"chipotle.pkl was trained with scikit-learn {trained_with}, but "
            f"{sklearn.__version__} is installed: run ./trainmodel.sh"
        )
    with warnings.catch_warnings(action="error", category=InconsistentVersionWarning):
        return joblib.load(BytesIO(pickle)), manifest


HERE = Path(__file__).resolve().parent
pipeline, manifest = load(HERE if (HERE / "chipotle.pkl").exists() else HERE.parent)
to_radians, estimator, stores = pipeline[:-1], pipeline[-1], pipeline.stores_
MODEL = {"version": manifest["pickle_sha256"][:12], "stores": len(stores["address"])}
sklearn.set_config(assume_finite=True, skip_parameter_validation=True)  # inputs are checked

WGS84 = Geodesic.WGS84
A, B = WGS84.a, WGS84.a * (1 - WGS84.f)  # metres: the ellipsoid's half axes
RATIO = (A / B) ** 3
ROUNDING = 1e-7  # radians (0.6 m): near 0 and 180 degrees, angles lose half their digits


def predict(
    points: Sequence[Sequence[float]], k: int = 1, radius: float | None = None
) -> list[list[dict[str, Any]]]:
    """Return for each point, latitude and longitude in decimal degrees, its k nearest stores.

    Each store is a dict with address, city, state, lat, long and distance_m, the WGS84 geodesic in
    metres (Karney 2013, doi:10.1007/s00190-012-0578-z), nearest first, ties by training order;
    those farther than `radius` metres are left out.

    The order is exact. A path on the ellipsoid is as long as on the unit sphere times a radius of
    curvature, and those lie in [b²/a, a²/b]. So does a geodesic over its haversine angle: a store
    whose angle exceeds (a/b)³ times the k-th smallest is not among the k nearest.
    """
    k = min(k, MODEL["stores"])
    radians = to_radians.transform(np.asarray(points, dtype=float))
    answers: list[list[dict[str, Any]]] = [[]] * len(points)
    pending, count = np.arange(len(points)), 2 * k + 6
    while pending.size:
        count = min(count, MODEL["stores"])
        angles, candidates = estimator.kneighbors(radians[pending], n_neighbors=count)
        limits = angles[:, k - 1] * RATIO + ROUNDING
        complete = (angles[:, -1] > limits) | (count == MODEL["stores"])
        for row in np.flatnonzero(complete):
            possible = candidates[row, : np.searchsorted(angles[row], limits[row], "right")]
            nearest = _nearest(points[pending[row]], possible, k)
            answers[pending[row]] = [
                {name: column.item(store) for name, column in stores.items()}
                | {"distance_m": distance}
                for distance, store in nearest
                if radius is None or distance <= radius
            ]
        pending, count = pending[~complete], count * 64  # a second round is rare, a third rarer
    return answers


def _nearest(point: Sequence[float], candidates: np.ndarray, k: int) -> list[tuple[float, int]]:
    """Return the k candidates (indices of stores) nearest by geodesic: metres and index.

    Best first, by what each distance is at least: b times the angle on reduced latitudes (there the
    radii of curvature lie in [b, a]), and, by the triangle inequality, another candidate's distance
    less the way between the two. Near the antipode that saves nine geodesics in ten.
    """
    latitudes, longitudes = stores["lat"][candidates], stores["long"][candidates]
    choice = len(candidates) > k
    at_least = np.zeros(len(candidates))
    if choice:
        places = _on_sphere(latitudes, longitudes)
        at_least = B * _angles(places, _on_sphere(*point))
    nearest: list[tuple[float, int]] = []
    for _ in candidates:
        best = int(at_least.argmin())
        if len(nearest) == k and at_least[best] > nearest[-1][0] + A * ROUNDING:
            break
        place = latitudes.item(best), longitudes.item(best)
        distance = WGS84.Inverse(*point, *place, Geodesic.DISTANCE)["s12"]
        insort(nearest, (distance, int(candidates[best])))
        del nearest[k:]
        if choice:
            at_least = np.maximum(at_least, distance - A * _angles(places, places[best]))
        at_least[best] = np.inf
    return nearest


def _on_sphere(latitudes: Any, longitudes: Any) -> np.ndarray:
    """Return unit vectors, shape (..., 3), of places in decimal degrees, on reduced latitudes."""
    reduced = np.arctan((1 - WGS84.f) * np.tan(np.radians(latitudes)))
    meridians = np.radians(longitudes)
    x, y = np.cos(reduced) * np.cos(meridians), np.cos(reduced) * np.sin(meridians)
    return np.stack([x, y, np.sin(reduced)], axis=-1)


def _angles(places: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return the central angles in radians between unit vectors, to within ROUNDING."""
    return np.arccos(np.clip(places @ place, -1, 1))

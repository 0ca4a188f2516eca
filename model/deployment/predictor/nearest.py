"""Find the nearest stores to points, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.neighbors import BallTree

from predictor import geodesics
from serving import artefacts

PAIRS = 8_000_000  # of a point and a store, at once: measuring them all takes 0.6 GB


@dataclass(frozen=True)
class Stores:
    """The stores by column, in training order."""

    columns: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.columns["lat"])

    @cached_property
    def coordinates(self) -> np.ndarray:
        """Decimal degrees, shape (n, 2): latitude, longitude."""
        return np.column_stack([self.columns["lat"], self.columns["long"]])

    @cached_property
    def tree(self) -> BallTree:
        return BallTree(geodesics.on_sphere(self.coordinates), leaf_size=10)  # faster than 40

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        values = (column.tolist() for column in self.columns.values())
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*values, strict=True)]


pipeline, manifest = artefacts.load(Path(__file__).resolve().parent)
stores = Stores(pipeline.stores_)


def predict(
    points: Sequence[Sequence[float]], k: int = 1, radius: float | None = None
) -> list[list[dict[str, Any]]]:
    """Return for each point, latitude and longitude in decimal degrees, its k nearest stores.

    Each store is a dict with address, city, state, lat, long and distance_m, the WGS84 geodesic in
    metres to a millimetre, nearest first. Distances that agree to a micrometre are a tie, and ties
    come in training order. Stores beyond `radius` metres are left out.
    """
    rows, k = stores.rows, min(k, len(stores))
    answers: list[list[dict[str, Any]]] = []
    at_once = max(1, PAIRS // len(stores))
    for start in range(0, len(points), at_once):
        origins = np.array(points[start : start + at_once], dtype=float)
        metres, indices = geodesics.nearest(origins, stores.coordinates, stores.tree, k)
        pairs = zip(indices.ravel().tolist(), metres.ravel().round(3).tolist(), strict=True)
        results = [dict(rows[i], distance_m=m) for i, m in pairs]
        answers += [results[i : i + k] for i in range(0, len(results), k)]
    if radius is not None:
        return [[store for store in found if store["distance_m"] <= radius] for found in answers]
    return answers

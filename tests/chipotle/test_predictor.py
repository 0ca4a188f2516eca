"""The served answer is the WGS84-geodesic k nearest, everywhere on Earth.

The predictor measures a few points with geographiclib, and many with PROJ. Each is tested with the
other.
"""

from typing import Any

import numpy as np
import pytest

from predictor import geodesics, nearest
from tests.chipotle.points import (
    PLACES,
    STORES,
    assert_exact,
    by_geographiclib,
    by_proj,
    in_us_box,
    to_stores,
)

everywhere = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)


@everywhere
def test_one_point_gets_its_nearest(place: Any) -> None:
    for point in place(np.random.default_rng(2020), 40):
        metres = by_proj(point, STORES)
        for k in (1, 10, 50):
            [answer] = nearest.predict([point.tolist()], k=k)
            assert len(answer) == k
            assert_exact(point, answer, metres)


@everywhere
@pytest.mark.parametrize("count", [1_000, pytest.param(17_000, marks=pytest.mark.proof)])
def test_many_points_get_their_nearest(place: Any, count: int) -> None:
    points = place(np.random.default_rng(2021), count)
    for k in (1, 10):
        for row, answer in enumerate(nearest.predict(points.tolist(), k=k)):
            oracle = by_proj if row % 100 else by_geographiclib
            assert_exact(points[row], answer, to_stores(oracle, points[row], k))


@everywhere
def test_blocks_do_not_change_answers(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    points = place(np.random.default_rng(2023), 500).tolist()
    at_once = nearest.predict(points, k=3)
    monkeypatch.setattr(nearest, "PAIRS", 30 * len(STORES))  # 30 points at once
    assert nearest.predict(points, k=3) == at_once
    assert nearest.predict([]) == []


def test_a_store_at_the_radius_is_within_it() -> None:
    point = [39.1, -77.0]
    [ten] = nearest.predict([point], k=10)
    for radius, found in ((ten[4]["distance_m"], 5), (ten[4]["distance_m"] - 0.001, 4), (1e-9, 0)):
        assert nearest.predict([point] * 2, k=10, radius=radius) == [ten[:found]] * 2


def test_a_query_in_the_us_needs_one_geodesic(monkeypatch: pytest.MonkeyPatch) -> None:
    measure, measured = geodesics._metres, []

    def counted(pairs: np.ndarray) -> np.ndarray:
        measured.append(pairs.shape[1])
        return measure(pairs)

    monkeypatch.setattr(geodesics, "_metres", counted)
    for point in in_us_box(np.random.default_rng(7), 500):
        nearest.predict([point.tolist()])
    assert np.median(measured) == 1
    assert max(measured) < 20


def test_the_pickle_predicts_without_our_code() -> None:
    """`joblib.load(...).predict` is the interface: the README's example and every store."""
    assert (nearest.pipeline.predict(STORES) == nearest.stores.columns["address"]).all()
    [address] = nearest.pipeline.predict([[39.153198, -77.066176]])
    assert address == "3333 Olney Sandy Springs Rd Olney, MD 20832 US"

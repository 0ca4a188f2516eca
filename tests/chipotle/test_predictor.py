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
def test_many_points_get_their_nearest(place: Any) -> None:
    points = place(np.random.default_rng(2021), 1_000)
    for k in (1, 10):
        answers = nearest.predict(points.tolist(), k=k)
        for row in range(0, len(points), len(points) // 12):
            assert_exact(points[row], answers[row], to_stores(by_geographiclib, points[row], k))


@everywhere
@pytest.mark.parametrize("radius", [None, 5_000_000])
def test_blocks_do_not_change_answers(
    place: Any, radius: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = place(np.random.default_rng(2023), 500).tolist()
    at_once = nearest.predict(points, k=3, radius=radius)
    monkeypatch.setattr(nearest, "PAIRS", 30 * len(STORES))  # 30 points at once
    assert nearest.predict(points, k=3, radius=radius) == at_once


@pytest.mark.proof
@everywhere
def test_a_hundred_thousand_points(place: Any) -> None:
    points = place(np.random.default_rng(2026), 100_000 // len(PLACES) + 1)
    for row, answer in enumerate(nearest.predict(points.tolist(), k=10)):
        oracle = by_proj if row % 100 else by_geographiclib
        assert_exact(points[row], answer, to_stores(oracle, points[row], 10))


@pytest.mark.parametrize("points", [1, 300])
def test_a_store_at_the_radius_is_within_it(points: int) -> None:
    asked = [[39.1, -77.0]] * points
    ten = nearest.predict(asked, k=10)[-1]
    edge = ten[4]["distance_m"]
    assert nearest.predict(asked, k=10, radius=edge)[-1] == ten[:5]
    assert nearest.predict(asked, k=10, radius=edge - 0.001)[-1] == ten[:4]
    assert nearest.predict(asked, k=10, radius=1e-9) == [[]] * points


def test_no_points_give_no_answers() -> None:
    assert nearest.predict([]) == []


def test_a_query_in_the_us_needs_one_geodesic(monkeypatch: pytest.MonkeyPatch) -> None:
    measure, measured = geodesics._metres, []

    def counted(origins: np.ndarray, destinations: np.ndarray) -> np.ndarray:
        measured.append(origins.shape[1])
        return measure(origins, destinations)

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

"""The served answer is the WGS84-geodesic k nearest, everywhere on Earth.

The predictor measures a few points with geographiclib, and many with PROJ. Each is tested with the
other. Ties are in the order of training.
"""

from typing import Any

import numpy as np
import pytest

from predictor import nearest
from predictor.geodesics import PYPROJ_FROM
from tests.chipotle.points import (
    PLACES,
    STORES,
    assert_exact,
    by_geographiclib,
    by_proj,
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
@pytest.mark.parametrize(
    ("count", "step"), [(2_000, 20), pytest.param(17_000, 1, marks=pytest.mark.proof)]
)
def test_many_points_get_their_nearest(place: Any, count: int, step: int) -> None:
    """A twentieth of them is compared with all stores; the proof compares each."""
    points = place(np.random.default_rng(2021), count)
    one, ten = (nearest.predict(points.tolist(), k=k) for k in (1, 10))
    for row in range(0, len(points), step):
        oracle = by_proj if row else by_geographiclib  # 50 times slower
        metres = oracle(points[row], STORES)
        assert_exact(points[row], one[row], metres)
        assert_exact(points[row], ten[row], metres)


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


def test_the_pickle_predicts_without_our_code() -> None:
    """`joblib.load(...).predict` is the interface: the README's example and every store."""
    assert (nearest.pipeline.predict(STORES) == nearest.stores.columns["address"]).all()
    [address] = nearest.pipeline.predict([[39.153198, -77.066176]])
    assert address == "3333 Olney Sandy Springs Rd Olney, MD 20832 US"


# Mirror images, twins, poles, both sides of the antimeridian, each other's antipodes; a place that
# is the nearest to (0, 0) though its angle is the largest; and models of one or two stores.
HARD = {
    "mirror images": [
        (s * lat, long) for lat in (0.5, 30, 89) for long in (10, 11) for s in (1, -1)
    ],
    "twins": [(40, -75)] * 3 + [(40, -75.00000001), (41, -75)] * 2,
    "poles": [(lat, long) for lat in (90, -90) for long in (-180, 0, 77, 180)] + [(0, 0)],
    "antimeridian": [(lat, long) for lat in (0, 52) for long in (180, -180, 179.9, -179.9)],
    "antipodes": [(30, 40), (-30, -140), (0, 0), (0, 180), (0, 179.5), (0.2, 179.7)],
    "farthest by angle": [(0, s * (1 + i / 2000)) for s in (1, -1) for i in range(5)]
    + [(1.006, 0)],
    "one": [(10, 20)],
    "two": [(10, 20), (-10, 20)],
    "two at one place": [(10, 20), (10, 20)],
}


@pytest.mark.parametrize("hard", HARD)
def test_hard_places_are_ordered_and_ties_keep_training_order(
    hard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = np.array(HARD[hard], dtype=float)
    names = np.array([str(i) for i in range(len(places))], dtype=object)
    columns = {"address": names, "lat": places[:, 0], "long": places[:, 1]}
    monkeypatch.setattr(nearest, "stores", nearest.Stores(columns))
    poles = np.array([(90, 0), (90, 123), (-90, -180), (0, 0), (0, 180), (0, -180), (10, 0)])
    opposite = np.column_stack([-places[:, 0], places[:, 1] % 360 - 180])
    close = opposite + 1e-9 * (np.abs(opposite[:, :1]) < 80)
    points = np.vstack([places, opposite, close, poles, places / 2])
    many = np.tile(points, (PYPROJ_FROM // len(points) + 1, 1)).tolist()
    orders = [
        [in_order(oracle(p, places)) for oracle in (by_proj, by_geographiclib)] for p in points
    ]
    for k in (1, 2, len(places) + 1):
        together = nearest.predict(many, k=k)
        for point, order, answer in zip(points, orders, together, strict=False):
            [alone] = nearest.predict([point.tolist()], k=k)
            assert [int(store["address"]) for store in alone] == order[0][:k], (point, k)
            assert [int(store["address"]) for store in answer] == order[1][:k], (point, k)


def in_order(metres: np.ndarray) -> list[int]:
    """Return the places nearest first; distances that agree to a micrometre are a tie."""
    by_distance = np.argsort(metres, kind="stable")
    ties = np.split(by_distance, np.flatnonzero(np.diff(metres[by_distance]) > 1e-6) + 1)
    return [int(place) for tie in ties for place in sorted(tie)]

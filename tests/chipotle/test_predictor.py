"""The served answer is the WGS84-geodesic k nearest, everywhere on Earth.

A few points are measured by geographiclib, and many by PROJ. So each is the other's oracle.
"""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from pyproj import Geod
from sklearn.neighbors import KNeighborsClassifier

from app import lambdaHandler
from predictor import geodesics, nearest

PROJ = Geod(ellps="WGS84")
STORES = np.column_stack([nearest.stores["lat"], nearest.stores["long"]])
ADDRESSES = {address: store for store, address in enumerate(nearest.stores["address"])}
US = (24.5, 49.4, -124.8, -66.9)  # south, north, west, east


def in_us_box(rng: np.random.Generator, count: int) -> np.ndarray:
    south, north, west, east = US
    return np.column_stack([rng.uniform(south, north, count), rng.uniform(west, east, count)])


def between_stores(rng: np.random.Generator, count: int) -> np.ndarray:
    """Points in the stores' convex hull: random weights of three stores each."""
    corners = at_stores(rng, 3 * count).reshape(count, 3, 2)
    weights = rng.dirichlet(np.ones(3), count)
    return (corners * weights[:, :, None]).sum(axis=1)


def near_stores(rng: np.random.Generator, count: int) -> np.ndarray:
    return at_stores(rng, count) + rng.uniform(-0.05, 0.05, (count, 2))  # some 5 km


def on_earth(rng: np.random.Generator, count: int) -> np.ndarray:
    """Points even on the sphere, a fifth of them at the poles and on the antimeridian."""
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


PLACES = [in_us_box, between_stores, near_stores, on_earth, antipodal, at_stores]
everywhere = pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
Oracle = Callable[[np.ndarray, np.ndarray], np.ndarray]


def by_proj(point: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Measure from the point to the places, in metres."""
    latitudes, longitudes = np.broadcast_to(point, places.shape).T
    return PROJ.inv(longitudes, latitudes, places[:, 1], places[:, 0])[2]


def by_geographiclib(point: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.array([Geodesic.WGS84.Inverse(*point, *place)["s12"] for place in places])


def to_stores(oracle: Oracle, point: np.ndarray, k: int) -> np.ndarray:
    """Measure from the point to every store that may be among the k nearest; inf for the others."""
    chords = np.linalg.norm(unit_vectors(STORES) - unit_vectors(point[None]), axis=1)
    angles = 2 * np.arcsin(np.minimum(chords / 2, 1))
    possible = np.flatnonzero(angles <= np.partition(angles, k - 1)[k - 1] * 1.0102 + 1e-6)
    metres = np.full(len(STORES), np.inf)
    metres[possible] = oracle(point, STORES[possible])
    return metres


def unit_vectors(points: np.ndarray) -> np.ndarray:
    latitudes, longitudes = np.radians(points).T
    x, y = np.cos(latitudes) * np.cos(longitudes), np.cos(latitudes) * np.sin(longitudes)
    return np.column_stack([x, y, np.sin(latitudes)])


def assert_exact(point: np.ndarray, answer: list[dict[str, Any]], metres: np.ndarray) -> None:
    """Compare an answer with the distances to all stores; ties may stand in either order."""
    found = np.array([metres[ADDRESSES[store["address"]]] for store in answer])
    assert np.abs(found - np.sort(metres)[: len(answer)]).max() < 2e-6, point
    assert np.abs(found - [store["distance_m"] for store in answer]).max() < 1e-3, point
    assert len({store["address"] for store in answer}) == len(answer)


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
    points = place(np.random.default_rng(2021), nearest.BLOCK + 100)
    points[:10] = points[-10:]  # the last, in another block, are few
    for k in (1, 10):
        answers = nearest.predict(points.tolist(), k=k)
        assert answers[:10] == answers[-10:]
        for row in range(0, len(points), len(points) // 12):
            assert_exact(points[row], answers[row], to_stores(by_geographiclib, points[row], k))


@everywhere
def test_a_batch_gets_what_each_of_its_points_gets(place: Any) -> None:
    points = place(np.random.default_rng(2022), 300).tolist()
    event = {
        "requestContext": {"http": {"method": "POST"}},
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"points": points, "k": 3}),
    }
    batch = json.loads(lambdaHandler(event, None)["body"])["results"]
    for point, together in list(zip(points, batch, strict=True))[::10]:
        [alone] = nearest.predict([point], k=3)
        assert [store["address"] for store in together] == [store["address"] for store in alone]
        for some, other in zip(together, alone, strict=True):
            assert abs(some["distance_m"] - other["distance_m"]) < 0.0011


@pytest.mark.proof
@everywhere
def test_a_hundred_thousand_points(place: Any) -> None:
    points = place(np.random.default_rng(2026), 100_000 // len(PLACES) + 1)
    for row, answer in enumerate(nearest.predict(points.tolist(), k=10)):
        oracle = by_proj if row % 100 else by_geographiclib
        assert_exact(points[row], answer, to_stores(oracle, points[row], 10))


# Stores that are hard to tell apart: mirror images, twins, poles, both names of the antimeridian,
# each other's antipodes; and models of two stores.
HARD = {
    "mirror images": [
        (s * lat, long) for lat in (0.5, 30, 89) for long in (10, 11) for s in (1, -1)
    ],
    "twins": [(40, -75)] * 3 + [(40, -75.00000001), (41, -75)] * 2,
    "poles": [(lat, long) for lat in (90, -90) for long in (-180, 0, 77, 180)] + [(0, 0)],
    "antimeridian": [(lat, long) for lat in (0, 52) for long in (180, -180, 179.9, -179.9)],
    "antipodes": [(30, 40), (-30, -140), (0, 0), (0, 180), (0, 179.5), (0.2, 179.7)],
    "two": [(10, 20), (-10, 20)],
    "two at one place": [(10, 20), (10, 20)],
}


def model_of(places: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Serve these places instead of the stores."""
    names = np.array([str(i) for i in range(len(places))], dtype=object)
    model = KNeighborsClassifier(2, weights="distance", metric="haversine")
    stores = {"address": names, "lat": places[:, 0], "long": places[:, 1]}
    monkeypatch.setattr(nearest, "estimator", model.fit(np.radians(places), names))
    monkeypatch.setattr(nearest, "stores", stores)
    monkeypatch.setattr(nearest, "places", places)
    monkeypatch.setattr(nearest, "count", len(places))
    nearest._tree.cache_clear()


@pytest.mark.filterwarnings("ignore:The number of unique classes")
@pytest.mark.parametrize("hard", HARD)
def test_hard_places_come_in_order_and_ties_as_trained(
    hard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = np.array(HARD[hard], dtype=float)
    model_of(places, monkeypatch)
    poles = np.array([(90, 0), (90, 123), (-90, -180), (0, 0), (0, 180), (0, -180), (10, 0)])
    opposite = np.column_stack([-places[:, 0], places[:, 1] % 360 - 180])
    close = opposite + 1e-9 * (np.abs(opposite[:, :1]) < 80)
    points = np.vstack([places, opposite, close, poles, places / 2])
    many = np.tile(points, (nearest.MANY // len(points) + 1, 1)).tolist()
    orders = [
        [in_order(oracle(p, places)) for oracle in (by_proj, by_geographiclib)] for p in points
    ]
    for k in (1, 2, len(places) + 1):
        together = nearest.predict(many, k=k)
        for point, order, answer in zip(points, orders, together, strict=False):
            [alone] = nearest.predict([point.tolist()], k=k)
            assert [int(store["address"]) for store in alone] == order[0][:k], (point, k)
            assert [int(store["address"]) for store in answer] == order[1][:k], (point, k)
    nearest._tree.cache_clear()


def in_order(metres: np.ndarray) -> list[int]:
    """Return the places nearest first; distances that agree to a micrometre are a tie."""
    by_distance = np.argsort(metres, kind="stable")
    ties = np.split(by_distance, np.flatnonzero(np.diff(metres[by_distance]) > 1e-6) + 1)
    return [int(place) for tie in ties for place in sorted(tie)]


@pytest.mark.parametrize("points", [1, 300])
def test_a_store_at_the_radius_is_within_it(points: int) -> None:
    asked = [[39.1, -77.0]] * points
    ten = nearest.predict(asked, k=10)[-1]
    edge = ten[4]["distance_m"]
    assert nearest.predict(asked, k=10, radius=edge)[-1] == ten[:5]
    assert nearest.predict(asked, k=10, radius=edge - 0.001)[-1] == ten[:4]
    assert nearest.predict(asked, k=10, radius=1e-9) == [[]] * points


def test_no_points_have_no_answers() -> None:
    assert nearest.predict([]) == []


def test_a_query_in_the_us_is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """At most two searches of the tree and, at the median, two geodesics."""
    calls: list[str] = []

    def counted(name: str, function: Any) -> Any:
        def count(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return function(*args, **kwargs)

        return count

    search, geodesic = nearest.estimator.kneighbors, geodesics.WGS84.Inverse
    monkeypatch.setattr(nearest.estimator, "kneighbors", counted("search", search))
    monkeypatch.setattr(geodesics.WGS84, "Inverse", counted("geodesic", geodesic))
    searches, measured = [], []
    for point in in_us_box(np.random.default_rng(7), 500):
        calls.clear()
        nearest.predict([point.tolist()])
        searches.append(calls.count("search"))
        measured.append(calls.count("geodesic"))
    assert max(searches) <= 2
    assert np.median(measured) <= 2


def test_how_far_the_nearest_is_is_watched_in_whole_kilometres() -> None:
    [[nearest_store]] = lambdaHandler.model.predict([(39.0, -77.0)])
    watched = lambdaHandler.model.figures(nearest_store)
    assert watched == {"nearest_km": int(nearest_store["distance_m"] / 1000 + 0.5)}


def test_k_beyond_the_stores_gives_all_of_them() -> None:
    [answer] = nearest.predict([[39, -77]], k=10_000)
    assert len(answer) == len(ADDRESSES)


def test_the_pickle_answers_by_itself_without_our_code() -> None:
    """`joblib.load(...).predict` is the interface: the README's example and every store."""
    assert (nearest.pipeline.predict(STORES) == nearest.stores["address"]).all()
    [address] = nearest.pipeline.predict([[39.153198, -77.066176]])
    assert address == "3333 Olney Sandy Springs Rd Olney, MD 20832 US"

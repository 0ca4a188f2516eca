"""The served answer is the WGS84-geodesic k nearest, everywhere on Earth."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from pyproj import Geod

from app import lambdaHandler
from predictor import geodesics, nearest

ELLIPSOID = Geod(ellps="WGS84")
STORES = nearest.stores
ADDRESSES = {address: store for store, address in enumerate(STORES["address"])}
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
    stores = rng.integers(len(ADDRESSES), size=count)
    return np.column_stack([STORES["lat"][stores], STORES["long"][stores]])


PLACES = [in_us_box, between_stores, near_stores, on_earth, antipodal, at_stores]


def served(points: np.ndarray, k: int) -> Iterator[list[dict[str, Any]]]:
    """Ask the handler, in batches as large as it takes."""
    size = min(1000, 10_000 // k)
    for start in range(0, len(points), size):
        body = json.dumps({"points": points[start : start + size].tolist(), "k": k})
        event = {
            "requestContext": {"http": {"method": "POST"}},
            "headers": {"content-type": "application/json"},
            "body": body,
        }
        yield from json.loads(lambdaHandler(event, None)["body"])["results"]


def distances(point: np.ndarray, stores: np.ndarray) -> np.ndarray:
    """Measure from the point to the stores, in metres, by PROJ: an oracle that is not ours."""
    latitudes, longitudes = np.broadcast_to(point, (len(stores), 2)).T
    _, _, metres = ELLIPSOID.inv(
        longitudes, latitudes, STORES["long"][stores], STORES["lat"][stores]
    )
    return metres


def assert_exact(point: np.ndarray, answer: list[dict[str, Any]], metres: np.ndarray) -> None:
    """Compare an answer with the distances to all stores; ties may stand in either order."""
    found = np.array([metres[ADDRESSES[store["address"]]] for store in answer])
    assert np.abs(found - np.sort(metres)[: len(answer)]).max() < 1e-6, point
    assert np.abs(found - [store["distance_m"] for store in answer]).max() < 1e-3, point
    assert len({store["address"] for store in answer}) == len(answer)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_the_nearest_are_the_nearest(place: Any) -> None:
    points = place(np.random.default_rng(2020), 2000)
    everything = np.arange(len(ADDRESSES))
    answers = {k: list(served(points, k)) for k in (1, 10, 50)}
    for row, point in enumerate(points):
        metres = distances(point, everything)
        for k, by_point in answers.items():
            assert len(by_point[row]) == k
            assert_exact(point, by_point[row], metres)


@pytest.mark.proof
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_hundred_thousand_points(place: Any) -> None:
    """As above, but the oracle measures only the stores that the bound does not rule out."""
    points = place(np.random.default_rng(2026), 100_000 // len(PLACES) + 1)
    on_sphere = unit_vectors(np.column_stack([STORES["lat"], STORES["long"]]))
    for point, answer in zip(points, served(points, 10), strict=True):
        chords = np.linalg.norm(on_sphere - unit_vectors(point[None]), axis=1)
        angles = 2 * np.arcsin(np.minimum(chords / 2, 1))
        possible = np.flatnonzero(angles <= np.partition(angles, 9)[9] * 1.0102 + 1e-6)
        metres = np.full(len(ADDRESSES), np.inf)
        metres[possible] = distances(point, possible)
        assert_exact(point, answer, metres)


def unit_vectors(points: np.ndarray) -> np.ndarray:
    latitudes, longitudes = np.radians(points).T
    x, y = np.cos(latitudes) * np.cos(longitudes), np.cos(latitudes) * np.sin(longitudes)
    return np.column_stack([x, y, np.sin(latitudes)])


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


def test_ties_go_to_the_store_that_was_trained_first() -> None:
    """From the pole, places of one latitude are equally far."""
    longitudes = np.random.default_rng(3).uniform(-180, 180, 20)
    found = geodesics.nearest((90, 0), np.full(20, 40.0), longitudes, 5)
    assert [index for _, index in found] == [0, 1, 2, 3, 4]


def test_k_beyond_the_stores_gives_all_of_them() -> None:
    [answer] = nearest.predict([[39, -77]], k=10_000)
    assert len(answer) == len(ADDRESSES)


def test_the_pickle_answers_by_itself_without_our_code() -> None:
    """`joblib.load(...).predict` is the interface: the README's example and every store."""
    coordinates = np.column_stack([STORES["lat"], STORES["long"]])
    assert (nearest.pipeline.predict(coordinates) == STORES["address"]).all()
    [address] = nearest.pipeline.predict([[39.153198, -77.066176]])
    assert address == "3333 Olney Sandy Springs Rd Olney, MD 20832 US"

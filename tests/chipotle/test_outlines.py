"""The map's outlines are cut to the area around the stores."""

import re
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely

import outlines
from predictor.page import drawing
from tests.chipotle.page_in_browser import show_stores_at

EAST, WEST = (175, -20, 180, -15), (-180, -20, -175, -15)  # of the antimeridian
ROUND = shapely.Polygon([(0, 80), (120, 80), (-120, 80), (0, 80)])  # the pole, as the files have it
OVER = shapely.Polygon([(175, -20), (-175, -20), (-175, -15), (175, -15)])  # likewise


@pytest.mark.parametrize(
    ("places", "shapes", "rings", "lines", "on_land"),
    [
        ([(48, 2), (52, 13)], [(0, 40, 10, 55), (100, -40, 140, -10)], 1, 0, 1),  # one far away
        ([(48, 2), (52, 13)], [(0, 40, 10, 55), (10, 40, 20, 55)], 1, 1, 2),  # with a border
        ([(-17, 178), (-18, -179)], [EAST, WEST], 1, 1, 2),  # two countries that meet there
        ([(-17, 178), (-18, -179)], [OVER], 1, 0, 2),  # one that goes over it
        ([(-17, 2), (-18, 3)], [OVER], 0, 0, 0),  # which is on the other side of the Earth
        ([(89, 0), (88, 120)], [ROUND], 1, 0, 2),
        ([(0, 0), (1, 1)], [(100, 40, 110, 50)], 0, 0, 0),  # nothing but sea
    ],
)
def test_land_around_the_stores_is_kept_whole(
    places: list[tuple[float, float]],
    shapes: list[Any],
    rings: int,
    lines: int,
    on_land: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    show_stores_at(places, monkeypatch)
    polygons = [s if isinstance(s, shapely.Polygon) else shapely.box(*s) for s in shapes]
    found = outlines.outlines(geopandas.GeoSeries(polygons))
    land = [shapely.Polygon(points) for points in read(found["land"])]
    assert (len(land), len(read(found["borders"]))) == (rings, lines)
    shown = drawing.on_map(places)
    assert sum(ring.covers(shapely.Point(place)) for ring in land for place in shown) == on_land


def read(path: str) -> list[np.ndarray]:
    """Return the points of each line of a path."""
    lines = [np.array(re.findall(r"-?\d+", line), dtype=int) for line in path.split("M")[1:]]
    return [np.cumsum(line.reshape(-1, 2), axis=0) / outlines.STEPS for line in lines]

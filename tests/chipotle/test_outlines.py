"""The map's outlines are cut to the area around the stores."""

from typing import Any

import geopandas
import numpy as np
import pytest
import shapely

import outlines

EAST, WEST = (175, -20, 180, -15), (-180, -20, -175, -15)  # of the antimeridian
ROUND = shapely.Polygon([(0, 80), (120, 80), (-120, 80), (0, 80)])  # the pole, as the files have it
OVER = shapely.Polygon([(175, -20), (-175, -20), (-175, -15), (175, -15)])  # likewise


@pytest.mark.parametrize(
    ("places", "shapes", "rings", "lines"),
    [
        ([(48, 2), (52, 13)], [(0, 40, 10, 55), (100, -40, 140, -10)], 1, 0),  # the far one is not
        ([(48, 2), (52, 13)], [(0, 40, 10, 55), (10, 40, 20, 55)], 1, 1),  # neighbours, a border
        ([(-17, 178), (-18, -179)], [EAST, WEST], 1, 1),  # two countries that meet there
        ([(-17, 178), (-18, -179)], [OVER], 1, 0),  # one that goes over it
        ([(-17, 2), (-18, 3)], [OVER], 0, 0),  # which is on the other side of the Earth
        ([(89, 0), (88, 120)], [ROUND], 1, 0),
        ([(0, 0), (1, 1)], [(100, 40, 110, 50)], 0, 0),  # nothing but sea
    ],
)
def test_land_around_the_stores_is_kept_whole(
    places: list[tuple[float, float]], shapes: list[Any], rings: int, lines: int
) -> None:
    polygons = [s if isinstance(s, shapely.Polygon) else shapely.box(*s) for s in shapes]
    found = outlines.outlines(geopandas.GeoSeries(polygons), np.array(places, dtype=float))
    assert len(found["land"]) == rings
    assert len(found["borders"]) == lines
    assert len(outlines.dumps(found)) <= outlines.BUDGET
    land = shapely.unary_union(polygons)
    for ring in found["land"]:
        latitudes = np.cumsum(ring[::2]) / found["steps"]
        assert latitudes.min() >= land.bounds[1] - 1
        assert latitudes.max() <= max(90, land.bounds[3])

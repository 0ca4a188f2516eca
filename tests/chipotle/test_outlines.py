"""The map's outlines are cut from the Earth's to wherever the stores are."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("shapely", reason="No shapely. Install it: .venv/bin/pip install shapely")
import outlines


def earth(*boxes: tuple[float, float, float, float]) -> dict[str, Any]:
    """A topology of countries that are boxes (west, south, east, north), each an arc."""
    arcs, shapes = [], []
    for i, (west, south, east, north) in enumerate(boxes):
        ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        arcs.append(np.diff(np.array([(0, 0), *ring]), axis=0).tolist())
        shapes.append({"type": "Polygon", "arcs": [[i]]})
    group = {"type": "GeometryCollection", "geometries": shapes}
    transform = {"scale": [1, 1], "translate": [0, 0]}
    return {"transform": transform, "arcs": arcs, "objects": {"land": group, "countries": group}}


def decoded(line: list[int]) -> np.ndarray:
    return np.cumsum(np.reshape(line, (-1, 2)), axis=0) / 100


@pytest.mark.parametrize(
    ("places", "boxes", "rings"),
    [
        ([(48, 2), (52, 13)], [(0, 40, 10, 55), (100, -40, 140, -10)], 1),  # the far one is not
        ([(-17, 178), (-18, -179)], [(175, -20, 180, -15), (-180, -20, -175, -15)], 1),  # no seam
        ([(89, 0), (88, 120)], [(-180, 80, 180, 90)], 1),  # round the pole
        ([(0, 0), (1, 1)], [(100, 40, 110, 50)], 0),  # nothing but sea
    ],
)
def test_land_around_the_stores_is_kept_whole(
    places: list[tuple[float, float]], boxes: list[tuple[float, float, float, float]], rings: int
) -> None:
    found = outlines.outlines(earth(*boxes), np.array(places, dtype=float))
    assert found["source"] == "Natural Earth"
    assert len(found["land"]) == rings
    assert len(outlines.dumps(found)) <= outlines.BUDGET
    for ring in found["land"]:
        latitudes = decoded(ring)[:, 0]
        inside = [(box[1], box[3]) for box in boxes]
        assert latitudes.min() >= min(low for low, _ in inside) - 1
        assert latitudes.max() <= 90

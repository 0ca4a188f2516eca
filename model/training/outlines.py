"""Write outlines.json, the map's coasts and borders around the trained model's stores.

Run it again after training on your own data; nothing else needs these packages:

    npm install --no-save world-atlas@2.0.2
    pip install geopandas==1.2.0
    python model/training/outlines.py node_modules/world-atlas/countries-10m.json

The countries are Natural Earth's (public domain). For the United States with their states, use
npm's us-atlas@3.0.1, `node_modules/us-atlas/states-10m.json`, from the US Census Bureau.
"""

import json
import sys
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely

from predictor.page import drawing

OUTPUT = Path(drawing.__file__).with_name("outlines.json")
SOURCES = {"countries": "Natural Earth", "states": "US Census Bureau"}
BUDGET = 50_000  # bytes
MARGIN = 10  # degrees on each side of the stores, at least
STEPS = 1_000  # per degree: paths have whole numbers
GRID = 1e-5  # degrees: closer points are merged


def outlines(shapes: geopandas.GeoSeries) -> dict[str, str]:
    """Return coasts and borders as SVG paths, cut and simplified on the page's map."""
    left, top, width, height = drawing.box(drawing.stores.coordinates)
    size = max(width, height)
    reach = size / 2 + max(size / 4, MARGIN)
    x, y, middle = left + width / 2, top + height / 2, drawing.middle()
    west, east = max(x - reach, middle - 180), min(x + reach, middle + 180)
    window = shapely.box(west, y - reach, east, y + reach)
    parts = geopandas.GeoSeries([_on_map(part) for part in shapes.explode() if part]).make_valid()
    turned = [parts.translate(turn) for turn in (-360, 0, 360)]
    parts = geopandas.GeoSeries(shapely.union_all(turned, axis=0)).intersection(window)
    parts = parts.buffer(0).set_precision(GRID)  # polygons only
    land = shapely.union_all(parts, grid_size=GRID)
    if land.is_empty:
        return {"land": "", "borders": ""}
    edges = shapely.union_all(parts.boundary, grid_size=GRID)
    borders = shapely.line_merge(shapely.difference(edges, land.boundary, grid_size=GRID))
    tolerance = reach / 10_000
    while True:
        coasts = shapely.get_parts(land.simplify(tolerance))
        rings = [ring for coast in coasts for ring in (coast.exterior, *coast.interiors)]
        rings = [ring for ring in rings if shapely.Polygon(ring).area > (5 * tolerance) ** 2]
        lines = shapely.get_parts(borders.simplify(tolerance))
        lines = lines[shapely.length(lines) > tolerance]
        found = {"land": _path(rings), "borders": _path(lines)}
        if sum(map(len, found.values())) <= BUDGET:
            return found
        tolerance *= 1.25


def _on_map(part: shapely.Polygon) -> shapely.Polygon:
    """Continue rings across the antimeridian, where the files jump, and close them at a pole."""
    rings = []
    for ring in (part.exterior, *part.interiors):
        x, latitudes = np.array(ring.coords).T
        x = np.unwrap(x, period=360)
        if abs(x[-1] - x[0]) > 180:
            pole = np.copysign(90, latitudes.mean())
            x, latitudes = np.append(x, [x[-1], x[0]]), np.append(latitudes, [pole, pole])
        rings.append(np.column_stack([x, drawing.down(latitudes)]))
    return shapely.Polygon(rings[0], rings[1:])


def _path(lines: Any) -> str:
    """Write each line as an M with its first point, and an l for each of the others."""
    path = ""
    for line in lines:
        points = np.rint(np.array(line.coords) * STEPS).astype(int)
        moves = np.diff(points, axis=0)
        path += "M{} {}".format(*points[0])
        path += "".join(f"l{x} {y}" for x, y in moves[moves.any(axis=1)])
    return path


def main() -> None:
    topology = sys.argv[1]
    layer = next(name for name in geopandas.list_layers(topology)["name"] if name in SOURCES)
    shapes = geopandas.read_file(topology, layer=layer).geometry
    text = json.dumps({"credit": SOURCES[layer]} | outlines(shapes))
    OUTPUT.write_text(text + "\n")
    print(f"Wrote {OUTPUT}: {len(text):,} bytes.")


if __name__ == "__main__":
    main()

"""Write outlines.json, the map's coasts and borders around the stores.

Run it again for your own data; nothing else needs these packages:

    npm install --no-save world-atlas@2.0.2
    pip install geopandas==1.2.0
    python model/training/outlines.py places.csv node_modules/world-atlas/countries-10m.json

The countries are Natural Earth's (public domain). For the United States with their states, use
npm's us-atlas@3.0.1, `node_modules/us-atlas/states-10m.json`, from the US Census Bureau.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import shapely

from stores import read_stores

OUTPUT = Path(__file__).resolve().parents[1] / "deployment/predictor/page/outlines.json"
SOURCES = {"countries": "Natural Earth", "states": "US Census Bureau"}
BUDGET = 50_000  # bytes
RADIUS_M = 6371008.8  # the Earth's mean radius
MARGIN_M = 1_000_000  # on each side of the stores, at least
HORIZON_M = 2 * RADIUS_M * np.sin(np.radians(75))  # 150 degrees from the middle
GRID_M = 1  # closer points are one
TURNS = np.array([-540, -180, 180, 540])
CLOSE_M = 2_000_000  # a smaller map is written in thousandths of a degree, not hundredths
GLOBE = f"+proj=longlat +R={RADIUS_M}"


def outlines(shapes: geopandas.GeoSeries, places: np.ndarray) -> dict[str, Any]:
    """Return coasts (rings) and borders (lines) around `places`, in degrees, shape (n, 2).

    Each is a list of whole numbers, `steps` per degree: latitude, longitude, then differences. They
    are cut and simplified on the page's plane, which has no edge at the antimeridian or a pole.
    """
    phi, theta = np.radians(places).T
    x, y, z = np.mean([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)], 1)
    north, east = np.degrees([np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x)])
    plane = f"+proj=laea +lat_0={north} +lon_0={east} +R={RADIUS_M}"
    # The antipode is the whole rim of the plane: shapes around it would be torn.
    wide = min(180, 5 / max(np.cos(np.radians(north)), 0.01))
    torn = shapely.union_all(
        [shapely.box(e - wide, -north - 5, e + wide, 5 - north) for e in east + TURNS]
    )

    def flat(some: Any) -> geopandas.GeoSeries:
        there = geopandas.GeoSeries(some, crs=GLOBE).make_valid().difference(torn)
        return there.segmentize(1).to_crs(plane).make_valid()

    west, south, east, north = flat(shapely.points(places[:, ::-1])).total_bounds
    size, middle = max(east - west, north - south), ((west + east) / 2, (south + north) / 2)
    reach = size / 2 + max(size / 4, MARGIN_M)
    window = shapely.Point(middle).buffer(reach, cap_style="square")
    window = window.intersection(shapely.Point(0, 0).buffer(HORIZON_M))
    parts = flat([_unwound(part) for part in shapes.explode() if part])
    parts = parts.intersection(window).buffer(0).set_precision(GRID_M)  # polygons only
    land = shapely.union_all(parts, grid_size=GRID_M)
    steps = 1_000 if reach < CLOSE_M else 100
    if land.is_empty:
        return {"steps": steps, "land": [], "borders": []}
    borders = shapely.union_all(parts.boundary, grid_size=GRID_M)
    borders = shapely.line_merge(borders.difference(land.boundary, grid_size=GRID_M))
    tolerance = reach / 10_000
    while True:
        coasts = shapely.get_parts(land.simplify(tolerance))
        rings = [ring for coast in coasts for ring in (coast.exterior, *coast.interiors)]
        rings = [ring for ring in rings if shapely.Polygon(ring).area > (5 * tolerance) ** 2]
        lines = shapely.get_parts(borders.simplify(tolerance))
        lines = lines[shapely.length(lines) > tolerance]
        land_rows, border_rows = (_encoded(some, plane, steps) for some in (rings, lines))
        found = {"steps": steps, "land": land_rows, "borders": border_rows}
        if len(dumps(found)) <= BUDGET:
            return found
        tolerance *= 1.25


def _unwound(part: shapely.Polygon) -> shapely.Polygon:
    """Continue rings across the antimeridian, where the files jump, and close them at a pole."""
    rings = []
    for ring in (part.exterior, *part.interiors):
        x, y = np.array(ring.coords).T
        x = np.unwrap(x, period=360)
        if abs(x[-1] - x[0]) > 180:
            pole = np.copysign(90, y.mean())
            x, y = np.append(x, [x[-1], x[0]]), np.append(y, [pole, pole])
        rings.append(np.column_stack([x, y]))
    return shapely.Polygon(rings[0], rings[1:])


def _encoded(lines: Any, plane: str, steps: int) -> list[list[int]]:
    encoded = []
    for line in geopandas.GeoSeries(lines, crs=plane).to_crs(GLOBE):
        longitudes, latitudes = np.array(line.coords).T
        whole = np.rint(np.array([latitudes, np.unwrap(longitudes, period=360)]).T * steps)
        moves = np.diff(whole, axis=0)
        kept = np.concatenate([whole[:1], moves[moves.any(axis=1)]])
        encoded.append(kept.ravel().astype(int).tolist())
    return encoded


def dumps(found: object) -> str:
    return json.dumps(found, separators=(",", ":")) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("places", type=Path, help="the csv or GeoJSON file that training reads")
    parser.add_argument("topology", type=Path, help="of npm's world-atlas or us-atlas")
    parser.add_argument("output", type=Path, nargs="?", default=OUTPUT)
    arguments = parser.parse_args()
    places = read_stores(arguments.places)[["latitude", "longitude"]].to_numpy()
    [layer] = {*geopandas.list_layers(arguments.topology)["name"]} & {*SOURCES}
    shapes = geopandas.read_file(arguments.topology, layer=layer).geometry
    text = dumps({"source": SOURCES[layer]} | outlines(shapes, places))
    arguments.output.write_text(text)
    print(f"Wrote {arguments.output}: {len(text):,} bytes.")


if __name__ == "__main__":
    main()

"""Cut the map's outlines to the stores: TopoJSON of the Earth's land in, outlines.json out.

The page draws it. Data of your own needs it anew; what this needs is for this alone:

    npm install --no-save world-atlas@2.0.2
    pip install shapely==2.2.0 pyproj
    python model/training/outlines.py places.csv node_modules/world-atlas/countries-10m.json

The boundaries are Natural Earth's, in the public domain. The United States with their states have
npm's us-atlas@3.0.1, `node_modules/us-atlas/states-10m.json`, from the US Census Bureau.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from stores import read_stores

OUTPUT = Path(__file__).resolve().parents[1] / "deployment/predictor/page/outlines.json"
BUDGET = 50_000  # bytes
RADIUS_M = 6371008.8  # the Earth's mean radius
HORIZON_M = (
    2 * RADIUS_M * np.sin(np.radians(75))
)  # 150 degrees from the middle: beyond, all is torn
AROUND_M = 1_000_000  # at least, on each side of the stores
STEPS = 100  # a degree: what is written are whole hundredths
SEAM_M = 2000  # between two halves that the antimeridian parts
OBJECTS = {"land": "countries", "nation": "states"}  # a file's land, and what borders part
SOURCES = {"land": "Natural Earth", "nation": "US Census Bureau"}


def outlines(topology: dict[str, Any], places: np.ndarray) -> dict[str, Any]:
    """Return the coasts as rings and the borders as lines, around places (degrees, shape (n, 2)).

    Each is a flat list of hundredths of a degree: latitude, longitude, then their differences. They
    are cut and simplified on the page's plane, where neither antimeridian nor pole is an edge.
    """
    plane = Plane(places)
    objects, arcs = topology["objects"], [*decode(topology)]
    name = "land" if "land" in objects else "nation"
    parted = [ring for shape in polygons(objects[OBJECTS[name]]) for ring in shape]
    uses = Counter(max(i, ~i) for ring in parted for i in ring)  # ~i is arc i backwards

    def joined(ring: list[int]) -> np.ndarray:
        return np.concatenate([arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring])

    shapes = [
        shapely.Polygon(joined(shell), [joined(hole) for hole in holes])
        for shell, *holes in polygons(objects[name])
    ]
    land = shapely.union_all([plane.flat(shape) for shape in shapes])
    land = land.buffer(SEAM_M, join_style="mitre").buffer(-SEAM_M, join_style="mitre")
    lines = [plane.flat(shapely.LineString(arcs[i])) for i, times in uses.items() if times > 1]
    borders = shapely.line_merge(shapely.union_all(lines))
    land, borders = (shape.intersection(plane.window) for shape in (land, borders))
    tolerance = plane.extent_m / 5000
    while True:
        coasts = shapely.get_parts(land.simplify(tolerance))
        coasts = coasts[shapely.area(coasts) > (5 * tolerance) ** 2]
        found = {
            "source": SOURCES[name],
            "land": [
                plane.encoded(ring)
                for coast in coasts
                for ring in (coast.exterior, *coast.interiors)
            ],
            "borders": [
                plane.encoded(line)
                for line in shapely.get_parts(borders.simplify(tolerance))
                if line.length > tolerance
            ],
        }
        if len(dumps(found)) <= BUDGET:
            return found
        tolerance *= 1.25


class Plane:
    """Lambert's azimuthal equal-area projection about the middle of the places, in metres."""

    def __init__(self, places: np.ndarray) -> None:
        phi, theta = np.radians(places).T
        vectors = [np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)]
        x, y, z = (float(np.mean(v)) for v in vectors)
        latitude = float(np.degrees(np.arctan2(z, np.hypot(x, y))))
        longitude = float(np.degrees(np.arctan2(y, x)))
        laea = f"+proj=laea +lat_0={latitude} +lon_0={longitude} +R={RADIUS_M}"
        self.transformer = Transformer.from_crs(
            f"+proj=longlat +R={RADIUS_M}", laea, always_xy=True
        )
        # Nothing projects the antipode to one point.
        if abs(latitude) > 80:
            self.antipode: BaseGeometry = shapely.box(
                -180, -np.sign(latitude) * 80, 180, -np.sign(latitude) * 90
            )
        else:
            middles = [(longitude + turn, -latitude) for turn in (-180, 180)]
            self.antipode = shapely.union_all(shapely.points(middles)).buffer(5)
        flat = np.column_stack(self.transformer.transform(places[:, 1], places[:, 0]))
        low, high = flat.min(axis=0), flat.max(axis=0)
        margin = np.maximum((high - low) / 2, AROUND_M)
        self.extent_m = float((high - low + 2 * margin).max())
        self.window = shapely.box(*(low - margin), *(high + margin)).intersection(
            shapely.Point(0, 0).buffer(HORIZON_M)
        )

    def flat(self, shape: BaseGeometry) -> BaseGeometry:
        """Project a shape in degrees (longitude, latitude), without what is about the antipode."""
        there = shapely.segmentize(shapely.make_valid(shape).difference(self.antipode), 1)
        flat = shapely.transform(
            there, lambda xy: np.column_stack(self.transformer.transform(*xy.T))
        )
        return shapely.make_valid(flat)

    def encoded(self, line: BaseGeometry) -> list[int]:
        longitudes, latitudes = self.transformer.transform(
            line.xy[0], line.xy[1], direction="INVERSE"
        )
        steps = np.rint(
            np.column_stack([latitudes, np.unwrap(longitudes, period=360)]) * STEPS
        ).astype(int)
        moves = np.diff(steps, axis=0)
        moves = moves[moves.any(axis=1)]
        return [int(number) for number in np.concatenate([steps[:1], moves]).ravel()]


def decode(topology: dict[str, Any]) -> Iterator[np.ndarray]:
    """Yield the arcs as longitudes and latitudes, shape (n, 2) (TopoJSON 1.0, 2.1.4)."""
    scale, offset = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    for arc in topology["arcs"]:
        yield np.cumsum(arc, axis=0) * scale + offset


def polygons(geometry: dict[str, Any]) -> Iterator[list[list[int]]]:
    """Yield each polygon as its rings, each the numbers of its arcs."""
    for member in geometry.get("geometries", []):
        yield from polygons(member)
    if geometry["type"] == "Polygon":
        yield geometry["arcs"]
    elif geometry["type"] == "MultiPolygon":
        yield from geometry["arcs"]


def dumps(found: dict[str, Any]) -> str:
    return json.dumps(found, separators=(",", ":")) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("places", type=Path, help="the csv or GeoJSON file that training reads")
    parser.add_argument("topology", type=Path, help="of npm's world-atlas or us-atlas")
    parser.add_argument("output", type=Path, nargs="?", default=OUTPUT)
    arguments = parser.parse_args()
    places = read_stores(arguments.places)[["latitude", "longitude"]].to_numpy()
    text = dumps(outlines(json.loads(arguments.topology.read_text()), places))
    arguments.output.write_text(text)
    print(f"Wrote {arguments.output}: {len(text):,} bytes.")


if __name__ == "__main__":
    main()

"""Simplify the map's outlines: us-atlas's states-10m.json in, outlines.json out.

The boundaries are the US Census Bureau's, in the public domain, as the npm package us-atlas has
them. Its output is committed; to make it again:

    npm install --no-save us-atlas@3.0.1
    .venv/bin/python img/outlines.py node_modules/us-atlas/states-10m.json
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

OUTPUT = (
    Path(__file__).resolve().parent.parent
    / "model"
    / "deployment"
    / "predictor"
    / "page"
    / "outlines.json"
)
TOLERANCE = 0.01  # degrees of latitude: 1.1 km
SMALLEST_ISLAND = 0.01  # square degrees: about 100 km²
STEPS = 100  # a degree: what is written are whole hundredths


def outlines(topology: dict[str, Any]) -> dict[str, list[list[int]]]:
    """Return the coast as rings and the borders between states as lines.

    Each is a flat list of hundredths of a degree: latitude, longitude, then their differences.
    """
    arcs = [simplify(arc) for arc in decode(topology)]
    uses = Counter(max(i, ~i) for i in indices(topology["objects"]["states"]))
    rings = [
        np.concatenate([arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring])
        for ring in arc_lists(topology["objects"]["nation"])
    ]
    return {
        "land": [encode(ring) for ring in rings if area(ring) > SMALLEST_ISLAND],
        "borders": [encode(arcs[i]) for i in sorted(uses) if uses[i] > 1],
    }


def decode(topology: dict[str, Any]) -> Iterator[np.ndarray]:
    """Yield the arcs as latitudes and longitudes, shape (n, 2) (TopoJSON 1.0, 2.1.4)."""
    scale, offset = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    for arc in topology["arcs"]:
        yield (np.cumsum(arc, axis=0) * scale + offset)[:, ::-1]


def arc_lists(geometry: dict[str, Any]) -> Iterator[list[int]]:
    """Yield each ring as the numbers of its arcs; ~i is arc i backwards."""
    for member in geometry.get("geometries", []):
        yield from arc_lists(member)
    if geometry["type"] == "Polygon":
        yield from geometry["arcs"]
    elif geometry["type"] == "MultiPolygon":
        for polygon in geometry["arcs"]:
            yield from polygon


def indices(geometry: dict[str, Any]) -> Iterator[int]:
    for ring in arc_lists(geometry):
        yield from ring


def simplify(line: np.ndarray) -> np.ndarray:
    """Drop the points that lie within TOLERANCE of a line without them (Douglas and Peucker)."""
    if len(line) < 3:
        return line
    flat = line * [1, np.cos(np.radians(line[0, 0]))]
    chord, offsets = flat[-1] - flat[0], flat - flat[0]
    if length := np.hypot(*chord):
        away = np.abs(offsets @ [-chord[1], chord[0]]) / length
    else:  # a ring
        away = np.hypot(*offsets.T)
    farthest = int(away.argmax())
    if away[farthest] <= TOLERANCE:
        return line[[0, -1]]
    return np.concatenate([simplify(line[: farthest + 1])[:-1], simplify(line[farthest:])])


def area(ring: np.ndarray) -> float:
    """Return the ring's area in square degrees (the shoelace formula)."""
    latitudes, longitudes = ring.T
    return float(
        abs(np.sum(latitudes * np.roll(longitudes, 1) - longitudes * np.roll(latitudes, 1))) / 2
    )


def encode(line: np.ndarray) -> list[int]:
    steps = np.rint(line * STEPS).astype(int)
    moves = np.diff(steps, axis=0)
    moves = moves[moves.any(axis=1)]
    return [int(number) for number in np.concatenate([steps[:1], moves]).ravel()]


def main() -> None:
    topology = json.loads(Path(sys.argv[1]).read_text())
    OUTPUT.write_text(json.dumps(outlines(topology), separators=(",", ":")) + "\n")
    print(f"Wrote {OUTPUT.name}: {OUTPUT.stat().st_size:,} bytes.")


if __name__ == "__main__":
    main()

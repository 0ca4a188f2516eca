"""Seeded stores all over the Earth in, what training and answering take at each number out."""

import hashlib
import json
import pickle
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from pyproj import Geod

import training
from tests.chipotle.benchmarks.serving import ROOT, progress, run, task_root

NUMBERS = (2_600, 260_000, 2_600_000)
QUERIES = 100
LAMBDA_INIT_S, LAMBDA_MEMORY_MB = 10, 10_240
START = """
import json, sys
import app
point = {"lat": "39.153198", "long": "-77.066176"}
assert app.lambdaHandler({"queryStringParameters": point}, None)["statusCode"] == 200
"""
ANSWER = (
    START
    + """
import statistics, time
from predictor import nearest as predictor
points, answers, taken = json.loads(sys.argv[1]), [], []
for point in points:
    start = time.perf_counter()
    [[nearest]] = predictor.predict([point])
    taken.append(time.perf_counter() - start)
    answers.append(nearest["address"])
with open("/proc/self/status") as status:
    peak_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
answer_us = 1e6 * statistics.median(taken)
print(json.dumps({"answers": answers, "answer_us": answer_us, "peak_kib": peak_kib}))
"""
)


def random_points(number: int, seed: int) -> np.ndarray:
    """Return latitudes and longitudes in degrees, shape (number, 2), even over the sphere."""
    random = np.random.default_rng(seed)
    latitudes = np.degrees(np.arcsin(random.uniform(-1, 1, number)))
    return np.round(np.column_stack([latitudes, random.uniform(-180, 180, number)]), 6)


def measure() -> dict[str, Any]:
    return {str(number): grow(number) for number in NUMBERS}


def grow(number: int) -> dict[str, Any]:
    progress(f"Growth: {number:,} stores")
    with TemporaryDirectory(dir=ROOT / ".bench") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "tests.chipotle.benchmarks.growth", str(number), name]
        trained = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        points = random_points(QUERIES, seed=1)
        with task_root(folder) as task:
            started = [run(START, folder=task)["wall_ms"] for _ in range(3)]
            answered = run(ANSWER, json.dumps(points.tolist()), folder=task)
        size = (folder / "chipotle.pkl").stat().st_size
    exact = nearest_addresses(random_points(number, seed=0), points)
    return {
        **trained,
        "artefact_mb": round(size / 1e6, 2),
        "start_s": round(sorted(started)[1] / 1e3, 2),
        "serving_peak_mb": round(answered["said"]["peak_kib"] * 1.024e-3),
        "answer_us": round(answered["said"]["answer_us"]),
        "exact": sum(map(str.__eq__, exact, answered["said"]["answers"])) / QUERIES,
    }


def nearest_addresses(stores: np.ndarray, points: np.ndarray) -> list[str]:
    """Return each point's nearest by PROJ's geodesic, of all those 3 % farther by haversine."""
    answers, geodesic = [], Geod(ellps="WGS84")
    radians = np.radians(stores)
    for latitude, longitude in points:
        north, east = radians[:, 0] - np.radians(latitude), radians[:, 1] - np.radians(longitude)
        haversines = np.sin(north / 2) ** 2 + (
            np.cos(radians[:, 0]) * np.cos(np.radians(latitude)) * np.sin(east / 2) ** 2
        )
        near = np.flatnonzero(haversines <= haversines.min() * 1.03**2)
        there = stores[near]
        here = np.full(len(near), longitude), np.full(len(near), latitude)
        _, _, metres = geodesic.inv(*here, there[:, 1], there[:, 0])
        answers.append(address(int(near[np.argmin(metres)])))
    return answers


def address(store: int) -> str:
    return f"{store} Example Street"


def train(number: int, folder: Path) -> None:
    """Train in a process of its own, and print the seconds and the memory that it took."""
    points = random_points(number, seed=0)
    stores = pd.DataFrame(
        {
            "state": "XX",
            "location": "Example",
            "address": [address(store) for store in range(number)],
            "latitude": points[:, 0],
            "longitude": points[:, 1],
        }
    )
    start = time.perf_counter()
    content = pickle.dumps(training.train(stores), protocol=5)
    manifest = json.loads((ROOT / "model" / "chipotle.json").read_text())
    manifest["pickle_sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "chipotle.pkl").write_bytes(content)
    (folder / "chipotle.json").write_text(json.dumps(manifest))
    seconds = time.perf_counter() - start
    with open("/proc/self/status") as status:
        peak_kib = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    print(json.dumps({"train_s": round(seconds, 2), "train_peak_mb": round(peak_kib * 1.024e-3)}))


if __name__ == "__main__":
    train(int(sys.argv[1]), Path(sys.argv[2]))

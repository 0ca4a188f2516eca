"""Train and answer with more and more stores all over the Earth: time, memory, exactness."""

import hashlib
import json
import pickle
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from tests.chipotle.benchmarks import cold_start
from tests.chipotle.benchmarks.serving import MODEL, ROOT, progress, run, task_root
from tests.chipotle.points import by_proj, to_stores

NUMBERS = (2_600, 260_000, 2_600_000)
QUERIES = 100
START = """
import app
point = {"lat": "39.153198", "long": "-77.066176"}
assert app.lambdaHandler({"queryStringParameters": point}, None)["statusCode"] == 200
"""
ANSWER = """
import json, re, statistics, sys, time
from predictor import nearest as predictor
answers, taken = [], []
for point in json.loads(sys.argv[1]):
    start = time.perf_counter()
    [[nearest]] = predictor.predict([point])
    taken.append(time.perf_counter() - start)
    answers.append(int(nearest["address"]))
peak_kib = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
answer_us = 1e6 * statistics.median(taken)
print(json.dumps({"answers": answers, "answer_us": answer_us, "peak_kib": peak_kib}))
"""


def random_points(number: int, seed: int) -> np.ndarray:
    """Return latitudes and longitudes in degrees, shape (number, 2), spread evenly."""
    random = np.random.default_rng(seed)
    latitudes = np.degrees(np.arcsin(random.uniform(-1, 1, number)))
    return np.round(np.column_stack([latitudes, random.uniform(-180, 180, number)]), 6)


def measure() -> dict[str, Any]:
    """Measure with deferred imports, as in the image."""
    with TemporaryDirectory(dir=ROOT / ".bench") as place, task_root() as task:
        deferred = cold_start.environment(Path(place, "deferred"))
        cold_start.defer(task, deferred)
        return {f"{number:,}": grow(number, deferred / "bin" / "python") for number in NUMBERS}


def grow(number: int, python: Path) -> dict[str, Any]:
    progress(f"Growth: {number:,} stores")
    points, stores = random_points(QUERIES, seed=1), random_points(number, seed=0)
    with TemporaryDirectory(dir=ROOT / ".bench") as name:
        train_s, size = train(stores, Path(name))
        with task_root(Path(name)) as task:
            started = [run(START, folder=task, python=python)["wall_ms"] for _ in range(3)]
            asked = json.dumps(points.tolist())
            said = run(START + ANSWER, asked, folder=task, python=python)["said"]
    nearest = [to_stores(by_proj, point, 1, stores).argmin() for point in points]
    return {
        "train_s": round(train_s, 2),
        "artefact_mb": round(size / 1e6, 2),
        "start_s": round(sorted(started)[1] / 1e3, 2),
        "peak_mb": round(said["peak_kib"] * 1.024e-3),
        "answer_us": round(said["answer_us"]),
        "exact": float(np.mean(np.equal(nearest, said["answers"]))),
    }


def train(stores: np.ndarray, folder: Path) -> tuple[float, int]:
    """Write a model; return the seconds that it took, and the bytes of the pickle."""
    sys.path.append(str(MODEL / "training"))
    import training

    table = pd.DataFrame(stores, columns=["latitude", "longitude"])
    table = table.assign(state="XX", location="Town", address=table.index.astype(str))
    start = time.perf_counter()
    content = pickle.dumps(training.train(table), protocol=5)
    manifest = json.loads((MODEL / "chipotle.json").read_text())
    manifest["pickle_sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "chipotle.pkl").write_bytes(content)
    (folder / "chipotle.json").write_text(json.dumps(manifest))
    return time.perf_counter() - start, len(content)

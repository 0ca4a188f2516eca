"""Measure everything again and write results.json: `make bench`.

Names of results measure only these (`... bench many growth`). `--quick` only checks a cold start.
"""

import json
import os
import platform
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from predictive_lambda.local.image import EngineError, docker
from tests.chipotle.benchmarks import (
    cold_start,
    cost,
    growth,
    kinds,
    many,
    runtime,
    score,
    tables,
    warm,
)
from tests.chipotle.benchmarks.serving import PYTHON, progress, run

MEASURES: dict[str, Callable[[], dict[str, Any]]] = {
    "cold start": cold_start.measure,
    "image": runtime.measure,
    "kinds": kinds.measure,
    "warm": warm.measure,
    "many": many.measure,
    "score": score.measure,
    "growth": growth.measure,
}
VERSIONS = """
import importlib.metadata as metadata, json, platform
names = ["scikit-learn", "scipy", "numpy", "joblib", "narwhals", "awslambdaric"]
print(json.dumps({"python": platform.python_version(), **{n: metadata.version(n) for n in names}}))
"""
QUICK_LIMIT = 0.6  # times plain: far from what is measured, for CI's machines are noisy


def main() -> None:
    if not hasattr(os, "posix_fadvise"):
        sys.exit("This needs Linux: it makes the system forget files, and reads /proc.")
    if "--quick" in sys.argv:
        return quick()
    try:
        docker("version")
    except EngineError as error:
        sys.exit(str(error))
    results = json.loads(tables.RESULTS.read_text()) | {"machine": machine()}
    for name in sys.argv[1:] or MEASURES:
        results[name] = MEASURES[name]()
    results["cost, modelled"] = cost.model(results["image"], results["warm"])
    tables.RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(tables.tables(results))
    progress(f"Wrote {tables.RESULTS}; README.md has these tables")


def quick() -> None:
    figures = cold_start.measure(rounds=5, cold_rounds=1)["files in memory"]["ours, text"]
    ratios = {unit: figures[f"{unit} x plain"] for unit in ("wall_ms", "cpu_ms")}
    progress(f"A cold start takes, times a plain one: {ratios}")
    if max(ratios.values()) > QUICK_LIMIT:
        sys.exit(f"That is more than {QUICK_LIMIT}.")


def machine() -> dict[str, Any]:
    cpuinfo = Path("/proc/cpuinfo").read_text()
    return {
        "processor": ", ".join(sorted(set(re.findall(r"^model name\s*: (.*)$", cpuinfo, re.M)))),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load before": os.getloadavg()[0],
        "versions": run(VERSIONS, folder=PYTHON.parent)["said"],
    }


if __name__ == "__main__":
    main()

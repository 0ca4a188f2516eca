"""This machine in, results.json and the charts out: `make bench`; `--quick` checks ratios only."""

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from predictive_lambda.local.image import EngineError, docker
from tests.chipotle.benchmarks import (
    charts,
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
    results: dict[str, Any] = {"machine": machine(), "cold start": cold_start.measure()}
    results["image"] = runtime.measure()
    results["kinds"] = kinds.measure()
    results["warm"] = warm.measure()
    results["many"] = many.measure()
    results["score"] = score.measure()
    results["growth"] = growth.measure()
    results["cost, modelled"] = cost.model(results["image"], results["warm"])
    charts.RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    charts.draw()
    print(tables.tables(results))
    progress(f"Wrote {charts.RESULTS} and the charts; README.md has these tables")


def quick() -> None:
    figures = cold_start.measure(rounds=5, cold_rounds=1)["files in memory"]["ours, text"]
    ratios = {unit: figures[f"{unit} x plain"] for unit in ("wall_ms", "cpu_ms")}
    progress(f"A cold start takes, times a plain one: {ratios}")
    if max(ratios.values()) > QUICK_LIMIT:
        sys.exit(f"That is more than {QUICK_LIMIT}.")


def machine() -> dict[str, Any]:
    with open("/proc/cpuinfo") as cpuinfo:
        models = {line.split(": ")[1].strip() for line in cpuinfo if line.startswith("model name")}
    return {
        "processor": ", ".join(models) or platform.machine(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "load before": os.getloadavg()[0],
        "read-ahead, KB": read_ahead(PYTHON.parent),
        "versions": run(VERSIONS, folder=PYTHON.parent)["said"],
    }


def read_ahead(folder: Path) -> int | None:
    """How many KB the system reads around each page that is missing: `MB from disk` hangs on it."""
    device = os.stat(folder).st_dev
    told = Path(f"/sys/class/bdi/{os.major(device)}:{os.minor(device)}/read_ahead_kb")
    return int(told.read_text()) if told.exists() else None


if __name__ == "__main__":
    main()

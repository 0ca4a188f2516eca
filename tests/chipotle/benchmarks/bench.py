"""Measure everything again and write results.json: `make bench`.

Arguments name the results to measure (`... bench many`). `--quick` only checks a cold start.
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from predictive_lambda.local.image import EngineError, docker
from tests.chipotle.benchmarks import (
    cold_start,
    cost,
    kinds,
    many,
    rows,
    runtime,
    score,
    tables,
    warm,
)
from tests.chipotle.benchmarks.serving import progress

MEASURES: dict[str, Callable[[], dict[str, Any]]] = {
    "cold start": cold_start.measure,
    "image": runtime.measure,
    "kinds": kinds.measure,
    "warm": warm.measure,
    "many": many.measure,
    "score": score.measure,
    "rows": rows.measure,
}
QUICK_LIMIT = 0.6  # times plain: well above what is measured, because CI's machines are noisy


def main() -> None:
    if not hasattr(os, "posix_fadvise"):
        sys.exit("This needs Linux: it drops files from the page cache, and reads /proc.")
    if "--quick" in sys.argv:
        return quick()
    try:
        docker("version")
    except EngineError as error:
        sys.exit(str(error))
    results = json.loads(tables.RESULTS.read_text())
    for name in sys.argv[1:] or MEASURES:
        results[name] = MEASURES[name]()
        results["cost, modelled"] = cost.model(results["image"], results["warm"])
        tables.RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(tables.tables(results))
    progress(f"Wrote {tables.RESULTS}; README.md has these tables")


def quick() -> None:
    figures = cold_start.measure(rounds=5, cold_rounds=1)["files in memory"]["ours, text"]
    ratios = {unit: figures[f"{unit} x plain"] for unit in ("wall_ms", "cpu_ms")}
    progress(f"A cold start, as a multiple of a plain one: {ratios}")
    if max(ratios.values()) > QUICK_LIMIT:
        sys.exit(f"That is more than {QUICK_LIMIT}.")


if __name__ == "__main__":
    main()

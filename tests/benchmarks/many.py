"""Points a second of one processor, as `predictor.predict` answers many at once."""

from typing import Any

from tests.benchmarks.serving import progress, run, task_root

POINTS = 8_000  # in a call; a tenth with k = 10
MEASURE = f"""
import gc, json, time
import numpy as np
from predictor import nearest
from predictor.nearest import predict

gc.freeze()
rng, stores = np.random.default_rng(1), nearest.places
PLACES = {{
    "US": lambda n: np.column_stack([rng.uniform(24.5, 49.4, n), rng.uniform(-124.8, -66.9, n)]),
    "near stores": lambda n: rng.choice(stores, n) + rng.uniform(-.05, .05, (n, 2)),
    "Earth": lambda n: np.degrees(
        np.column_stack([np.arcsin(rng.uniform(-1, 1, n)), rng.uniform(-np.pi, np.pi, n)])
    ),
}}
rates = {{}}
predict(PLACES["US"]({POINTS}).tolist())  # imports and trees
for name, place in PLACES.items():
    rates[name] = {{}}
    for k in (1, 10):
        taken = []
        for _ in range(7):
            points = place({POINTS} // k).tolist()
            start = time.process_time()
            predict(points, k=k)
            taken.append(time.process_time() - start)
        rates[name][f"k = {{k}}"] = round(len(points) / sorted(taken)[3])
print(json.dumps(rates))
"""


def measure() -> dict[str, Any]:
    progress("Many points at once")
    with task_root() as folder:
        rates: dict[str, Any] = run(MEASURE, folder=folder)["said"]
    return rates

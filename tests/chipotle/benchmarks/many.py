"""Measure how many points the example answers in a second of CPU."""

from typing import Any

from tests.chipotle.benchmarks.serving import progress, run, task_root

MEASURE = """
import gc, json, time
from statistics import median
import numpy as np
from predictor import nearest

gc.freeze()
rng, stores = np.random.default_rng(1), nearest.stores.coordinates
PLACES = {
    "US": lambda n: np.column_stack([rng.uniform(24.5, 49.4, n), rng.uniform(-124.8, -66.9, n)]),
    "near stores": lambda n: rng.choice(stores, n) + rng.uniform(-.05, .05, (n, 2)),
    "Earth": lambda n: np.degrees(
        np.column_stack([np.arcsin(rng.uniform(-1, 1, n)), rng.uniform(-np.pi, np.pi, n)])
    ),
    # The slowest of a grid over the Earth: there, 242 stores may be among the 10 nearest.
    "far side": lambda n: np.array([-50, 90]) + rng.uniform(-.5, .5, (n, 2)),
    "one point": lambda n: np.tile([40.0, -100.0], (n, 1)),
}

def rate(place, k, number):
    points = PLACES[place](number).tolist()
    start = time.process_time()
    nearest.predict(points, k=k)
    return number / (time.process_time() - start)

nearest.predict(PLACES["US"](8_000).tolist())  # imports and trees
rates = {place: {} for place in PLACES}
for place in PLACES:
    for name, k, number in (("nearest", 1, 8_000), ("ten", 10, 1_000)):
        number, rounds = (1, 501) if place == "one point" else (number, 9)
        rates[place][name] = round(median(rate(place, k, number) for _ in range(rounds)))
print(json.dumps(rates))
"""


def measure() -> dict[str, Any]:
    progress("Many points at once")
    with task_root() as folder:
        rates: dict[str, Any] = run(MEASURE, folder=folder)["said"]
    return rates

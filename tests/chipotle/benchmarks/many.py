"""Compare points per second of CPU: many at once, as now, and point by point, as before."""

from typing import Any

from tests.chipotle.benchmarks.serving import progress, run, task_root

POINTS = {1: 8_000, 10: 1_000}  # in a call, by k; a twentieth of them point by point
MEASURE = f"""
import gc, json, time
import numpy as np
import point_by_point
from predictor import nearest

gc.freeze()
rng, stores = np.random.default_rng(1), nearest.stores.coordinates
PLACES = {{
    "US": lambda n: np.column_stack([rng.uniform(24.5, 49.4, n), rng.uniform(-124.8, -66.9, n)]),
    "near stores": lambda n: rng.choice(stores, n) + rng.uniform(-.05, .05, (n, 2)),
    "Earth": lambda n: np.degrees(
        np.column_stack([np.arcsin(rng.uniform(-1, 1, n)), rng.uniform(-np.pi, np.pi, n)])
    ),
    # Of a grid over the Earth, this place has the slowest answers: 245 stores may be the nearest.
    "far side": lambda n: np.array([-50, 90]) + rng.uniform(-.5, .5, (n, 2)),
    "one point": lambda n: np.tile([40.0, -100.0], (n, 1)),
}}

def rate(predict, points, k):
    start = time.process_time()
    predict(points, k=k)
    return len(points) / (time.process_time() - start)

def median_rates(place, k, number, few, rounds):
    points = [PLACES[place](number).tolist() for _ in range(rounds)]
    before, now = zip(*(  # interleaved, so that both see the same noise
        (rate(point_by_point.predict, some[:few], k), rate(nearest.predict, some, k))
        for some in points
    ))
    rounded = [
        [store | {{"distance_m": round(store["distance_m"], 3)}} for store in answer]
        for answer in point_by_point.predict(points[0][:few], k=k)
    ]
    assert nearest.predict(points[0][:few], k=k) == rounded
    before, now = round(np.median(before)), round(np.median(now))
    return {{"before": before, "now": now, "times": round(now / before, 1)}}

nearest.predict(PLACES["US"]({POINTS}[1]).tolist())  # imports and trees
rates = {{}}
for place in PLACES:
    for k, number in {POINTS}.items():
        how = (1, 1, 501) if place == "one point" else (number, number // 20, 9)
        rates[f"{{place}}, k = {{k}}"] = median_rates(place, k, *how)
print(json.dumps(rates))
"""


def measure() -> dict[str, Any]:
    progress("Many points at once")
    with task_root() as folder:
        rates: dict[str, Any] = run(MEASURE, folder=folder)["said"]
    return rates

"""Points a second of one processor, as `predictor.predict` answers many at once, and as it did."""

from typing import Any

from tests.chipotle.benchmarks.serving import progress, run, task_root

POINTS = {1: 8_000, 10: 1_000}  # in a call, by k: a block, and a batch; a twentieth point by point
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
}}
ONE = [[40.0, -100.0]]

def rate(predict, points, k):
    start = time.process_time()
    predict(points, k=k)
    return len(points) / (time.process_time() - start)

rates = {{}}
nearest.predict(PLACES["US"]({POINTS}[1]).tolist())  # imports and trees
for name, place in PLACES.items():
    for k, number in {POINTS}.items():
        points = [place(number).tolist() for _ in range(9)]
        some = [part[: number // 20] for part in points]
        assert nearest.predict(some[0], k=k) == [
            [store | {{"distance_m": round(store["distance_m"], 3)}} for store in answer]
            for answer in point_by_point.predict(some[0], k=k)
        ]
        pairs = [  # interleaved, so that both see the same noise
            (rate(point_by_point.predict, few, k), rate(nearest.predict, many, k))
            for few, many in zip(some, points)
        ]
        before, now = (sorted(side)[4] for side in zip(*pairs))
        rates[f"{{name}}, k = {{k}}"] = {{"before": round(before), "now": round(now)}}
for k in (1, 10):
    pairs = [
        (rate(point_by_point.predict, ONE, k), rate(nearest.predict, ONE, k)) for _ in range(501)
    ]
    before, now = (sorted(side)[250] for side in zip(*pairs))
    rates[f"one point, k = {{k}}"] = {{"before": round(before), "now": round(now)}}
print(json.dumps(rates))
"""


def measure() -> dict[str, Any]:
    progress("Many points at once")
    with task_root() as folder:
        rates: dict[str, Any] = run(MEASURE, folder=folder)["said"]
    return rates

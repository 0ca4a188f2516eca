"""Answers of one warm process: the handler and its parts, timed in turn, in microseconds."""

from typing import Any

from tests.chipotle.benchmarks.serving import progress, run, task_root

ROUNDS = 1000
LOADS = 30  # loading the model is slow: less often
MEASURE = f"""
import json, random, statistics, time
import app, joblib
from predictor import nearest as predictor
from geographiclib.geodesic import Geodesic

POINT, WGS84 = [39.153198, -77.066176], Geodesic.WGS84
EVENT = {{"queryStringParameters": {{"lat": str(POINT[0]), "long": str(POINT[1])}}}}
pipeline = predictor.pipeline
radians = pipeline[:-1].transform([POINT])
calls = {{
    "our answer, text": lambda: app.lambdaHandler(EVENT, None),
    "of this: predictor.predict": lambda: predictor.predict([POINT]),
    "of this: estimator.kneighbors": lambda: pipeline[-1].kneighbors(radians),
    "of this: one geodesic": lambda: WGS84.Inverse(*POINT, 39.16, -77.07, Geodesic.DISTANCE),
    "pipeline.predict": lambda: pipeline.predict([POINT]),
    "loading the model for each": lambda: joblib.load("chipotle.pkl").predict([POINT]),
}}
times = {{name: [] for name in calls}}
order = random.Random(1)
for number in range({ROUNDS}):
    # In any order: what runs after its like finds code and data in the processor's caches.
    for name, call in order.sample([*calls.items()], len(calls)):
        if "loading" not in name or number < {LOADS}:
            start = time.perf_counter()
            call()
            times[name].append(1e6 * (time.perf_counter() - start))
print(json.dumps({{
    name: {{
        "median_us": round(statistics.median(taken), 1),
        "p99_us": round(statistics.quantiles(taken, n=100)[98], 1),
    }}
    for name, taken in times.items()
}}))
"""


def measure() -> dict[str, Any]:
    progress(f"Warm answers: {ROUNDS} rounds")
    with task_root() as folder:
        answers: dict[str, Any] = run(MEASURE, folder=folder)["said"]
    ours = answers["our answer, text"]["median_us"]
    own = answers["of this: estimator.kneighbors"]["median_us"]
    return {
        "answers": answers,
        "ours x estimator.kneighbors": round(ours / own, 2),
        "loading for each x ours": round(
            answers["loading the model for each"]["median_us"] / ours, 1
        ),
    }

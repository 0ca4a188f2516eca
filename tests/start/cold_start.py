"""Measure cold starts and warm answers in an image; `make bench` does it for the tree's model."""

import json
from statistics import median
from typing import Any

from app import lambdaHandler
from predictive_lambda.local.image import MODEL, SANDBOX, docker

OURS = ("app", "lambdaHandler")
ROUNDS = 9
SUMMARY = """: {start_ms:.0f} ms of CPU to the first answer, with {modules:.0f} modules;
    then {warm_us:.0f} µs an answer, and at most {peak_mb:.0f} MB"""
START = """
import json, resource, sys, time
from importlib import import_module
start = time.process_time()
module, function, query = sys.argv[1:]
handler, query = getattr(import_module(module), function), json.loads(query)
event = {
    "version": "2.0", "rawPath": "/", "rawQueryString": "&".join(map("=".join, query.items())),
    "queryStringParameters": query, "headers": {}, "isBase64Encoded": False,
    "requestContext": {
        "http": {"method": "GET", "path": "/", "sourceIp": "::1"}, "stage": "$default",
    },
}
begun = time.process_time()
first = handler(event, None)
answered = time.process_time()
assert first["statusCode"] == 200, first
modules, peak = len(sys.modules), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
warm, began = [], time.perf_counter()
for _ in range(200):
    begin = time.process_time()
    assert handler(event, None)["body"] == first["body"]
    warm.append(time.process_time() - begin)
mean = (time.perf_counter() - began) / 200
print(json.dumps({
    "modules": modules, "start_ms": 1e3 * (answered - start), "first_ms": 1e3 * (answered - begun),
    "warm_us": 1e6 * sorted(warm)[100], "wall_ms": 1e3 * mean, "peak_mb": peak,
}))
"""


def build(folder: str, eager: str = "") -> str:
    """Build the image of a folder, with deferred or with plain imports."""
    options = ("--quiet", "--force-rm", "--build-arg", f"EAGER_IMPORT={eager}")
    return docker("build", *options, folder).split()[-1]


def start(
    image: str, query: dict[str, str], *options: str, handler: tuple[str, str] = OURS
) -> dict[str, Any]:
    """Start the image's function without Lambda's runtime, and answer."""
    run = ("run", "--rm", "--entrypoint", "python", *SANDBOX, *options, image)
    said = docker(*run, "-c", START, *handler, json.dumps(query))
    measured: dict[str, Any] = json.loads(said.splitlines()[-1])
    return measured


def main() -> None:
    example = {n: v for n, v in lambdaHandler.model.example.items() if v is not None}
    query = {n: v if isinstance(v, str) else json.dumps(v) for n, v in example.items()}
    images = {"plain imports": build(str(MODEL), "1"), "deferred imports": build(str(MODEL))}
    rounds = [{name: start(image, query) for name, image in images.items()} for _ in range(ROUNDS)]
    for name in images:
        figures = {
            key: median(measured[name][key] for measured in rounds) for key in rounds[0][name]
        }
        print(name + SUMMARY.format(**figures))


if __name__ == "__main__":
    main()

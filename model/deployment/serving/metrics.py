"""Metrics (optional): prints a line for each request, which CloudWatch turns into metrics.

Only on Lambda, in the embedded metric format. The line contains nothing that a client sent.
"""

import json
import logging
import os
import sys
from functools import cache
from math import isfinite
from time import time
from typing import Any

from serving.formats import Result
from serving.gateway import Response
from serving.handler import Answers, Handler, Notes

log = logging.getLogger(__name__)
UNITS = {"predict_ms": "Milliseconds", "points": "Count", "cold_start": "Count"}
MOST_VALUES = 100  # of one metric in a line
Names = tuple[str, ...]


def add_to(handler: Handler) -> None:
    if function := os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        metrics = Metrics(handler, function)
        handler.on_predict.append(metrics.measure)
        handler.on_response.append(metrics.write)


class Metrics:
    """Measures one request at a time, as a function gets them."""

    def __init__(self, handler: Handler, function: str) -> None:
        self.handler = handler
        self.names = {"function": function, "version": str(handler.model.about["version"])}
        self.measured: dict[str, Any] = {"cold_start": 1}
        self.figures: dict[str, list[float]] = {}
        self.outside: dict[str, list[int]] = {}

    def measure(self, answers: Answers, notes: Notes, seconds: float) -> None:
        self.measured |= {"predict_ms": round(seconds * 1000, 3), "points": len(answers)}
        if "outside" in notes:  # its average is the share of answers outside the training data
            self.outside["outside"] = [int(bool(names)) for names in notes["outside"][:MOST_VALUES]]
        for results in answers[:MOST_VALUES]:
            for name, value in self.figures_of(results[0]).items() if results else ():
                self.figures.setdefault(name, []).append(value)

    def figures_of(self, result: Result) -> dict[str, float]:
        """Return the model's figures; a broken one is logged, and costs no answer."""
        try:
            found = {name: float(v) for name, v in self.handler.model.figures(result).items()}
        except Exception:
            log.exception("The model's figures cannot be measured")
            return {}
        return {name: value for name, value in found.items() if isfinite(value)}

    def write(self, response: Response) -> None:
        names = tuple(self.measured), tuple(self.figures), tuple(self.outside)
        now, metrics = int(time() * 1000), directives(*names)
        status = {"status": f"{response.status // 100}xx"}
        members = json.dumps(self.names | status | self.measured | self.figures | self.outside)
        line = f'{{"_aws": {{"Timestamp": {now}, "CloudWatchMetrics": {metrics}}}, {members[1:]}'
        sys.stdout.write(line + "\n")
        self.measured, self.figures, self.outside = {"cold_start": 0}, {}, {}


@cache
def directives(measured: Names, figures: Names, outside: Names) -> str:
    """Name a line's metrics: by function, by the model's version, or by each of them."""
    function, version = ["function"], ["function", "version"]
    metrics = [(measured, [function]), (figures, [version]), (outside, [function, version])]
    return json.dumps(
        [
            {
                "Namespace": "PredictiveLambda",
                "Dimensions": dimensions,
                "Metrics": [{"Name": name, "Unit": UNITS.get(name, "None")} for name in names],
            }
            for names, dimensions in metrics
            if names
        ]
    )

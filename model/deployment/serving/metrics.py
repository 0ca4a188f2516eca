"""What to watch (optional): prints a line for each request, from which CloudWatch makes metrics.

The line is in the embedded metric format, and only on Lambda. It has nothing that a client sent.
"""

import json
import os
import sys
from functools import cache
from time import time
from typing import Any

from serving.formats import Result
from serving.gateway import Response
from serving.handler import Handler

UNITS = {"predict_ms": "Milliseconds", "points": "Count", "cold_start": "Count"}
MOST_VALUES = 100  # of one metric in a line


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

    def measure(self, answers: list[list[Result]], seconds: float) -> None:
        self.measured |= {"predict_ms": round(seconds * 1000, 3), "points": len(answers)}
        for results in answers[:MOST_VALUES]:
            for name, value in self.handler.model.figures(results[0]).items() if results else ():
                self.figures.setdefault(name, []).append(value)

    def write(self, response: Response) -> None:
        now, metrics = int(time() * 1000), directives(*self.measured, figures=tuple(self.figures))
        status = {"status": f"{response.status // 100}xx"}
        members = json.dumps(self.names | status | self.measured | self.figures)
        line = f'{{"_aws": {{"Timestamp": {now}, "CloudWatchMetrics": {metrics}}}, {members[1:]}'
        sys.stdout.write(line + "\n")
        self.measured, self.figures = {"cold_start": 0}, {}


@cache
def directives(*measured: str, figures: tuple[str, ...]) -> str:
    """Name a line's metrics: by function, and the model's figures also by its version."""
    metrics = [(measured, ["function"]), (figures, ["function", "version"])]
    return json.dumps(
        [
            {
                "Namespace": "PredictiveLambda",
                "Dimensions": [dimensions],
                "Metrics": [{"Name": name, "Unit": UNITS.get(name, "None")} for name in names],
            }
            for names, dimensions in metrics
            if names
        ]
    )

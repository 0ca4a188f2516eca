"""What to watch (optional): each request in, a line out of which CloudWatch makes metrics.

The line is in the embedded metric format, on Lambda alone. It has nothing that a client sent.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from time import perf_counter, time
from typing import Any

from serving.formats import Result
from serving.gateway import Response
from serving.handler import Handler, Routes
from serving.model import Model

UNITS = {"predict_ms": "Milliseconds", "points": "Count", "cold_start": "Count"}
MOST_VALUES = 100  # of one metric in a line


def lines(handler: Handler) -> Routes:
    """Write a line for each request. Extras that predict are measured if they come after this."""
    if function := os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        metrics = Metrics(handler.model, function)
        handler.model = replace(handler.model, predict=metrics.predict)
        handler.answered = metrics.write
    return {}


class Metrics:
    """Measures one request at a time, as a function gets them."""

    def __init__(self, model: Model, function: str) -> None:
        self.model = model
        self.names = {"function": function, "version": str(model.about["version"])}
        self.measured: dict[str, Any] = {"cold_start": 1}
        self.figures: dict[str, list[float]] = {}

    def predict(self, points: Sequence[Any], **options: Any) -> list[list[Result]]:
        begun = perf_counter()
        answers = self.model.predict(points, **options)
        self.measured["predict_ms"] = round((perf_counter() - begun) * 1000, 3)
        self.measured["points"] = len(points)
        for results in answers[:MOST_VALUES]:
            for name, value in self.model.figures(results[0]).items() if results else ():
                self.figures.setdefault(name, []).append(value)
        return answers

    def write(self, response: Response) -> None:
        now, metrics = int(time() * 1000), directives(*self.measured, figures=tuple(self.figures))
        status = {"status": f"{response.status // 100}xx"}
        members = json.dumps(self.names | status | self.measured | self.figures)
        line = f'{{"_aws": {{"Timestamp": {now}, "CloudWatchMetrics": {metrics}}}, {members[1:]}'
        sys.stdout.write(line + "\n")
        self.measured, self.figures = {"cold_start": 0}, {}


@cache
def directives(*measured: str, figures: tuple[str, ...]) -> str:
    """Name the metrics of a line: by function, and the model's figures by its version, too."""
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

"""Metrics (optional): prints a line for each request, which CloudWatch turns into metrics.

Only on Lambda, in the embedded metric format. The line contains nothing that a client sent.
"""

import json
import logging
import os
import sys
from math import isfinite
from time import time
from typing import Any

from serving.formats import Result
from serving.gateway import Response
from serving.handler import Answers, Handler, Notes

log = logging.getLogger(__name__)
MOST_VALUES = 100  # of one metric in a line
# What CloudWatch groups each kind of metrics by.
DIMENSIONS = {
    "request": [["function"]],
    "figures": [["function", "version"]],
    "notes": [["function"], ["function", "version"]],
}


def add_to(handler: Handler) -> None:
    if function := os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        metrics = Metrics(handler, function)
        handler.on_predict.append(metrics.measure)
        handler.on_response.append(metrics.write)


class Metrics:
    """Measures one request at a time, as a function gets them."""

    def __init__(self, handler: Handler, function: str) -> None:
        self.model = handler.model
        self.names = {"function": function, "version": str(handler.model.about["version"])}
        self.start(cold_start=1)

    def start(self, **request: Any) -> None:
        self.measured: dict[str, dict[str, Any]] = {"request": request, "figures": {}, "notes": {}}

    def measure(self, answers: Answers, notes: Notes, seconds: float) -> None:
        self.measured["request"] |= {"predict_ms": round(seconds * 1000, 3), "points": len(answers)}
        if "outside" in notes:  # its average is the share of answers outside the training data
            outside = [int(bool(names)) for names in notes["outside"][:MOST_VALUES]]
            self.measured["notes"]["outside"] = outside
        for results in answers[:MOST_VALUES]:
            for name, value in self.figures_of(results[0]).items() if results else ():
                self.measured["figures"].setdefault(name, []).append(value)

    def figures_of(self, result: Result) -> dict[str, float]:
        """Return the model's figures; a broken one is logged, and costs no answer."""
        try:
            found = {name: float(v) for name, v in self.model.figures(result).items()}
        except Exception:
            log.exception("The model's figures cannot be measured")
            return {}
        return {name: value for name, value in found.items() if isfinite(value)}

    def write(self, response: Response) -> None:
        directives = [
            {
                "Namespace": "PredictiveLambda",
                "Dimensions": DIMENSIONS[kind],
                "Metrics": [{"Name": name} for name in metrics],
            }
            for kind, metrics in self.measured.items()
            if metrics
        ]
        aws = {"Timestamp": int(time() * 1000), "CloudWatchMetrics": directives}
        line = {"_aws": aws, **self.names, "status": f"{response.status // 100}xx"}
        for metrics in self.measured.values():
            line |= metrics
        sys.stdout.write(json.dumps(line) + "\n")
        self.start(cold_start=0)

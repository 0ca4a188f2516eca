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

from serving.formats import Answers
from serving.gateway import Response
from serving.handler import Handler
from serving.model import Model

log = logging.getLogger(__name__)
MOST_VALUES = 100  # of one metric in a line
# What CloudWatch groups metrics by.
FUNCTION, VERSION = ["function"], ["function", "version"]


def add_to(handler: Handler) -> None:
    if function := os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        handler.on_response.append(Metrics(handler.model, function).write)


class Metrics:
    def __init__(self, model: Model, function: str) -> None:
        self.model = model
        self.names = {"function": function, "version": str(model.about["version"])}
        self.cold_start = 1

    def write(self, response: Response) -> None:
        request: dict[str, Any] = {"cold_start": self.cold_start}
        outside, figures = {}, {}
        if prediction := response.prediction:
            request["predict_ms"] = round(prediction.seconds * 1000, 3)
            request["points"] = len(prediction.answers)
            figures = self.figures(prediction.answers[:MOST_VALUES])
            if inputs := prediction.notes.get("outside"):  # its average is the share outside
                outside["outside"] = [1 if names else 0 for names in inputs[:MOST_VALUES]]
        by_dimensions = ([FUNCTION], request), ([FUNCTION, VERSION], outside), ([VERSION], figures)
        directives = [
            {
                "Namespace": "PredictiveLambda",
                "Dimensions": dimensions,
                "Metrics": [{"Name": name} for name in metrics],
            }
            for dimensions, metrics in by_dimensions
            if metrics
        ]
        aws = {"Timestamp": int(time() * 1000), "CloudWatchMetrics": directives}
        line = {"_aws": aws, **self.names, "status": f"{response.status // 100}xx"}
        sys.stdout.write(json.dumps(line | request | outside | figures) + "\n")
        self.cold_start = 0

    def figures(self, answers: Answers) -> dict[str, list[float]]:
        """Return the model's figures; a broken or infinite one is left out, and costs no answer."""
        found: dict[str, list[float]] = {}
        for result in (results[0] for results in answers if results):
            try:
                for name, value in self.model.figures(result).items():
                    if isfinite(number := float(value)):
                        found.setdefault(name, []).append(number)
            except Exception:
                log.exception("The model's figures cannot be measured")
        return found

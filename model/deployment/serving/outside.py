"""Outside the training data (optional): names the inputs beyond the range of the training table.

Nothing is rejected: the answer says so, and metrics.py counts it.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from serving.handler import Answers, Handler, Notes, Points
from serving.parameters import NUMBERS


def add_to(handler: Handler) -> None:
    inputs = [
        (i, p.name, p.low, p.high)
        for i, p in enumerate(handler.model.inputs)
        if p.type in NUMBERS and (isfinite(p.low) or isfinite(p.high))
    ]

    def outside(points: Points, answers: Answers, asked: Mapping[str, Any]) -> Notes:
        # A missing number is NaN, which is neither below nor above.
        return {
            "outside": [
                [name for i, name, low, high in inputs if point[i] < low or point[i] > high]
                for point in points
            ]
        }

    if inputs:
        handler.notes.append(outside)

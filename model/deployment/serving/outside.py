"""Outside the training data (optional): names the inputs with values beyond those of training.

Nothing is rejected: the answer says so, and metrics.py counts it.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from serving.formats import Answers
from serving.handler import Handler, Note, Points
from serving.parameters import NUMBERS, Parameter


def add_to(handler: Handler) -> None:
    inputs = [
        (i, p)
        for i, p in enumerate(handler.model.inputs)
        if isfinite(p.low) or isfinite(p.high) or p.others_allowed
    ]

    def outside(points: Points, answers: Answers, asked: Mapping[str, Any]) -> list[list[str]]:
        return [[p.name for i, p in inputs if is_outside(p, point[i])] for point in points]

    if inputs:
        schema = {"type": "array", "items": {"type": "string"}}
        handler.notes["outside"] = Note(outside, schema)


def is_outside(parameter: Parameter, value: Any) -> bool:
    """Return whether a number is out of the training data's range, or a text is not in it."""
    if parameter.type in NUMBERS:  # a missing one is NaN, which is neither below nor above
        return bool(value < parameter.low or value > parameter.high)
    return value is not None and value not in parameter.choices

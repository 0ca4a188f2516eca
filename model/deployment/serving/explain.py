"""Why this answer (optional): the effect of each input on its own, without interactions."""

from collections.abc import Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any

from serving.formats import Answers, Result
from serving.handler import Handler, Note, Points
from serving.model import MOST_RESULTS, Model
from serving.parameters import NAN, Parameter
from serving.problems import Problem

EXPLAIN = Parameter("explain", "Whether to say what each input changes.", "boolean", default=False)
CHANGE = {"input": {"type": "string"}, "value": {}, "typical": {}, "change": {"type": "number"}}


def add_to(handler: Handler) -> None:
    taken = EXPLAIN.name in (parameter.name for parameter in handler.parameters)
    if not taken and any(p.typical is not None for p in handler.model.inputs):
        handler.options = (*handler.options, EXPLAIN)
        change = {"type": "object", "properties": CHANGE, "required": [*CHANGE]}
        schema = {"type": "array", "items": change}
        handler.notes["why"] = Note(partial(explain, handler.model), schema)


def explain(
    model: Model, points: Points, answers: Answers, asked: Mapping[str, Any]
) -> list[list[dict[str, Any]]]:
    """Return the changes of each answer, largest first; raise Problem (413) for too many points."""
    if not asked[EXPLAIN.name]:
        return [[] for _ in points]
    inputs = [(i, p) for i, p in enumerate(model.inputs) if p.typical is not None]
    size, count = len(inputs) + 1, 1
    options = {option.name: asked[option.name] for option in model.options}
    for option in model.options:
        if option.name == model.count:  # the class may be the least likely one of a variant
            options[model.count] = count = int(min(option.maximum, MOST_RESULTS))
    most = max(1, min(MOST_RESULTS, 10 * MOST_RESULTS // count) // size)
    if len(points) > most:
        raise Problem(413, f"At most {most} points can be explained at once.", EXPLAIN.name)
    variants: list[Sequence[Any]] = []
    for point in points:
        variants += [point, *((*point[:i], p.typical, *point[i + 1 :]) for i, p in inputs)]
    found, why = answered(model, variants, options), []
    for row, (point, results) in enumerate(zip(points, answers, strict=True)):
        usual, *scores = (score(model, f, results) for f in found[row * size : (row + 1) * size])
        shown = [None if value != value else value for value in point]  # NaN is a missing number
        changes: list[dict[str, Any]] = [
            {"input": p.name, "value": shown[i], "typical": p.typical, "change": new - usual}
            for (i, p), new in zip(inputs, scores, strict=True)
            if isfinite(new - usual)
        ]
        why.append(sorted(changes, key=lambda change: -abs(change["change"])))
    return why


def answered(model: Model, points: Points, options: Mapping[str, Any]) -> list[list[Result] | None]:
    """Answer the points; those that the model rejects are found by halving, and get None."""
    try:
        return [*model.answer(points, **options)]
    except Problem as problem:
        if problem.status >= 500:
            raise
        half = len(points) // 2
        halves = (points[:half], points[half:]) if half else ()
        return [found for part in halves for found in answered(model, part, options)] or [None]


def score(model: Model, results: list[Result] | None, answer: list[Result]) -> float:
    """Return the probability of the answer, or its number, or else whether it is the same."""
    if not answer or not results:
        return NAN if results is None else float(answer == results)
    numbers = [name for name, type_ in model.result.items() if type_ == "number"]
    if "probability" in model.result:
        labels = {name: v for name, v in answer[0].items() if name != "probability"}
        found = next((r["probability"] for r in results if labels.items() <= r.items()), 0.0)
    else:  # whole numbers may be classes
        found = results[0][numbers[0]] if numbers else results[0] == answer[0]
    return NAN if found is None else float(found)

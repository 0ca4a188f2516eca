"""Why this answer (optional): the effect of each input on its own.

It shows neither interactions nor what correlated inputs do together.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from serving.formats import Result
from serving.handler import Answers, Handler, Notes, Points
from serving.model import MOST_RESULTS, Model
from serving.parameters import Parameter
from serving.problems import Problem

EXPLAIN = Parameter("explain", "Whether to say what each input changes.", "boolean", default=False)


def add_to(handler: Handler) -> None:
    taken = any(parameter.name == EXPLAIN.name for parameter in handler.parameters)
    if not taken and any(p.typical is not None for p in handler.model.inputs):
        handler.options = (*handler.options, EXPLAIN)
        handler.notes.append(partial(explain, handler.model))


def explain(model: Model, points: Points, answers: Answers, asked: Mapping[str, Any]) -> Notes:
    """Return the changes of each point's answer, largest first, if they were asked for.

    All variants of all points are one batch. Raises Problem (413) if there are too many.
    """
    if not asked[EXPLAIN.name]:
        return {}
    inputs = [(i, p) for i, p in enumerate(model.inputs) if p.typical is not None]
    size = len(inputs) + 1
    if len(points) > (most := MOST_RESULTS // size):
        raise Problem(413, f"At most {most} points can be explained at once.", EXPLAIN.name)
    options = {option.name: asked[option.name] for option in model.options}
    for option in model.options:
        if option.name == model.count:  # the class may be the least likely one of a variant
            options[model.count] = int(min(option.maximum, MOST_RESULTS))
    variants: list[Sequence[Any]] = []
    for point in points:
        variants += [point, *((*point[:i], p.typical, *point[i + 1 :]) for i, p in inputs)]
    found = answered(model, variants, options)
    why = []
    for row, (point, results) in enumerate(zip(points, answers, strict=True)):
        usual, *others = found[row * size : (row + 1) * size]
        shown = [None if value != value else value for value in point]  # NaN is a missing number
        changes: list[dict[str, Any]] = [
            {
                "input": p.name,
                "value": shown[i],
                "typical": p.typical,
                "change": score(model, other, results) - score(model, usual, results),
            }
            for (i, p), other in zip(inputs, others, strict=True)
            if usual is not None and other is not None
        ]
        why.append(sorted(changes, key=lambda change: -abs(change["change"])))
    return {"why": why}


def answered(
    model: Model, points: Sequence[Sequence[Any]], options: Mapping[str, Any]
) -> list[list[Result] | None]:
    """Answer the points, or halve them to find those that the model rejects: they get None."""
    try:
        return [*model.answer(points, **options)]
    except Problem:
        if len(points) == 1:
            return [None]
    half = len(points) // 2
    return answered(model, points[:half], options) + answered(model, points[half:], options)


def score(model: Model, results: list[Result], answer: list[Result]) -> float:
    """Return the probability of the answer, or its number, or else whether it is the same."""
    if not answer or not results:
        return float(answer == results)
    if "probability" not in model.result:  # whole numbers may be classes
        numbers = [results[0][name] for name, type_ in model.result.items() if type_ == "number"]
        return float(numbers[0]) if numbers else float(results[0] == answer[0])
    labels = {name: v for name, v in answer[0].items() if name != "probability"}
    return next((r["probability"] for r in results if labels.items() <= r.items()), 0.0)

"""Why this answer (optional): the effect of each input on its own.

It shows neither interactions nor what correlated inputs do together.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from serving.formats import Result
from serving.handler import Answers, Handler, Notes, Points
from serving.model import MOST_RESULTS, Model
from serving.parameters import NAN, Parameter
from serving.problems import Problem

WHAT = "Whether to say how the answer would change if one input at a time were typical."
EXPLAIN = Parameter("explain", WHAT, "boolean", default=False)


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
    if len(points) * size > MOST_RESULTS:
        fit = f"At most {MOST_RESULTS // size} points can be explained at once."
        raise Problem(413, fit, EXPLAIN.name)
    # All classes, because the answer's may be the least likely one of a variant.
    options = {o.name: asked[o.name] for o in model.options}
    for option in model.options:
        if option.name == model.count:
            options[option.name] = int(min(option.maximum, MOST_RESULTS))
    variants: list[Sequence[Any]] = []
    for point in points:
        variants += [point, *((*point[:i], p.typical, *point[i + 1 :]) for i, p in inputs)]
    found = iter(answer_all(model, variants, options))
    why = []
    for point, results in zip(points, answers, strict=True):
        usual, *scores = (score(model, next(found), results) for _ in range(size))
        shown = [None if value != value else value for value in point]  # NaN is a missing number
        changes: list[dict[str, Any]] = [
            {"input": p.name, "value": shown[i], "typical": p.typical, "change": new - usual}
            for (i, p), new in zip(inputs, scores, strict=True)
            if new == new  # not NaN: the model accepts the typical value
        ]
        why.append(sorted(changes, key=lambda change: -abs(change["change"])))
    return {"why": why}


def answer_all(model: Model, variants: Points, options: Mapping[str, Any]) -> list[Any]:
    """Answer variants at once, or one by one with None for those that the model rejects."""
    try:
        return model.answer(variants, **options)
    except Problem as problem:
        if problem.status != 400:
            raise
        return [answer_all(model, [v], options)[0] if len(variants) > 1 else None for v in variants]


def score(model: Model, results: list[Result] | None, answer: list[Result]) -> float:
    """Return the probability of the answer, or its number, or else whether it is the same."""
    if not answer or not results:
        return NAN if results is None else float(answer == results)
    if "probability" not in model.result:
        numbers = [v for v in results[0].values() if isinstance(v, (int, float))]
        return float(numbers[0]) if numbers else float(results[0] == answer[0])
    labels = {name: v for name, v in answer[0].items() if name != "probability"}
    return next((r["probability"] for r in results if labels.items() <= r.items()), 0.0)

"""Why this answer (optional): the effect of each input on its own, without interactions."""

from functools import partial
from math import isfinite

from serving.formats import Answers, Query, Result
from serving.handler import Handler, Note, Points
from serving.model import MOST_RESULTS, Model
from serving.parameters import NAN, Parameter
from serving.problems import Problem

EXPLAIN = Parameter("explain", "Whether to say what each input changes.", "boolean", default=False)
CHANGE = {"input": {"type": "string"}, "value": {}, "typical": {}, "change": {"type": "number"}}
SCHEMA = {"type": "array", "items": {"type": "object", "properties": CHANGE, "required": [*CHANGE]}}


def add_to(handler: Handler) -> None:
    taken = EXPLAIN.name in (parameter.name for parameter in handler.parameters)
    if not taken and any(p.typical is not None for p in handler.model.inputs):
        handler.options = (*handler.options, EXPLAIN)
        handler.notes["why"] = Note(partial(explain, handler.model), SCHEMA)


def explain(model: Model, points: Points, answers: Answers, asked: Query) -> Answers:
    """Return the changes of each answer, largest first; raise Problem (413) for too many points."""
    why: Answers = [[] for _ in points]
    if not asked[EXPLAIN.name]:
        return why
    inputs = [(i, p) for i, p in enumerate(model.inputs) if p.typical is not None]
    limits = {option.name: option.maximum for option in model.options}
    count = int(min(limits.get(model.count, 1), MOST_RESULTS))  # all, to find the answer's class
    options = {name: count if name == model.count else asked[name] for name in limits}
    most = max(1, min(MOST_RESULTS, 10 * MOST_RESULTS // count) // (len(inputs) + 1))
    if len(points) > most:
        raise Problem(413, f"At most {most} points can be explained at once.", EXPLAIN.name)
    changed = [(row, i, p) for row in range(len(points)) for i, p in inputs]
    variants = [(*points[row][:i], p.typical, *points[row][i + 1 :]) for row, i, p in changed]
    found = answered(model, [*points, *variants], options)
    for (row, i, p), results in zip(changed, found[len(points) :], strict=True):
        change = score(model, results, answers[row]) - score(model, found[row], answers[row])
        if isfinite(change):
            value = points[row][i] if points[row][i] == points[row][i] else None  # NaN is missing
            why[row].append(dict(zip(CHANGE, (p.name, value, p.typical, change), strict=True)))
    return [sorted(effects, key=lambda effect: -abs(effect["change"])) for effects in why]


def answered(model: Model, points: Points, options: Query) -> list[list[Result] | None]:
    """Answer the points; those that the model rejects are found by halving, and get None."""
    try:
        return [*model.answer(points, **options)]
    except Problem as problem:
        if problem.status >= 500:
            raise
        if len(points) == 1:
            return [None]
        half = len(points) // 2
        return answered(model, points[:half], options) + answered(model, points[half:], options)


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

"""The option `explain` for files of rows (optional): says why each row got its answer."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from serving.explain import EXPLAIN, explain
from serving.formats import Result, dumps
from serving.model import Model


def explained(model: Model) -> Model:
    """Return a model with the option and the reasons in its results, unless it has its own."""
    if any(option.name == EXPLAIN.name for option in model.options):
        return model
    why = "why_" if "why" in model.result else "why"
    return replace(
        model,
        predict=partial(predict_and_explain, model, why),
        result={**model.result, why: "string"},
        options=(*model.options, EXPLAIN),
    )


def predict_and_explain(
    model: Model, why: str, points: Sequence[Sequence[Any]], **asked: Any
) -> list[list[Result]]:
    """Return results, the first one of each row with reasons as JSON."""
    options = {option.name: asked[option.name] for option in model.options}
    answers = model.answer(points, **options)
    changes = explain(model, points, answers, asked)
    return [
        [result | {why: dumps(c) if c and not i else ""} for i, result in enumerate(results)]
        for results, c in zip(answers, changes, strict=True)
    ]

"""The option `explain` for files of rows: says why each row got its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from serving.formats import Result, dumps
from serving.model import Model


def explained(model: Model, asked: Mapping[str, Any]) -> tuple[Model, dict[str, Any]]:
    """Return the model to score with, and the other options.

    With `explain`, the first result of each row has an explanation as JSON in its member `why`.
    """
    if "explain" not in asked or any(option.name == "explain" for option in model.options):
        return model, dict(asked)
    from serving.explain import EXPLAIN  # optional: imported only on request

    rest = {name: value for name, value in asked.items() if name != EXPLAIN.name}
    if not EXPLAIN.parse(asked[EXPLAIN.name]):
        return model, rest
    why = "why"
    while why in model.result:
        why += "_"
    predict, result = partial(predict_and_explain, model, why), {**model.result, why: "string"}
    return replace(model, predict=predict, result=result), rest


def predict_and_explain(
    model: Model, why: str, points: Sequence[Sequence[Any]], **options: Any
) -> list[list[Result]]:
    """Return results with reasons; raise Problem for too many points, which the scorer halves."""
    from serving.explain import EXPLAIN, explain

    answers = model.answer(points, **options)
    changes = explain(model, points, answers, {**options, EXPLAIN.name: True})["why"]
    return [
        [result | {why: "" if i else dumps(change)} for i, result in enumerate(results)]
        for results, change in zip(answers, changes, strict=True)
    ]

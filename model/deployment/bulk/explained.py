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
    predict, result = partial(predict_and_explain, model), {**model.result, "why": "string"}
    return replace(model, predict=predict, result=result), rest


def predict_and_explain(
    model: Model, points: Sequence[Sequence[Any]], **options: Any
) -> list[list[Result]]:
    """Return results with `why`; raise Problem for too many points, which the scorer halves."""
    from serving.explain import EXPLAIN, explain

    answers = model.answer(points, **options)
    whys = explain(model, points, answers, {**options, EXPLAIN.name: True})["why"]
    return [
        [result | {"why": "" if i else dumps(why)} for i, result in enumerate(results)]
        for results, why in zip(answers, whys, strict=True)
    ]

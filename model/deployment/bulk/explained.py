"""The option `explain` for files of rows: says why each row got its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import Any

from serving.formats import Result, dumps
from serving.model import Model


def explained(model: Model, asked: Mapping[str, Any]) -> Model:
    """If the options ask for explanations, return a model that adds them to its results."""
    has_its_own = any(option.name == "explain" for option in model.options)
    if "explain" not in asked or has_its_own or not find_spec("serving.explain"):
        return model
    from serving.explain import EXPLAIN  # optional: imported only on request

    why = "why_" if "why" in model.result else "why"
    return replace(
        model,
        predict=partial(predict_and_explain, model, why),
        result={**model.result, why: "string"},
        options=(*model.options, EXPLAIN),
    )


def predict_and_explain(
    model: Model, why: str, points: Sequence[Sequence[Any]], explain: bool, **options: Any
) -> list[list[Result]]:
    """Return results, the first one of each row with reasons as JSON."""
    from serving import explain as reasons

    answers = model.answer(points, **options)
    asked = {**options, reasons.EXPLAIN.name: explain}
    changes = reasons.explain(model, points, answers, asked)
    return [
        [result | {why: dumps(c) if c and not i else ""} for i, result in enumerate(results)]
        for results, c in zip(answers, changes, strict=True)
    ]

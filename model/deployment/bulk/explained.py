"""The option `explain` for files of rows: says why each row got its answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from serving.formats import Result, dumps
from serving.model import MOST_RESULTS, Model


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
    return replace(model, predict=Explained(model), result={**model.result, "why": "string"}), rest


@dataclass(frozen=True)
class Explained:
    model: Model

    def __call__(self, points: Sequence[Sequence[Any]], **options: Any) -> list[list[Result]]:
        from serving.explain import EXPLAIN, explain

        at_once = max(1, MOST_RESULTS // (len(self.model.inputs) + 1))
        found: list[list[Result]] = []
        for start in range(0, len(points), at_once):
            part = points[start : start + at_once]
            answers = self.model.answer(part, **options)
            whys = explain(self.model, part, answers, {**options, EXPLAIN.name: True})["why"]
            for results, why in zip(answers, whys, strict=True):
                texts = [dumps(why), *[""] * len(results)]
                found.append([r | {"why": text} for r, text in zip(results, texts, strict=False)])
        return found

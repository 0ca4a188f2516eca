"""A Model for any fitted scikit-learn estimator: its two files in, what is served out."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from serving import artefacts
from serving.formats import About, Query, Result, as_text
from serving.model import Model
from serving.parameters import NAN, Parameter
from serving.problems import Problem

log = logging.getLogger(__name__)
NUMBERS = ("number", "integer", "boolean")
# What estimators raise for values that they do not take.
REFUSALS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
# The function has no tables, and gives the columns in the order of the training.
warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)


def model(folder: str | Path) -> Model:
    """Return the Model of the NAME.pkl and NAME.json that training's `artefacts.write` made.

    They are found in the folder, or that of a file, or one or two above. Inputs are the columns of
    the training table, a result has the targets. A classifier of one target that gives
    probabilities answers with the `k` likeliest classes. Raises ArtefactError for files that do not
    belong together.
    """
    folder = Path(folder)
    estimator, manifest = artefacts.load(folder if folder.is_dir() else folder.parent)
    signature, about = manifest["signature"], manifest["about"]
    inputs = tuple(
        Parameter(**entry | {"choices": tuple(entry.get("choices", ()))})
        for entry in signature["inputs"]
    )
    classes = estimator.classes_ if signature["probabilities"] else None
    options: tuple[Parameter, ...] = ()
    if classes is not None:
        what = "How many classes, likeliest first."
        options = (Parameter("k", what, "integer", "classes", 1, len(classes), default=1),)
    return Model(
        about={"version": manifest["pickle_sha256"][:12]},
        inputs=inputs,
        options=options,
        result=signature["result"],
        predict=Tabular(estimator, inputs, signature["targets"], signature["flat"], classes),
        formats={"text": as_text(write_text, *signature["targets"])},
        count="k" if options else "",
        example=signature["example"],
        figures=lambda result: {n: v for n, v in result.items() if n == "probability"},
        title=about.get("title", Model.title),
    )


def write_text(query: Query, results: list[Result], about: About) -> str:
    """Write what was predicted, a line a result; several targets are parted by commas."""
    members = [[v for name, v in result.items() if name != "probability"] for result in results]
    return "\n".join(", ".join(map(str, values)) for values in members)


@dataclass(frozen=True)
class Tabular:
    """Predicts with an estimator, for points as a Model gives them."""

    estimator: Any
    inputs: Sequence[Parameter]
    targets: Sequence[str]
    flat: bool  # a text is given as it is, and not in a row
    classes: np.ndarray | None  # of the probabilities, if there are any

    def __call__(self, points: Sequence[Sequence[Any]], k: int = 1) -> list[list[Result]]:
        """Return for each point its result, or its k likeliest classes.

        Raises Problem (400) if the estimator refuses the values, or has no finite answer to them.
        """
        chances = self.classes is not None
        try:
            with np.errstate(all="ignore"):  # what is not finite is refused below
                answer = self.estimator.predict_proba if chances else self.estimator.predict
                predicted = answer(self.array(points)).reshape(len(points), -1)
        except REFUSALS as error:
            log.exception("The estimator refused the values")
            raise Problem(400, "The model cannot answer for these values.") from error
        if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
            raise Problem(400, "The model has no finite answer for these values.")
        if self.classes is None:
            return [[dict(zip(self.targets, row, strict=True))] for row in predicted.tolist()]
        [target] = self.targets
        order = np.argsort(-predicted, axis=1, kind="stable")[:, :k]
        return [
            [{target: name, "probability": chance} for name, chance in zip(*pair, strict=True)]
            for pair in zip(
                self.classes[order].tolist(),
                np.take_along_axis(predicted, order, axis=1).tolist(),
                strict=True,
            )
        ]

    def array(self, points: Sequence[Sequence[Any]]) -> Any:
        """Return the points as the training had them: see its signature.rows."""
        if self.flat:
            return [NAN if text is None else text for [text] in points]
        if all(parameter.type in NUMBERS for parameter in self.inputs):
            return np.asarray(points, dtype=float)
        array = np.empty((len(points), len(self.inputs)), dtype=object)
        array[:] = [[NAN if value is None else value for value in point] for point in points]
        return array

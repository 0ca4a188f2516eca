"""A Model for any fitted scikit-learn estimator: its two files in, what is served out."""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from serving import artefacts
from serving.formats import About, Query, Result, as_text
from serving.model import NAN, Model
from serving.parameters import Parameter
from serving.problems import Problem

log = logging.getLogger(__name__)
NUMBERS = ("number", "integer", "boolean")
# The function has no tables, and gives the columns in the order of the training.
warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)


def model(folder: str | Path) -> Model:
    """Return the Model of the NAME.pkl and NAME.json that training's `artefacts.write` made.

    They are found in the folder, or that of a file, or one or two above. Inputs are the columns of
    the training table, a result has the targets. A classifier of one target that gives
    probabilities answers with the `k` likeliest classes. Raises ArtefactError for files that do not
    belong together, or whose estimator cannot predict.
    """
    folder = Path(folder)
    estimator, manifest = artefacts.load(folder if folder.is_dir() else folder.parent)
    signature, about = manifest["signature"], manifest["about"]
    if not hasattr(estimator, "predict"):
        name = type(estimator).__name__
        raise artefacts.ArtefactError(f"{name} has no predict, and can answer nothing")
    inputs = tuple(
        Parameter(**entry | {"choices": tuple(entry.get("choices", ()))})
        for entry in signature["inputs"]
    )
    answer = Tabular(estimator, inputs, signature["targets"], signature.get("flat", False))
    result = signature["result"]
    facts: dict[str, Any] = {name: about[name] for name in ("title",) if name in about}
    options: tuple[Parameter, ...] = ()
    if answer.classes is not None:
        count = len(answer.classes)
        what = "How many classes, likeliest first."
        options = (Parameter("k", what, "integer", "classes", 1, count, default=1),)
        result = result | {"probability": "number"}
        facts["figures"] = lambda result: {"probability": result["probability"]}
    return Model(
        about={"version": manifest["pickle_sha256"][:12]},
        inputs=inputs,
        options=options,
        result=result,
        predict=answer,
        formats={"text": as_text(write_text, *signature["targets"])},
        count="k" if options else "",
        example=signature["example"],
        **facts,
    )


def write_text(query: Query, results: list[Result], about: About) -> str:
    """Write what was predicted, a line a result; several targets are parted by commas."""
    members = [[v for name, v in result.items() if name != "probability"] for result in results]
    return "\n".join(", ".join(map(str, values)) for values in members)


class Tabular:
    """Predicts with an estimator, for points as a Model gives them."""

    def __init__(
        self, estimator: Any, inputs: Sequence[Parameter], targets: Sequence[str], flat: bool
    ) -> None:
        self.estimator = estimator
        self.targets = targets
        self.flat = flat  # a text is given as it is, and not in a row
        self.width = len(inputs)
        self.of_numbers = all(parameter.type in NUMBERS for parameter in inputs)
        classes = getattr(estimator, "classes_", None)
        is_one = len(targets) == 1 and isinstance(classes, np.ndarray)
        self.classes = classes if is_one and hasattr(estimator, "predict_proba") else None

    def __call__(self, points: Sequence[Sequence[Any]], k: int = 1) -> list[list[Result]]:
        """Return for each point its result, or its k likeliest classes.

        Raises Problem (400) if the estimator refuses the values, or has no finite answer to them.
        """
        array = self.array(points)
        try:
            if self.classes is not None:
                return self.likeliest(self.estimator.predict_proba(array), self.classes, k)
            predicted = np.asarray(self.estimator.predict(array))
        except ValueError as error:
            log.exception("The estimator refused the values")
            raise Problem(400, "The model cannot answer for these values.") from error
        columns = predicted.reshape(len(points), -1).T
        if any(column.dtype.kind == "f" and not np.isfinite(column).all() for column in columns):
            raise Problem(400, "The model has no finite answer for these values.")
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [[dict(zip(self.targets, row, strict=True))] for row in rows]

    def array(self, points: Sequence[Sequence[Any]]) -> Any:
        """Return the points as the training had them: see its signature.rows."""
        if self.flat:
            return [point[0] for point in points]
        if self.of_numbers:
            return np.asarray(points, dtype=float)
        array = np.empty((len(points), self.width), dtype=object)
        array[:] = [[NAN if value is None else value for value in point] for point in points]
        return array

    def likeliest(self, probabilities: np.ndarray, classes: np.ndarray, k: int) -> Any:
        if not np.isfinite(probabilities).all():
            raise Problem(400, "The model has no finite answer for these values.")
        [target] = self.targets
        order = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
        names = classes[order].tolist()
        chances = np.take_along_axis(probabilities, order, axis=1).tolist()
        return [
            [{target: n, "probability": p} for n, p in zip(*pair, strict=True)]
            for pair in zip(names, chances, strict=True)
        ]

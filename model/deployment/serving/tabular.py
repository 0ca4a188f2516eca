"""The Model of any fitted scikit-learn estimator, from its pickle and its manifest."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from serving import artefacts
from serving.asking import ask, to_columns
from serving.formats import About, Query, Result, as_text
from serving.manifest import Manifest, Signature
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem

log = logging.getLogger(__name__)


def model(folder: str | Path) -> Model:
    """Return the Model of the NAME.pkl and NAME.json that `artefacts.write` made.

    Looks in the folder and up to two folders above. Raises ArtefactError if the files do not belong
    together.
    """
    # An array has its columns in the training's order, which the trial has checked.
    warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)
    return serve(*artefacts.load(Path(folder)))


def serve(estimator: Any, manifest: Manifest) -> Model:
    """Return the Model of an estimator; raise ValueError if the manifest contradicts itself.

    The inputs are the columns of the training table, and a result has the targets. A classifier of
    one target that has probabilities answers with the `k` likeliest classes, unless an input is
    called k.
    """
    signature = manifest.signature
    options: tuple[Parameter, ...] = ()
    if "probability" in signature.result and all(entry.name != "k" for entry in signature.inputs):
        what, classes = "How many classes, likeliest first.", len(estimator.classes_)
        options = (Parameter("k", what, "integer", "classes", 1, classes, default=1),)
    return Model(
        about={"version": manifest.pickle_sha256[:12]},
        inputs=signature.inputs,
        options=options,
        result=signature.result,
        predict=Tabular(estimator, signature),
        formats={"text": as_text(write_text, *signature.targets)},
        count="k" if options else "",
        example=signature.example,
        figures=lambda result: {n: v for n, v in result.items() if n == "probability"},
        title=manifest.about.get("title", Model.title),
    )


def write_text(query: Query, results: list[Result], about: About) -> str:
    """Write the predictions, one line per result; commas separate several targets."""
    members = [[v for name, v in result.items() if name != "probability"] for result in results]
    return "\n".join(", ".join(map(str, values)) for values in members)


@dataclass(frozen=True)
class Tabular:
    """Predicts with an estimator, for points or for columns of inputs' values."""

    estimator: Any
    signature: Signature

    def __call__(self, points: Sequence[Sequence[Any]], k: int = 1) -> list[list[Result]]:
        """Return the results of each point, as `predict_columns` computes them."""
        members = self.predict_columns(to_columns(self.signature.inputs, points), k)
        rows = zip(*(member.tolist() for member in members.values()), strict=True)  # k of each
        return [
            [dict(zip(members, result, strict=True)) for result in zip(*row, strict=True)]
            for row in rows
        ]

    def predict_columns(self, columns: Sequence[np.ndarray], k: int = 1) -> dict[str, np.ndarray]:
        """Return an array for each member of a result: shape (rows, 1), or (rows, k) with likelier
        classes first.

        `columns` has an array for each input: floats with NaN for numbers, else objects with None.
        Raises Problem (400) if the estimator rejects the values, or has no finite answer for them.
        """
        likeliest = "probability" in self.signature.result
        try:
            given = ask(self.signature.takes, self.signature.inputs, columns)
            # Non-finite answers are rejected below; processes or threads would only cost time.
            with np.errstate(all="ignore"), joblib.parallel_config("sequential"):
                answer = self.estimator.predict_proba if likeliest else self.estimator.predict
                predicted = np.asarray(answer(given)).reshape(len(columns[0]), -1)
        except Problem:
            raise
        except Exception as error:  # estimators have errors of their own
            log.exception("The estimator rejected the values")
            raise Problem(400, "The model cannot answer for these values.") from error
        if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
            raise Problem(400, "The model has no finite answer for these values.")
        if not likeliest:
            return {name: predicted[:, [i]] for i, name in enumerate(self.signature.targets)}
        order = predicted.argmax(axis=1)[:, None]
        if k > 1:
            order = np.argsort(-predicted, axis=1, kind="stable")[:, :k]
        return {
            self.signature.targets[0]: np.asarray(self.estimator.classes_)[order],
            "probability": np.take_along_axis(predicted, order, axis=1),
        }

"""Pickle a fitted model, and ask it in the training process."""

import pickle
import sys
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.pipeline import Pipeline

from artefacts.refusals import ModelError, unusable
from serving.asking import ask
from serving.manifest import Input

THRESHOLDS = (FixedThresholdClassifier, TunedThresholdClassifierCV)


class Pickler(pickle.Pickler):
    """Pickles estimators with n_jobs=None, and notes what the pickle refers to.

    More processes or threads would only cost time: a function has one or two processors.
    """

    def __init__(self, file: Any) -> None:
        super().__init__(file, protocol=5)
        self.path = file.name
        self.modules = {"sklearn"}
        self.parallel: set[str] = set()
        self.has_threshold = False  # so the model may not predict the likeliest class

    def reducer_override(self, part: Any) -> Any:
        module = getattr(part, "__module__", None) or type(part).__module__
        self.modules.add(module.partition(".")[0])
        self.has_threshold |= isinstance(part, THRESHOLDS)
        n_jobs = getattr(part, "n_jobs", None)
        if isinstance(part, type) or n_jobs in (None, 1):
            return NotImplemented
        self.parallel.add(f"{type(part).__name__}: the pickle has n_jobs=None instead of {n_jobs}.")
        part = copy(part)
        part.n_jobs = None
        return part.__reduce_ex__(5)

    def versions(self) -> dict[str, str]:
        """Return the versions of the packages that the pickle refers to."""
        modules = sorted(self.modules - sys.stdlib_module_names)
        found = {name: getattr(sys.modules.get(name), "__version__", "") for name in modules}
        return {name: version for name, version in found.items() if version}


def dump(model: Any, path: Path) -> Pickler:
    """Write the pickle; raise ModelError if the model has functions or classes without a name."""
    with path.open("wb") as file:
        pickler = Pickler(file)
        try:
            pickler.dump(model)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise unusable(f"it cannot be pickled: {error}") from error
    for line in sorted(pickler.parallel):
        print(line, file=sys.stderr)
    return pickler


def predict_here(
    model: Any,
    frame: pd.DataFrame,
    targets: Sequence[str],
    inputs: Sequence[Input],
    columns: Sequence[np.ndarray],
) -> tuple[str, dict[str, np.ndarray]]:
    """Return how the model takes the inputs in this process, and its results by their names.

    The results are arrays of shape (rows, 1): one for each target, and one called "probability" if
    the predictions are always the likeliest classes.
    """
    ways, reason = ["frame", "array"], ""
    if [entry.type for entry in inputs] == ["string"] and not hasattr(model, "n_features_in_"):
        ways = ["texts", *ways]
    for way in ways:
        given = frame if way == "frame" else ask(way, inputs, columns)
        try:
            predicted = np.asarray(model.predict(given)).reshape(len(frame), -1)
        except Exception as error:
            reason = reason or f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            results = by_target(predicted, targets or ["label"])
            return way, results | probability(model, given, *results.values())
    raise unusable(reason)


def by_target(predicted: np.ndarray, targets: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the column of each target; raise ModelError if they do not match or are not finite."""
    if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
        raise ModelError("The model predicts NaN or infinity for rows of the table.")
    if predicted.shape[1] != len(targets):
        raise ModelError(
            f"The model predicts {predicted.shape[1]} values, but `target` names {len(targets)}: "
            f"{', '.join(targets)}. Name a column for each, and add those that the table lacks. "
            "If these are probabilities, use an estimator that predicts a class: LGBMClassifier."
        )
    return {target: predicted[:, [i]] for i, target in enumerate(targets)}


def probability(model: Any, given: Any, *predicted: np.ndarray) -> dict[str, np.ndarray]:
    """Return the probabilities of the predictions, if they are always the likeliest classes."""
    classes = getattr(model, "classes_", None)
    if len(predicted) > 1 or not isinstance(classes, np.ndarray) or classes.ndim > 1:
        return {}
    last = last_step(model)
    if getattr(getattr(last, "estimator", last), "probability", None) is True:
        return {}  # an SVC fits its probabilities apart from its predictions
    try:
        found = np.asarray(model.predict_proba(given))
    except Exception:  # some models only say so when they are called
        return {}
    is_likeliest = classes[found.argmax(axis=1)][:, None] == predicted[0]
    return {"probability": found.max(axis=1)[:, None]} if is_likeliest.all() else {}


def last_step(model: Any) -> Any:
    """Return the estimator that chooses the class, inside pipelines, searches and stacks."""
    if isinstance(model, Pipeline):
        return last_step(model[-1])
    for name in ("best_estimator_", "final_estimator_"):
        if hasattr(model, name):
            return last_step(getattr(model, name))
    return model

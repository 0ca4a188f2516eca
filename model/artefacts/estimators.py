"""Pickle a fitted model, find its parts, and predict with it in the training process."""

import pickle
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV

from artefacts.refusals import ModelError, unusable
from serving.asking import ask
from serving.manifest import Input

Predicted = tuple[str, np.ndarray, np.ndarray | None]


def pickled(model: Any) -> bytes:
    """Return the pickle, in which no part starts its own processes or threads.

    They would only cost time: a function has one or two processors.
    """
    parallel = [part for part in parts(model) if getattr(part, "n_jobs", None) not in (None, 1)]
    asked = [part.n_jobs for part in parallel]
    for name, n_jobs in sorted({(type(p).__name__, p.n_jobs) for p in parallel}):
        print(f"{name}: the pickle has n_jobs=None instead of {n_jobs}.", file=sys.stderr)
    try:
        for part in parallel:
            part.n_jobs = None
        return pickle.dumps(model, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise unusable(f"it cannot be pickled: {error}") from error
    finally:
        for part, n_jobs in zip(parallel, asked, strict=True):
            part.n_jobs = n_jobs


def has_threshold(model: Any) -> bool:
    """Return whether a part has its own threshold: it may not predict the likeliest class."""
    thresholds = (FixedThresholdClassifier, TunedThresholdClassifierCV)
    return any(isinstance(part, thresholds) for part in parts(model))


def parts(model: Any) -> Iterator[Any]:
    """Yield the estimators inside the model, and the model itself."""
    seen: set[int] = set()
    left = [model]
    while left:
        part = left.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, (list, tuple)):
            left += part
        elif isinstance(part, dict):
            left += part.values()
        elif isinstance(part, np.ndarray) and part.dtype == object:
            left += part.ravel().tolist()
        elif hasattr(part, "get_params") and not isinstance(part, type):
            yield part
            left += vars(part).values()


def predict_here(
    model: Any, table: pd.DataFrame, inputs: Sequence[Input], columns: Sequence[np.ndarray]
) -> Predicted:
    """Return how the model takes the table in the training process, and what it predicts.

    The last are the probabilities of classes, if it has any.
    """
    ways = ["array", "frame"]
    if hasattr(model, "feature_names_in_"):
        ways = ["frame"]
    elif [entry.type for entry in inputs] == ["string"] and not hasattr(model, "n_features_in_"):
        ways = ["texts", "array", "frame"]
    reason = ""
    for way in ways:
        given = table if way == "frame" else ask(way, inputs, columns)
        try:
            with warnings.catch_warnings(action="ignore"):
                predicted = model.predict(given)
        except Exception as error:
            reason = reason or f"{type(error).__name__}: {error}".splitlines()[0]
            continue
        if not isinstance(predicted, np.ndarray):
            raise ModelError(
                f"The model predicts a {type(predicted).__name__}. It must predict an array: "
                "fit it on dense targets."
            )
        if len(predicted) == len(table):
            if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
                raise ModelError("The model predicts NaN or infinity for rows of the table.")
            return way, predicted, probabilities(model, given)
    raise unusable(reason or "it does not predict a value for each row")


def probabilities(model: Any, given: Any) -> np.ndarray | None:
    """Return the probabilities of each class, if the model has any for one target."""
    try:
        with warnings.catch_warnings(action="ignore"):
            found = model.predict_proba(given)
    except Exception:  # some models only say so when they are called
        return None
    return found if isinstance(found, np.ndarray) else None

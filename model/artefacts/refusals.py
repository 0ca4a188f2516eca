"""Explain why a model cannot be served, and how to fix it."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

OWN_STEPS = (
    "Move your own functions and classes to model/deployment/steps.py, and import them from there: "
    "from steps import ..."
)
PANDAS = (
    "The function has no pandas, and this model needs it. Run: echo pandas >> "
    "model/requirements.in; make lock. A cold start then takes about {cost} s longer"
)
FILL_IN = "Fill in missing values in a pipeline, with SimpleImputer, or drop those rows"
ADVICE = {  # by a part of what an error says
    "No module named 'pandas'": PANDAS,
    "No module named": "Add its package to model/requirements.in, and run: make lock",
    "__main__": OWN_STEPS,
    "lambda": OWN_STEPS,
    "local object": OWN_STEPS,
    "not fitted": "Call fit before write",
    "features, but": "The table must have the columns that it was fitted on, and the targets",
    "feature names should match": "Pass the table that it was fitted on",
    "string to float": "Encode strings in a pipeline, with OneHotEncoder or OrdinalEncoder",
    "contains NaN": FILL_IN,
    "no attribute 'lower'": FILL_IN,
    "expected data type: DMatrix": "Use XGBClassifier or XGBRegressor: load_model reads a Booster",
}
# An error ends the training with its sentence. With TRACEBACK=1 it has its traceback, too.
Base: type[BaseException] = ValueError if os.environ.get("TRACEBACK") else SystemExit


class ModelError(Base):  # type: ignore[misc, valid-type]
    """The model cannot be served; the message says why, and what to change in the training."""


def unusable(said: str) -> ModelError:
    """Return the error for what was said by a model that cannot be asked or loaded."""
    advice = next((advice for part, advice in ADVICE.items() if part in said), "Fix training.py")
    return ModelError(f"The function could not use this model: {said.rstrip('.')}. {advice}.")


def check(model: Any, table: pd.DataFrame, targets: Sequence[str], named: Sequence[str]) -> None:
    """Raise ModelError if model and table do not belong together; all `named` must be columns."""
    if not isinstance(table, pd.DataFrame):
        raise ModelError(f"The table is a {type(table).__name__}. It must be a pandas DataFrame.")
    if not hasattr(model, "predict"):
        raise ModelError(
            f"{type(model).__name__} has no predict. Write a model that predicts: a pipeline that "
            "ends in a classifier, a regressor or a clusterer such as KMeans."
        )
    columns = [*table.columns]
    inputs = [name for name in columns if name not in targets]
    if absent := [name for name in named if name not in columns]:
        has = ", ".join(map(str, columns))
        raise ModelError(f"The table has no column {absent[0]!r}. It has {has}.")
    if not table.columns.is_unique:
        raise ModelError("Two columns of the table have one name. Rename one.")
    if table.empty or not inputs:
        raise ModelError("The table has no rows, or no columns besides the targets.")
    if "probability" in targets:
        raise ModelError("A target is called probability, as a member of results is. Rename it.")
    fitted_on = [*getattr(model, "feature_names_in_", inputs)]
    if _plain(fitted_on) != _plain(inputs):
        difference = _difference(fitted_on, inputs)
        raise ModelError(f"The model was fitted on certain columns, and the table {difference}.")


def compare_classes(model: Any, table: pd.DataFrame, targets: Sequence[str]) -> None:
    """Raise ModelError if the model predicts a class that its target never has."""
    classes = getattr(model, "classes_", None)
    of_each = [classes] if isinstance(classes, np.ndarray) else classes or []
    for target, found in zip(targets, of_each, strict=False):
        known = table[target].unique().tolist()
        if unknown := [name for name in np.asarray(found).tolist() if name not in known]:
            raise ModelError(
                f"The model predicts {unknown[0]!r}, which {target} never is: it is {known[0]!r}, "
                "for example. Put into the table the column that it was fitted on, or fit it on "
                "this one. (A classifier that only accepts numbers as classes can be wrapped: "
                "VotingClassifier([('model', XGBClassifier())], voting='soft').)"
            )


def _plain(names: Sequence[Any]) -> list[str]:
    """Return the names as LightGBM has them, which replaces spaces."""
    return ["_".join(str(name).split()) for name in names]


def _difference(fitted_on: Sequence[Any], inputs: Sequence[Any]) -> str:
    more = [str(name) for name in inputs if name not in fitted_on]
    fewer = [str(name) for name in fitted_on if name not in inputs]
    if not more and not fewer:
        return "has them in another order. Give it the same"
    if len(more) == 1 and not fewer:
        return f"also has {more[0]}. If that is the target, write target={more[0]!r}"
    also = f"also has {', '.join(more)}" if more else ""
    lacks = f"lacks {', '.join(fewer)}" if fewer else ""
    both = " and ".join(filter(None, (also, lacks)))
    return f"{both}. Give it the same columns, and change them in the model's pipeline"


def explain(failures: Mapping[str, str], own: str) -> ModelError:
    """Return the error for a model that cannot be asked in any way, by what it said to each.

    own: how it is asked where it was trained.
    """
    said = failures.get("load") or failures[own]
    if own == "frame" and "No module named 'pandas'" in said:
        return ModelError(
            f"The model cannot be asked without pandas: {failures['table']}. {PANDAS}."
        )
    return unusable(said)

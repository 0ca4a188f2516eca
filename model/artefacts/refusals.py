"""Explain why a model cannot be served, and how to fix it."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import packages_distributions
from typing import Any

import numpy as np
import pandas as pd
import sklearn.base
from sklearn.exceptions import InconsistentVersionWarning

OWN_STEPS = (
    "Move your own functions and classes to model/deployment/steps.py, which is deployed, and "
    "import them from there: from steps import NAME"
)
PANDAS = (
    "Avoid DataFrames, Timestamps and category dtypes in it, or add pandas to the function, which "
    "takes 0.2 s at every cold start: echo pandas >> model/requirements.in; make lock"
)
ROW_BY_ROW = (
    "A prediction must depend only on its own row: not on chance, on other rows or on earlier "
    "predictions"
)
SET_OUTPUT = (
    "The function does not call sklearn.set_config(transform_output=...). Set it in the pipeline: "
    "pipeline.set_output(transform='pandas')"
)
ADVICE = {  # by a part of the error's text
    "one by one": ROW_BY_ROW,
    "'isnan'": "Convert columns of dtype object to numbers: table[NAME].astype(float)",
    "__main__": OWN_STEPS,
    "lambda": OWN_STEPS,
    "local object": OWN_STEPS,
    "not fitted": "Call fit before write",
    "features, but": "Pass the table that it was fitted on, targets included",
    "string to float": "Encode strings in a pipeline, with OneHotEncoder or OrdinalEncoder",
    "contains NaN": "Fill in missing values in a pipeline, with SimpleImputer, or drop those rows",
    "no attribute 'lower'": "Fill in missing texts, with table.fillna(''), or drop those rows",
    "cannot reshape": "It must predict a value for each row, in a dense array. If it was fitted on "
    "a single column of texts, the table must only have that one and the target",
    "unknown categories": "Fit it on all rows of the table, or let the encoder ignore others: "
    "OneHotEncoder(handle_unknown='ignore')",
    "attribute 'items'": "If it takes dictionaries, start its pipeline with a FunctionTransformer "
    "that makes them of a DataFrame's rows",
    "DMatrix": "Use XGBClassifier or XGBRegressor, whose load_model reads a Booster's file",
    "but predicted": ROW_BY_ROW,
}
# An error ends training.py with only its message, or with a traceback if TRACEBACK=1 is set.
Base: type[BaseException] = ValueError if os.environ.get("TRACEBACK") else SystemExit


class ModelError(Base):  # type: ignore[misc, valid-type]
    """The model cannot be served; the message says why, and what to change in training.py."""


def unusable(reason: str, advice: str = "") -> ModelError:
    """Return the error for a model that cannot be loaded or asked."""
    advice = advice or advise(reason)
    return ModelError(f"The function could not use this model: {reason.rstrip('.')}. {advice}.")


def advise(reason: str) -> str:
    """Return what helps against an error."""
    if missing := re.search(r"(?:No module named|output container to) '(\w+)", reason):
        [package, *_] = packages_distributions().get(missing[1], [""])
        package = "xgboost-cpu" if package == "xgboost" else package  # without 700 MB of CUDA
        return f"Run: echo {package} >> model/requirements.in; make lock" if package else OWN_STEPS
    is_configured = sklearn.get_config()["transform_output"] != "default"
    otherwise = SET_OUTPUT if is_configured else "Fix training.py"
    return next((advice for part, advice in ADVICE.items() if part in reason), otherwise)


def note_version(**versions: str) -> InconsistentVersionWarning:
    """Return scikit-learn's warning, and note it, as scripts may ignore warnings.

    A new pickle of the model would claim the installed version, so nobody would be warned again.
    """
    warning = InconsistentVersionWarning(**versions)
    other_versions.append(str(warning).partition(". ")[0])
    return warning


# Of scikit-learn, in the files that this process loaded; Python remembers warnings that it showed.
other_versions = [
    str(shown[0]).partition(". ")[0]
    for shown in getattr(sklearn.base, "__warningregistry__", {})
    if isinstance(shown, tuple) and InconsistentVersionWarning in shown
]
sklearn.base.InconsistentVersionWarning = note_version


def check(model: Any, table: pd.DataFrame, targets: Sequence[str], named: Iterable[str]) -> None:
    """Raise ModelError if the model and the table do not match; all `named` must be inputs."""
    if other_versions:
        raise ModelError(
            f"{other_versions[0]}. Train it with the version in model/requirements.txt, or put its "
            "version into model/requirements.in and run make lock."
        )
    if not isinstance(table, pd.DataFrame):
        raise ModelError(f"The table is a {type(table).__name__}. It must be a pandas DataFrame.")
    if not hasattr(model, "predict"):
        raise ModelError(
            f"{type(model).__name__} has no `predict` method. Use a model that has one: a pipeline "
            "that ends in a classifier, a regressor or a clusterer such as KMeans."
        )
    columns = [*table.columns]
    inputs = [name for name in columns if name not in targets]
    for what, names, known in (("column", targets, columns), ("input", named, inputs)):
        if absent := [name for name in names if name not in known]:
            listed = ", ".join(map(str, known))
            raise ModelError(f"The table has no {what} {absent[0]!r}. Its {what}s are {listed}.")
    if not table.columns.is_unique:
        raise ModelError("Two columns of the table have the same name. Rename one.")
    if table.empty or not inputs:
        raise ModelError("The table has no rows, or no columns besides the targets.")
    if "probability" in targets:
        raise ModelError("A target is called probability, which results already have. Rename it.")
    given = [*map(str, inputs)]
    fitted_on = [*map(str, getattr(model, "feature_names_in_", given))]
    if fitted_on not in (given, [name.replace(" ", "_") for name in given]):  # as in LightGBM
        more = [name for name in given if name not in fitted_on]
        fewer = [name for name in fitted_on if name not in given]
        found = (("also has", more), ("lacks", fewer))
        wrong = " and ".join(f"{verb} {', '.join(names)}" for verb, names in found if names)
        raise ModelError(
            "The table must have the columns that the model was fitted on: it "
            f"{wrong or 'has them in another order'}. Name all targets in `target`, drop unused "
            "columns, and transform columns in the pipeline."
        )


def compare_classes(
    model: Any, table: pd.DataFrame, types: Mapping[str, str], results: Mapping[str, np.ndarray]
) -> None:
    """Raise ModelError if the model predicts a class that its target does not have."""
    has_classes = len(getattr(model, "classes_", ())) > 0
    for target, type_ in types.items():
        known = table[target].dropna().tolist()
        unknown = {*results[target][:, 0].tolist()} - {*known}
        if unknown and (has_classes or type_ == "string"):
            raise ModelError(
                f"The model predicts {unknown.pop()!r}, which {target} does not have; it has "
                f"{known[0]!r}, for example. Fit a classifier on the table's own column, or add "
                "rows of this class. If it only accepts numbers as classes, wrap it: "
                "VotingClassifier([('model', XGBClassifier())], voting='soft')."
            )

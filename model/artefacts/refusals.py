"""What is said of a model that cannot be served: an error in, a sentence that mends it out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

OF_LIBRARIES = (
    "Build it of what libraries have: FunctionTransformer(np.log1p), say, and neither a lambda nor "
    "a function or class of the training"
)
BY_NUMBER = (
    "Fit it on artefacts.rows(inputs), and give columns by number: "
    "[inputs.columns.get_loc(name) for name in ('a', 'b')]"
)
FILL_IN = "Fill in what is missing in a pipeline, by SimpleImputer, or drop those rows"
NO_PANDAS = "The function has no pandas: do without its functions, and without set_output"
ADVICE = {  # by a part of what an error says
    "using strings": BY_NUMBER,
    "only supported for": BY_NUMBER,
    "feature names should match": BY_NUMBER,
    "requires pandas": NO_PANDAS,
    "No module named 'pandas'": NO_PANDAS,
    "No module named": "Name its package in model/requirements.in, and run: make lock",
    "Can't get attribute": OF_LIBRARIES,
    "not fitted": "Call fit before write",
    "features, but": "The table must have the columns that it was fitted on, and the targets",
    "string to float": "Encode strings in a pipeline: OneHotEncoder or OrdinalEncoder",
    "contains NaN": FILL_IN,
    "no attribute 'lower'": FILL_IN,
}


class ModelError(ValueError):
    """The model cannot be served; the message says why, and what to change in the training."""


def refusal(said: str) -> ModelError:
    """Return the error for what the model said when it was given what the function gives it."""
    advice = next((advice for part, advice in ADVICE.items() if part in said), "Mend the training")
    return ModelError(f"The function could not use this model: {said.rstrip('.')}. {advice}.")


def check(model: Any, table: pd.DataFrame, targets: Sequence[str], named: Sequence[str]) -> None:
    """Raise ModelError if model and table do not belong together; all `named` must be columns."""
    if not isinstance(table, pd.DataFrame):
        raise ModelError(f"The table is a {type(table).__name__}. It must be a pandas DataFrame.")
    columns = [*table.columns]
    inputs = [name for name in columns if name not in targets]
    fitted_on = [*getattr(model, "feature_names_in_", inputs)]
    absent = [name for name in named if name not in columns]
    wrong = {
        f"{type(model).__name__} has no predict. Write a model that predicts: a pipeline that ends "
        "in a classifier, a regressor or a clusterer such as KMeans": not hasattr(model, "predict"),
        f"The table has no column {absent[:1]}. It has {', '.join(map(str, columns))}": absent,
        "Two columns of the table have one name. Rename one": not table.columns.is_unique,
        "The table has no rows, or no columns besides the targets": table.empty or not inputs,
        difference(fitted_on, inputs): fitted_on != inputs,
        "A target is called probability, which a result has besides it. Rename it": (
            "probability" in targets
        ),
    }
    for sentence, is_wrong in wrong.items():
        if is_wrong:
            raise ModelError(f"{sentence}.")


def compare_classes(model: Any, table: pd.DataFrame, targets: Sequence[str]) -> None:
    """Raise ModelError if a class that the model predicts is no value of its target."""
    classes = getattr(model, "classes_", None)
    of_each = [classes] if isinstance(classes, np.ndarray) else classes or []
    for target, found in zip(targets, of_each, strict=False):
        known = table[target].unique().tolist()
        if strange := [name for name in np.asarray(found).tolist() if name not in known]:
            raise ModelError(
                f"The model predicts {strange[0]!r}, which {target} never has: it has "
                f"{known[0]!r}, say. Fit it on that column, or put into the table what it was "
                "fitted on."
            )


def difference(fitted_on: Sequence[Any], inputs: Sequence[Any]) -> str:
    """Say how the table's columns differ from those that the model was fitted on."""
    more = [str(name) for name in inputs if name not in fitted_on]
    fewer = [str(name) for name in fitted_on if name not in inputs]
    if len(more) == 1 and not fewer:
        advice = f"also has {more[0]}. If that is the target, write target={more[0]!r}"
    elif more or fewer:
        also = f"also has {', '.join(more)}" if more else ""
        lacks = f"lacks {', '.join(fewer)}" if fewer else ""
        both = " and ".join(filter(None, (also, lacks)))
        advice = f"{both}. Give it the same columns, and change them in the model's pipeline"
    else:
        advice = "has them in another order. Give it the same"
    return f"The model was fitted on certain columns, and the table {advice}"

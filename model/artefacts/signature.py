"""What a model is asked and answers: a training table in, the signature for the manifest out."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from artefacts.refusals import ModelError, check, compare_classes, refusal

MOST_CHOICES = 50  # more different strings than this are free text
LONGEST = 10_000  # characters of free text
MOST_TRIED = 1_000  # rows, as examples, and to see whether the likeliest class is predicted
NUMBERS = ("number", "integer", "boolean")
INPUTS_OWN = ("format", "defaulted", "k")  # a query has these besides its inputs
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string"}
# As in the function, which has no names of columns.
warnings.filterwarnings("ignore", "X does not have valid feature names", UserWarning)


def rows(inputs: pd.DataFrame) -> np.ndarray:
    """Return the inputs as the function gives them to the model.

    Numbers and booleans alone are an array of floats. Other tables are an array of objects: str,
    int, float and bool, with NaN for each missing value. The function has no pandas, so a model
    that is fitted on this array knows no names of columns that it would miss.
    """
    if all(kind(column) in NUMBERS for _, column in inputs.items()):
        return inputs.to_numpy(dtype=float, na_value=np.nan)
    return inputs.astype(object).where(inputs.notna(), np.nan).to_numpy(dtype=object)


def as_taken(given: np.ndarray, flat: bool) -> Any:
    """Return rows for a model that takes them, or its one text as it is (flat)."""
    return given[:, 0].tolist() if flat else given


def kind(column: pd.Series) -> str:
    """Return JSON Schema's name for what the column has; raise ModelError if there is none."""
    kinds = {type(value) for value in column.dropna().infer_objects().tolist()}
    names = {TYPES.get(found) for found in kinds}
    if names == {"integer", "number"}:
        return "number"
    if len(names) == 1 and (name := names.pop()):
        return name
    found = " and ".join(sorted(kind.__name__ for kind in kinds)) or "nothing"
    raise ModelError(
        f"The column {column.name} has {found}. It must have numbers alone, booleans alone or "
        "strings alone, besides missing values. Convert or drop it."
    )


def describe(
    model: Any,
    table: pd.DataFrame,
    targets: Sequence[str],
    units: Mapping[str, str],
    example: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the signature: inputs, an example of them, targets, the types of a result.

    `flat` says that the model takes its one text as it is, and not in a row; `probabilities`, that
    it has some, and predicts the likeliest class. Raises ModelError for a table that no request can
    say, and a model that cannot predict what JSON can say.
    """
    check(model, table, targets, [*targets, *units, *(example or {})])
    inputs = table.drop(columns=[*targets])
    described = [_input(inputs[name], units.get(str(name), "")) for name in inputs]
    row = _complete(inputs)
    [known] = inputs.iloc[[row]].astype(object).to_dict("records")
    values = {str(n): v for n, v in known.items() if not pd.isna(v)}
    for name, value in (example or {}).items():
        values[name] = value.item() if isinstance(value, np.generic) else value
    given = rows(inputs)
    asked = given[[row]]
    for name, value in values.items():
        try:
            asked[0, inputs.columns.get_loc(name)] = value
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"The example has {name} = {value!r}, which no input can be."
            ) from error
    flat = [entry["type"] for entry in described] == ["string"] and _takes_texts(model, asked)
    if flat:
        described[0].pop("choices", None)
    result = _result(predict(model, as_taken(asked, flat)), [*targets] or ["label"])
    compare_classes(model, table, targets)
    tried = as_taken(given[:MOST_TRIED], flat)
    probabilities = len(result) == 1 and _gives_probabilities(model, tried)
    return {
        "inputs": described,
        "targets": [*result],
        "result": result | ({"probability": "number"} if probabilities else {}),
        "example": values,
        "flat": flat,
        "probabilities": probabilities,
    }


def predict(model: Any, given: Any) -> Any:
    """Return what the model predicts; raise ModelError if it cannot."""
    try:
        return model.predict(given)
    except Exception as error:
        raise refusal(f"{type(error).__name__}: {error}".splitlines()[0]) from error


def _complete(inputs: pd.DataFrame) -> int:
    """Return the number of the first row that has all values, or most; of texts, the shortest."""
    inputs = inputs.head(MOST_TRIED)
    long = inputs.map(lambda value: len(value) // 100 if isinstance(value, str) else 0)
    return int(np.lexsort((long.sum(axis=1), inputs.isna().sum(axis=1)))[0])


def _takes_texts(model: Any, asked: np.ndarray) -> bool:
    """Say whether the model takes a list of texts: it was not fitted on columns, and answers."""
    if hasattr(model, "n_features_in_"):
        return False
    try:
        model.predict(as_taken(asked, flat=True))
    except (AttributeError, TypeError, ValueError):
        return False
    return True


def _gives_probabilities(model: Any, tried: Any) -> bool:
    """Say whether the likeliest class is what is predicted: a threshold may predict another."""
    classes = getattr(model, "classes_", None)
    if not isinstance(classes, np.ndarray) or not hasattr(model, "predict_proba"):
        return False
    predicted = predict(model, tried)
    return np.array_equal(classes[model.predict_proba(tried).argmax(axis=1)], predicted)


def _input(column: pd.Series, unit: str) -> dict[str, Any]:
    """Describe a column as a parameter: its type, what it may be, and what it was in training."""
    name, known = column.name, column.dropna()
    if not isinstance(name, str) or not name.strip() or name in INPUTS_OWN:
        raise ModelError(
            f"A column is called {name!r}, which no input can be. Rename it in the table."
        )
    described: dict[str, Any] = {"name": name, "description": "As in the training data."}
    described["type"] = kind(column)
    if described["type"] == "string":
        values = sorted({*known})
        if len(values) <= MOST_CHOICES and 2 * len(values) <= len(known) and "" not in values:
            described["choices"] = values
        described["longest"] = max(LONGEST, *map(len, values), 1)
    elif described["type"] != "boolean":
        low, high = min(known.tolist()), max(known.tolist())
        if np.isinf([low, high]).any():
            raise ModelError(f"The column {name} has an infinite value. Drop those rows.")
        described["description"] = f"From {low} to {high} in the training data."
    if unit:
        described["unit"] = unit
    if len(known) == len(column):
        described["required"] = True
    return described


def _result(predicted: Any, targets: Sequence[str]) -> dict[str, str]:
    """Name the JSON type of each target, as the model predicts it for one row."""
    if not isinstance(predicted, np.ndarray):
        raise ModelError(
            f"The model predicts a {type(predicted).__name__}, and must predict an array. "
            "Fit it on dense targets."
        )
    first = predicted.ravel().tolist()
    if len(first) != len(targets):
        raise ModelError(
            f"The model predicts {len(first)} values, and has {len(targets)} targets: "
            f"{', '.join(targets)}. Name in `target` the columns that it predicts."
        )
    for target, value in zip(targets, first, strict=True):
        if type(value) not in TYPES:
            raise ModelError(
                f"{target} is predicted as {type(value).__name__}. It must be a number, a boolean "
                "or a string. Convert it in the table."
            )
    return {target: TYPES[type(value)] for target, value in zip(targets, first, strict=True)}

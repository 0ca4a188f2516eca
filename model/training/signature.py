"""What a model is asked and answers: a training table in, the signature for the manifest out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

MOST_CHOICES = 50  # more different strings than this are free text
LONGEST = 10_000  # characters of free text
RESERVED = ("format", "defaulted")  # every query has these besides its inputs


class ModelError(ValueError):
    """The model cannot be served; the message says why, and what to change in the training."""


def rows(inputs: pd.DataFrame) -> np.ndarray:
    """Return the inputs as the function gives them to the model.

    Numbers and booleans alone are an array of floats. Other tables are an array of objects: str,
    int, float and bool, with NaN for each missing value. The function has no pandas, so a model
    that is fitted on this array knows no names of columns that it would miss.
    """
    if all(pd.api.types.is_numeric_dtype(inputs[column]) for column in inputs):
        return inputs.to_numpy(dtype=float, na_value=np.nan)
    return inputs.astype(object).where(inputs.notna(), np.nan).to_numpy(dtype=object)


def describe(
    model: Any,
    table: pd.DataFrame,
    targets: Sequence[str],
    units: Mapping[str, str],
    example: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the signature: inputs, an example of them, targets, the types of a result.

    `flat` says that the model takes its one text as it is, and not in a row. Raises ModelError for
    what a query cannot send or JSON cannot say.
    """
    for name in [*targets, *units, *(example or {})]:
        if name not in table:
            raise ModelError(
                f"The table has no column {name!r}. It has {', '.join(map(str, table))}."
            )
    inputs = table.drop(columns=[*targets])
    described = [_input(inputs[name], units.get(str(name), "")) for name in inputs]
    complete = inputs.dropna()
    first = inputs.iloc[:1] if complete.empty else complete.iloc[:1]
    known = {n: v.item() for n, v in _objects(first) if not pd.isna(v.item())}
    values: dict[str, Any] = dict(example or known)
    asked = pd.DataFrame([values], columns=inputs.columns).astype(inputs.dtypes.to_dict())
    is_text = [entry.get("longest") for entry in described] == [LONGEST]
    flat = is_text and not _takes_rows(model, asked)
    predicted = model.predict(asked.iloc[:, 0].tolist() if flat else rows(asked))
    result = dict(_result(np.asarray(predicted), [*targets] or ["label"]))
    signature = {"inputs": described, "targets": [*result], "result": result, "example": values}
    return signature | ({"flat": True} if flat else {})


def _objects(table: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    return [(str(name), column.astype(object)) for name, column in table.items()]


def _takes_rows(model: Any, inputs: pd.DataFrame) -> bool:
    try:
        model.predict(rows(inputs))
    except (AttributeError, TypeError, ValueError):
        return False
    return True


def _input(column: pd.Series, unit: str) -> dict[str, Any]:
    """Describe a column as a parameter: its type, what it may be, and what it was in training."""
    name, known = column.name, column.dropna()
    if not isinstance(name, str) or not name or name in RESERVED:
        raise ModelError(f"A column is called {name!r}, which no input can be. Rename it.")
    kinds = {type(value) for value in known.astype(object)}
    described: dict[str, Any] = {"name": name, "description": "As in the training data."}
    if kinds <= {bool, np.bool_} and kinds:
        described["type"] = "boolean"
    elif pd.api.types.is_numeric_dtype(column) and kinds:
        described["type"] = "integer" if pd.api.types.is_integer_dtype(column) else "number"
        low, high = known.min().item(), known.max().item()
        described["description"] = f"From {low} to {high} in the training data."
    elif kinds == {str}:
        values = sorted({*known})
        described["type"] = "string"
        if len(values) <= MOST_CHOICES and 2 * len(values) <= len(known) and "" not in values:
            described["choices"] = values
        else:
            described["longest"] = LONGEST
    else:
        found = " and ".join(sorted(kind.__name__ for kind in kinds)) or "nothing"
        raise ModelError(
            f"The column {name} has {found}. It must have numbers alone, booleans alone or strings "
            "alone, besides missing values. Convert or drop it."
        )
    if unit:
        described["unit"] = unit
    if len(known) == len(column):
        described["required"] = True
    return described


def _result(predicted: np.ndarray, targets: list[str]) -> list[tuple[str, str]]:
    """Name the JSON type of each target, as the model predicts it."""
    first = predicted.reshape(1, -1)[0].tolist() if len(predicted) else []
    if len(first) != len(targets):
        raise ModelError(
            f"The model predicts {len(first)} values, and has {len(targets)} targets: "
            f"{', '.join(targets)}. Name in `target` the columns that it predicts."
        )
    types = {bool: "boolean", int: "integer", float: "number", str: "string"}
    for target, value in zip(targets, first, strict=True):
        if type(value) not in types:
            raise ModelError(f"{target} is predicted as {type(value).__name__}, not as plain data.")
        if value != value or value in (float("inf"), float("-inf")):
            raise ModelError(f"{target} is predicted as {value} for the example. Mend the model.")
    return [(target, types[type(value)]) for target, value in zip(targets, first, strict=True)]

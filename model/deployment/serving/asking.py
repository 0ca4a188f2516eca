"""Convert the inputs' columns to what an estimator takes: an array, texts, a table or a frame."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np

from serving.manifest import Input
from serving.parameters import NAN, NUMBERS, Parameter
from serving.problems import Problem, quoted


def to_columns(inputs: Sequence[Parameter], points: Sequence[Sequence[Any]]) -> list[np.ndarray]:
    """Return an array for each input: floats with NaN for numbers, else objects with None."""
    values = zip(*points, strict=True) if len(points) else ((),) * len(inputs)
    return [
        np.array(column, dtype=float if entry.type in NUMBERS else object)
        for entry, column in zip(inputs, values, strict=True)
    ]


def ask(takes: str, inputs: Sequence[Input], columns: Sequence[np.ndarray]) -> Any:
    """Return what the estimator takes, with the dtypes of the training table.

    Raises Problem (400) for text that is not a date, or a category missing from the training data.
    """
    if takes == "texts":
        return _with_nan(columns[0]).tolist()
    if takes == "frame":
        return _frame(inputs, columns)
    typed = [_typed(*pair) for pair in zip(inputs, columns, strict=True)]
    if takes == "table":
        from serving.table import Table

        return Table({entry.name: column for entry, column in zip(inputs, typed, strict=True)})
    are_booleans = all(column.dtype == bool for column in typed)
    if not are_booleans and not any(entry.type == "string" for entry in inputs):
        typed = [c.astype(float) if c.dtype.kind in "Ob" else c for c in typed]
    return stack(typed)


def stack(columns: Sequence[np.ndarray], dtype: Any = None) -> np.ndarray:
    """Return the columns side by side, as objects where pandas would: if not all are numbers."""
    dtypes = {column.dtype for column in columns}
    if dtype is None and len(dtypes) > 1 and any(found.kind in "ObM" for found in dtypes):
        dtype = object
    return np.stack(columns, axis=1, dtype=dtype, casting="unsafe")


def _typed(entry: Input, values: np.ndarray) -> np.ndarray:
    """Return a column as pandas would give it to numpy, with its own missing values."""
    if entry.is_date:
        return _dates(entry, values)
    if entry.type in NUMBERS:
        return _numbers(entry, values)
    if entry.dtype == "bool":
        return values.astype(bool)
    return values if entry.has_none else _with_nan(values)


def _numbers(entry: Input, values: np.ndarray) -> np.ndarray:
    """Return numbers with the training's dtype, or a wider one if that would change them."""
    dtype = entry.dtype.lower().partition("[")[0]  # "Int64" and "int64[pyarrow]" are int64, too
    if dtype in ("float16", "float32"):
        return values.astype(dtype)
    if entry.type == "integer" and entry.required:  # optional ones are floats, missing or not
        own = [dtype] if dtype.startswith(("int", "uint")) else []
        for narrow in (*own, "int64"):
            with np.errstate(invalid="ignore"):  # NaN and numbers that are too large
                cast = values.astype(narrow)
            if (cast == values).all():
                return cast
    return values


def _with_nan(values: np.ndarray) -> np.ndarray:
    missing = np.array([value is None for value in values.tolist()])
    return np.where(missing, NAN, values) if missing.any() else values


def _dates(entry: Input, values: np.ndarray) -> np.ndarray:
    first, last = entry.years
    dates: list[datetime | None] = []
    for text in values.tolist():
        try:
            date = None if text is None else datetime.fromisoformat(text.strip())
            if date and (date.tzinfo or not first <= date.year <= last):
                raise ValueError("it has a time zone, or is out of range")
        except ValueError as error:
            raise entry.problem(text, "which is not a valid date") from error
        dates.append(date)
    return np.array(dates, dtype=entry.dtype)


def _frame(inputs: Sequence[Input], columns: Sequence[np.ndarray]) -> Any:
    """Return a pandas DataFrame with the dtypes of the training table."""
    import pandas as pd

    frame = {}
    for entry, values in zip(inputs, columns, strict=True):
        column = pd.Series(_typed(entry, values))
        dtype: Any = entry.dtype
        if dtype == "category":
            dtype = pd.CategoricalDtype([*entry.categories], entry.ordered)
            unknown = column[column.notna() & ~column.isin(entry.categories)]
            if len(unknown):
                value, known = quoted(unknown.tolist()[0]), ", ".join(map(str, entry.categories))
                wrong = f"{entry.name} is {value}. The training data has the categories {known}."
                raise Problem(400, wrong, entry.name)
        elif entry.type in NUMBERS and dtype.islower():  # numpy's
            dtype = column.dtype
        frame[entry.name] = column.astype(dtype)
    return pd.DataFrame(frame)

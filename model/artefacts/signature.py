"""Describe a model's inputs from its training table, and choose the rows to try it on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from sys import float_info
from typing import Any

import numpy as np
import pandas as pd

from artefacts.refusals import ModelError
from serving.asking import to_columns
from serving.manifest import Input
from serving.model import RESERVED
from serving.parameters import NUMBERS

MOST_CHOICES = 50  # more different strings than this are free text
LONGEST = 10_000  # characters of free text
MOST_TRIED = 1_000  # rows spread over the table, and as many over the classes
TYPES: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    Decimal: "number",
    str: "string",
    pd.Timestamp: "string",
}


def describe(column: pd.Series, units: Mapping[str, str] = {}) -> Input:
    """Describe a column of the table; raise ModelError if no request can send its values."""
    name, known = column.name, column.dropna().astype(object)
    if not isinstance(name, str) or not name.strip() or name in RESERVED:
        raise ModelError(
            f"A column is called {name!r}, which is not a valid input name. Rename it."
        )
    if isinstance(column.dtype, pd.SparseDtype):
        raise ModelError(
            f"The column {name} is sparse. Convert it: table[{name!r}].sparse.to_dense()."
        )
    dtype, required = column.dtype, len(known) == len(column)
    entry = Input(
        name, type=type_of(column), unit=units.get(name, ""), required=required, dtype=str(dtype)
    )
    if entry.dtype == "object":
        entry = replace(entry, has_none=any(value is None for value in column))
    if isinstance(dtype, pd.CategoricalDtype):
        categories = tuple(dtype.categories.tolist())
        entry = replace(entry, categories=categories, ordered=bool(dtype.ordered))
    if entry.type in NUMBERS or entry.is_date:
        return _with_range(entry, known.infer_objects().sort_values())
    texts = _texts(entry.categories, {*known}, len(known)) if entry.type == "string" else {}
    return replace(entry, typical=plain(known.mode().iloc[0]), **texts)


def _with_range(entry: Input, known: pd.Series) -> Input:
    low, median, high = known.iloc[[0, len(known) // 2, -1]]
    if entry.is_date and "," in entry.dtype:
        raise ModelError(
            f"The column {entry.name} has dates with a time zone. Make it UTC without a time zone: "
            f"table[{entry.name!r}].dt.tz_convert(None)."
        )
    if entry.is_date:
        return replace(entry, typical=median.isoformat())
    if not -float_info.max <= low <= high <= float_info.max:
        raise ModelError(f"The column {entry.name} has infinite or too large values. Drop them.")
    low, typical, high = map(int if entry.type == "integer" else float, (low, median, high))
    words = f"From {low} to {high} in the training data."
    return replace(entry, description=words, low=low, high=high, typical=typical)


def _texts(categories: Sequence[Any], met: set[str], rows: int) -> dict[str, Any]:
    """Return the choices, if texts repeat and are few, and which texts a request may send."""
    values = tuple(name for name in categories or map(str, sorted(met)) if name in met)
    repeat = categories or 2 * len(values) <= rows
    is_choice = repeat and len(values) <= MOST_CHOICES and "" not in values
    return {
        "choices": values if is_choice else (),
        "longest": max(LONGEST, *map(len, values)),
        "may_be_empty": "" in values,
    }


def as_columns(inputs: Sequence[Input], table: pd.DataFrame) -> list[np.ndarray]:
    """Return the table's values as `serving.tabular` gets them: see its `predict_columns`."""
    columns = []
    for entry in inputs:
        column = table[entry.name].astype(object)
        if entry.is_date:
            column = column.map(pd.Timestamp.isoformat, na_action="ignore")
        columns.append([*map(plain, column.where(column.notna(), None))])
    return to_columns(inputs, [*zip(*columns, strict=True)])


def rows_to_try(table: pd.DataFrame, targets: Sequence[str]) -> np.ndarray:
    """Return the positions of rows from all over the table, of all classes, with missing values.

    The first row becomes the example: it has the fewest missing values, then the shortest texts.
    """
    inputs = table.drop(columns=[*targets])
    head = inputs.head(MOST_TRIED)
    long = head.map(lambda value: len(value) // 100 if isinstance(value, str) else 0)
    example = np.lexsort((long.sum(axis=1), head.isna().sum(axis=1)))[:1]
    spread = np.linspace(0, len(table) - 1, min(len(table), MOST_TRIED)).astype(int)
    lacking = inputs.isna().to_numpy().argmax(axis=0)  # the first row that lacks each input
    classes = [table[target].reset_index(drop=True).astype(object) for target in targets]
    of_each_class = [y.groupby(y).head(MOST_TRIED // y.nunique()).index for y in classes]
    return pd.unique(np.concatenate([example, spread, lacking, *of_each_class]))


def first_row(inputs: Sequence[Input], columns: Sequence[np.ndarray]) -> dict[str, Any]:
    """Return the values of the first row by name, without the missing ones."""
    return {
        entry.name: entry.check(value)
        for entry, [value, *_] in zip(inputs, map(np.ndarray.tolist, columns), strict=True)
        if not pd.isna(value)
    }


def type_of(column: pd.Series) -> str:
    """Return JSON Schema's name for a column's values; raise ModelError if they have none."""
    kinds = {type(plain(value)) for value in column.dropna().astype(object)}
    names = {TYPES.get(kind) for kind in kinds}
    if names == {"integer", "number"}:
        return "number"
    are_dates = kinds == {pd.Timestamp} and not str(column.dtype).startswith("datetime64")
    if len(names) == 1 and (name := names.pop()) and not are_dates:
        return name
    found = " and ".join(sorted(f"{k.__name__} values" for k in kinds)) or "only missing values"
    raise ModelError(
        f"The column {column.name} has {found}. Convert it to numbers, booleans or strings (an "
        "input also to datetimes: astype('datetime64[us]')), or drop it."
    )


def plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value

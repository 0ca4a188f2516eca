"""Check columns of inputs: `Parameter` decides on the values that vectorized checks reject."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serving.model import Model
from serving.parameters import NUMBER, NUMBERS, Parameter, Value
from serving.problems import Problem, quoted

# What pandas.read_csv reads as a missing value.
MISSING = {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"}
MISSING |= {"1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
EXACT = 2.0**53  # greater whole numbers may not be exact
KINDS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
Read = Callable[[Parameter, Any], Value]


def check_all(
    model: Model, cells: Mapping[str, pa.Array], rows: int, read: Read
) -> tuple[list[np.ndarray], dict[int, str]]:
    """Return each input's values, NaN or None if missing, and the first problem of each bad row.

    `read` reads a cell, or raises Problem.
    """
    columns, problems = [], dict[int, str]()
    for parameter in model.inputs:
        if parameter.name in cells:
            values, wrong = check(parameter, cells[parameter.name], read)
        else:
            kind = float if parameter.type in NUMBERS else object
            values, wrong = np.full(rows, parameter.in_point(parameter.default), kind), {}
        columns.append(values)
        problems = wrong | problems
    return columns, problems


def check(parameter: Parameter, cells: pa.Array, read: Read) -> tuple[np.ndarray, dict[int, str]]:
    """Return a column's values and the problems of its rows; `read` sees no cell twice."""
    if parameter.type in NUMBERS:
        values = to_numbers(cells)
        doubtful = np.flatnonzero(~are_right(parameter, values))
    else:
        values, doubtful = np.full(len(cells), None), np.arange(len(cells))
    distinct = cells.take(pa.array(doubtful)).dictionary_encode(null_encoding="encode")
    found, reasons = np.full(len(distinct.dictionary), None, values.dtype), dict[int, str]()
    for code, cell in enumerate(distinct.dictionary.to_pylist()):
        try:
            found[code] = parameter.in_point(read(parameter, cell))
        except Problem as problem:
            reasons[code] = problem.detail
    codes = distinct.indices.to_numpy()
    values[doubtful] = found[codes]
    bad = np.flatnonzero(np.isin(codes, [*reasons]))
    return values, {int(doubtful[i]): reasons[codes[i]] for i in bad}


def read_text(parameter: Parameter, cell: bytes) -> Value:
    """Read a csv's cell as pandas does."""
    text = cell.decode(errors="replace")
    if text.encode() != cell:
        reason = f"is {quoted(text)}, which is not UTF-8. Save the file as UTF-8."
        raise Problem(400, f"{parameter.name} {reason}", parameter.name)
    is_free_text = parameter.type == "string" and not parameter.choices
    if not is_free_text and text not in parameter.choices:
        text = text.strip()
    if text in MISSING and text not in parameter.choices:
        if parameter.may_be_missing:
            return None
        if text:
            raise parameter.problem(text, "which means a missing value")
    return parameter.parse(text)


def to_numbers(cells: pa.Array) -> np.ndarray:
    """Return floats, with NaN for anything else."""
    if pa.types.is_binary(cells.type):  # a csv's
        try:
            cells = cells.cast(pa.float64())
        except pa.ArrowInvalid:
            trimmed = pc.replace_substring_regex(cells, r"^\s+|\s+$", "")
            is_number = pc.match_substring_regex(trimmed, f"^{NUMBER.pattern}$")
            cells = pc.if_else(is_number, trimmed, None)
    elif not any(is_kind(cells.type) for is_kind in KINDS):
        return np.full(len(cells), np.nan)
    numbers = cells.cast(pa.float64(), safe=False)
    return numbers.to_numpy(zero_copy_only=False) + 0.0  # -0.0 becomes 0.0


def are_right(parameter: Parameter, values: np.ndarray) -> np.ndarray:
    right = np.isfinite(values) & (parameter.minimum <= values) & (values <= parameter.maximum)
    right &= values > parameter.above
    if parameter.type == "integer":
        right &= (values == np.trunc(values)) & (np.abs(values) < EXACT)
    return right

"""Check whole columns of input: `Parameter` is the source of the rules, vectors apply them."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serving.model import Model
from serving.parameters import NUMBER, Parameter, Value
from serving.problems import Problem, quoted, similar

# What pandas.read_csv takes for a missing value.
MISSING = {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"} | {
    *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
}
EXACT = 2.0**53  # beyond it, not every whole number is a float
NUMERIC = ("number", "integer")


def check_names(names: Iterable[str], model: Model) -> None:
    """Raise Problem if an input that must be sent is missing, or an input is misspelt."""
    known = [parameter.name for parameter in model.inputs]
    absent = [parameter for parameter in model.inputs if parameter.name not in names]
    for name in names if absent else ():
        if name not in known and (meant := similar(name, [p.name for p in absent])):
            raise Problem(400, f"{quoted(name)} is not an input. Did you mean {meant}?", meant)
    for parameter in absent:
        if not parameter.may_be_missing:
            text = f"There is no {parameter.name}. The inputs are {', '.join(known)}."
            raise Problem(400, text, parameter.name)


def name_answers(model: Model, columns: Sequence[str]) -> tuple[list[str], int]:
    """Name the columns of answers unlike all others, and say how many columns are kept.

    Columns that an earlier run added are replaced, if all of them are there, last and in order.
    """
    inputs = {parameter.name for parameter in model.inputs}
    added = [*(f"{model.answers}_{member}" for member in model.result), "problem"]
    while inputs.intersection(added) or {*columns}.intersection(added):
        if [*columns[-len(added) :]] == added and not inputs.intersection(added):
            return added, len(columns) - len(added)
        added = [f"{name}_" for name in added]
    return added, len(columns)


def parse_cell(parameter: Parameter, cell: str) -> Value:
    """Read a csv's cell as pandas would: without spaces around it, and with its missing values."""
    is_free_text = parameter.type == "string" and not parameter.choices
    text = cell if is_free_text or cell in parameter.choices else cell.strip()
    if text in MISSING and text not in parameter.choices:
        if parameter.may_be_missing:
            return None
        if text:
            raise parameter.problem(text, "which means a missing value")
    return parameter.parse(text)


def check_value(parameter: Parameter, value: Any) -> Value:
    """Read a value of a typed column, as strictly as a POST."""
    return parameter.check_or_missing(None if value != value else value)  # NaN is missing


def check(
    parameter: Parameter, cells: pa.Array | None, rows: int, is_text: bool
) -> tuple[np.ndarray, dict[int, str]]:
    """Return an input's values, with NaN or None for missing ones, and its problems by row.

    is_text: the cells are a csv's.
    """
    read = parse_cell if is_text else check_value
    kind, missing = (float, np.nan) if parameter.type in NUMERIC else (object, None)
    if cells is None:
        return np.full(rows, missing, kind), {}
    if kind is float:
        values = to_numbers(cells, is_text)
        doubtful = np.flatnonzero(~are_right(parameter, values))
    else:
        values, doubtful = np.full(rows, None), np.arange(rows)
    if not len(doubtful):
        return values, {}
    distinct = cells.take(pa.array(doubtful)).dictionary_encode(null_encoding="encode")
    found, reasons = np.full(len(distinct.dictionary), missing, kind), {}
    for code, cell in enumerate(distinct.dictionary.to_pylist()):
        try:
            value = read(parameter, cell)
            found[code] = missing if value is None else value
        except Problem as problem:
            reasons[code] = problem.detail
    codes = distinct.indices.to_numpy()
    values[doubtful] = found[codes]
    bad = np.flatnonzero(np.isin(codes, [*reasons]))
    return values, {int(doubtful[i]): reasons[codes[i]] for i in bad} if reasons else {}


def to_numbers(cells: pa.Array, is_text: bool) -> np.ndarray:
    """Return floats, NaN where a cell does not look like one."""
    if is_text:
        try:
            cells = cells.cast(pa.float64())
        except pa.ArrowInvalid:
            trimmed = pc.utf8_trim_whitespace(cells)
            is_number = pc.match_substring_regex(trimmed, f"^{NUMBER.pattern}$")
            cells = pc.if_else(is_number, trimmed, None)
    elif not any(is_kind(cells.type) for is_kind in KINDS):
        return np.full(len(cells), np.nan)
    numbers = cells.cast(pa.float64(), safe=False)
    return numbers.to_numpy(zero_copy_only=False) + 0.0  # -0.0 becomes 0.0


KINDS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)


def are_right(parameter: Parameter, values: np.ndarray) -> np.ndarray:
    """Say which values `Parameter.check` would accept; it is asked about the others."""
    right = np.isfinite(values) & (values >= parameter.minimum) & (values <= parameter.maximum)
    right &= values > parameter.above
    if parameter.type == "integer":
        right &= (values == np.trunc(values)) & (np.abs(values) < EXACT)
    return right

"""Check columns of inputs: `Parameter` decides on the values that vectorized checks reject."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serving.model import Model
from serving.parameters import NUMBER, Parameter, Value
from serving.problems import Problem, quoted, similar

# What pandas.read_csv reads as a missing value.
MISSING = {"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"}
MISSING |= {"1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
EXACT = 2.0**53  # greater whole numbers may not be exact
NUMERIC = ("number", "integer")
KINDS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_null)


def check_names(names: Iterable[str], model: Model) -> None:
    """Raise Problem if a required input or all inputs are missing, or if one is misspelt."""
    known = [parameter.name for parameter in model.inputs]
    absent = [parameter for parameter in model.inputs if parameter.name not in names]
    for name in names if absent else ():
        if name not in known and (meant := similar(name, [p.name for p in absent])):
            raise Problem(400, f"{quoted(name)} is not an input. Did you mean {meant}?", meant)
    for parameter in absent:
        if parameter.required or len(absent) == len(known):
            text = f"{parameter.name} is missing. The inputs are {', '.join(known)}."
            raise Problem(400, text, parameter.name)


def check_header(columns: Sequence[str], model: Model) -> tuple[list[str], int, tuple[str, ...]]:
    """Return unused names for the answers' columns, the number of columns to keep, and notes.

    Columns that an earlier run added are replaced if all of them are there, last and in order.
    """
    inputs = [parameter.name for parameter in model.inputs]
    for name in inputs:
        if columns.count(name) > 1:
            raise Problem(400, f"There are two columns named {name}. Delete or rename one.", name)
    check_names(columns, model)
    notes = tuple(
        f"There is no column {p.name}: the default, {p.default}, is used."
        for p in model.inputs
        if p.default is not None and p.name not in columns
    )
    added = [*(f"{model.answers}_{member}" for member in model.result), "problem"]
    while {*inputs, *columns}.intersection(added):
        if [*columns[-len(added) :]] == added and not {*inputs}.intersection(added):
            notes += ("The answers of an earlier run are replaced.",)
            return added, len(columns) - len(added), notes
        added = [f"{name}_" for name in added]
    return added, len(columns), notes


def check_all(
    model: Model, cells: Mapping[str, pa.Array], rows: int, is_text: bool
) -> tuple[list[np.ndarray], dict[int, str]]:
    """Return each input's values, NaN or None if missing, and the first problem of each bad row.

    is_text: the cells are a csv's bytes; otherwise they have the types of the inputs.
    """
    columns, problems = [], dict[int, str]()
    for parameter in model.inputs:
        if parameter.name not in cells:
            kind = float if parameter.type in NUMERIC else object
            columns.append(np.full(rows, parameter.in_point(parameter.default), kind))
            continue
        column, undecodable = cells[parameter.name], dict[int, str]()
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_temporal(column.type):
            column = column.cast(pa.string())  # in ISO 8601, as a request has it
        if is_text:
            column, undecodable = decode(parameter.name, column)
        values, wrong = check(parameter, column, is_text)
        columns.append(values)
        problems = wrong | undecodable | problems
    return columns, problems


def check(
    parameter: Parameter, cells: pa.Array, is_text: bool
) -> tuple[np.ndarray, dict[int, str]]:
    if parameter.type in NUMERIC:
        values = to_numbers(cells, is_text)
        doubtful = np.flatnonzero(~are_right(parameter, values))
    else:
        values, doubtful = np.full(len(cells), None), np.arange(len(cells))
    distinct = cells.take(pa.array(doubtful)).dictionary_encode(null_encoding="encode")
    read, reasons = np.full(len(distinct.dictionary), None, values.dtype), {}
    for code, cell in enumerate(distinct.dictionary.to_pylist()):
        try:
            read[code] = parameter.in_point(read_cell(parameter, cell, is_text))
        except Problem as problem:
            reasons[code] = problem.detail
    codes = distinct.indices.to_numpy()
    values[doubtful] = read[codes]
    bad = np.flatnonzero(np.isin(codes, [*reasons]))
    return values, dict(
        zip(doubtful[bad].tolist(), map(reasons.get, codes[bad].tolist()), strict=True)
    )


def read_cell(parameter: Parameter, cell: Any, is_text: bool) -> Value:
    """Read a csv's cell as pandas does, or a typed cell like a value of a POST."""
    if not is_text or cell is None:
        return parameter.check_or_missing(None if cell != cell else cell)  # NaN is missing
    is_free_text = parameter.type == "string" and not parameter.choices
    text = cell if is_free_text or cell in parameter.choices else cell.strip()
    if text in MISSING and text not in parameter.choices:
        if parameter.may_be_missing:
            return None
        if text:
            raise parameter.problem(text, "which means a missing value")
    return parameter.parse(text)


def decode(name: str, cells: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Return bytes as texts, and a problem for each one that is not UTF-8, by row."""
    with suppress(pa.ArrowInvalid):
        return cells.cast(pa.string()), {}
    texts, problems = [], {}
    for i, cell in enumerate(cells.to_pylist()):
        texts.append(cell.decode(errors="replace"))
        if texts[i].encode() != cell:
            text = quoted(texts[i])
            problems[i] = f"{name} is {text}, which is not UTF-8. Save the file as UTF-8."
    return pa.array(texts, pa.string()), problems


def to_numbers(cells: pa.Array, is_text: bool) -> np.ndarray:
    """Return floats, with NaN for anything else."""
    if is_text and pa.types.is_string(cells.type):
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


def are_right(parameter: Parameter, values: np.ndarray) -> np.ndarray:
    right = np.isfinite(values) & (parameter.minimum <= values) & (values <= parameter.maximum)
    right &= values > parameter.above
    if parameter.type == "integer":
        right &= (values == np.trunc(values)) & (np.abs(values) < EXACT)
    return right

"""Check the names of columns, and their values: `Parameter` decides on what numpy rejects."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions

from serving.model import Model
from serving.parameters import NUMBER, NUMBERS, Parameter, Value
from serving.problems import Problem, quoted, similar

MISSING = {*ConvertOptions().null_values, "<NA>", "None"}  # as pandas.read_csv has them
EXACT = 2.0**53  # greater whole numbers may not be exact
similar_input = lru_cache(10_000)(similar)  # JSON lines repeat their keys
REPLACED = "The answers of an earlier run are replaced."
Columns = Sequence[np.ndarray]  # the values of each input
Problems = dict[int, str]  # by row


def name_answers(columns: Sequence[str], names: list[str], model: Model) -> tuple[list[str], int]:
    """Return the names of the answers, and how many columns are not an earlier run's answers.

    The names get underscores if inputs or other columns have them. An earlier run's columns are
    the last ones, and in order.
    """
    inputs = {parameter.name for parameter in model.inputs}
    while True:
        is_earlier = [*columns[-len(names) :]] == names
        own = len(columns) - len(names) if is_earlier else len(columns)
        if not inputs.union(columns[:own]).intersection(names):
            return names, own
        names = [f"{name}_" for name in names]


def check_names(names: Iterable[str], model: Model) -> None:
    """Raise Problem if a required input or all inputs are missing, or if one is misspelt."""
    inputs = {parameter.name: parameter for parameter in model.inputs}
    absent = tuple(name for name in inputs if name not in names)
    for name in names if absent else ():
        if name not in inputs and (meant := similar_input(name, absent)):
            raise Problem(400, f"{quoted(name)} is not an input. Did you mean {meant}?", meant)
    for name in absent:
        if inputs[name].required or len(absent) == len(inputs):
            raise Problem(400, f"{name} is missing. The inputs are {', '.join(inputs)}.", name)


def check_header(columns: list[str], model: Model) -> tuple[list[str], int, list[str]]:
    """Return the names of the answers' columns, the number of columns to keep, and notes."""
    counts = Counter(columns)
    for parameter in model.inputs:
        if counts[name := parameter.name] > 1:
            raise Problem(400, f"There are two columns named {name}. Delete or rename one.", name)
    check_names(counts, model)
    notes = [
        f"The column {parameter.name} is missing: {quoted(parameter.default)} is used."
        for parameter in model.inputs
        if parameter.name not in counts
    ]
    members = [f"{model.answers}_{member}" for member in model.result]
    added, own = name_answers(columns, [*members, "problem"], model)
    return added, own, [*notes, *([REPLACED] if own < len(columns) else [])]


def check_all(model: Model, cells: Mapping[str, pa.Array], rows: int) -> tuple[Columns, Problems]:
    """Return each input's values, NaN or None if missing, and the first problem of each bad row."""
    columns, problems = [], Problems()
    for parameter in model.inputs:
        is_absent = parameter.name not in cells
        given = pa.repeat(parameter.default, rows) if is_absent else cells[parameter.name]
        values, wrong = check(parameter, given)
        columns.append(values)
        problems = wrong | problems
    return columns, problems


def check(parameter: Parameter, cells: pa.Array) -> tuple[np.ndarray, Problems]:
    """Return a column's values and the problems of its rows; equal cells are `read` once."""
    if parameter.type in NUMBERS:
        values = to_numbers(cells)
        doubtful = np.flatnonzero(~are_right(parameter, values))
    else:
        values, doubtful = np.full(len(cells), None), np.arange(len(cells))
    if not len(doubtful):
        return values, Problems()
    distinct = cells.take(pa.array(doubtful)).dictionary_encode(null_encoding="encode")
    found, reasons = np.full(len(distinct.dictionary), None, values.dtype), Problems()
    for code, cell in enumerate(distinct.dictionary.to_pylist()):
        try:
            found[code] = parameter.in_point(read(parameter, cell))
        except Problem as problem:
            reasons[code] = problem.detail
    codes = distinct.indices.to_numpy()
    values[doubtful] = found[codes]
    bad = np.flatnonzero(np.isin(codes, [*reasons]))
    return values, {int(doubtful[i]): reasons[codes[i]] for i in bad}


def read(parameter: Parameter, cell: Any) -> Value:
    """Read the bytes of a csv as pandas does, or check a value of JSON or Parquet."""
    if isinstance(cell, bytes):
        value = read_text(parameter, cell)
    else:
        value = parameter.check(None if cell != cell else cell)  # NaN is missing
    if isinstance(value, int) and abs(value) > EXACT:  # columns of numbers are floats
        raise parameter.problem(value, "which is too large for a file of rows")
    return value


def read_text(parameter: Parameter, cell: bytes) -> Value:
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
    return parameter.check(text) if parameter.type == "string" else parameter.parse(text)


def to_numbers(cells: pa.Array) -> np.ndarray:
    """Return floats, with NaN for anything else."""
    if pa.types.is_binary(cells.type):  # a csv's
        try:
            cells = cells.cast(pa.float64())
        except pa.ArrowInvalid:
            trimmed = pc.replace_substring_regex(cells, r"^\s+|\s+$", "")
            is_number = pc.match_substring_regex(trimmed, f"^{NUMBER.pattern}$")
            cells = pc.if_else(is_number, trimmed, None)
    elif not pa.types.is_integer(cells.type) and not pa.types.is_floating(cells.type):
        return np.full(len(cells), np.nan)
    numbers = cells.cast(pa.float64(), safe=False)
    return numbers.to_numpy(zero_copy_only=False) + 0.0  # -0.0 becomes 0.0


def are_right(parameter: Parameter, values: np.ndarray) -> np.ndarray:
    right = np.isfinite(values) & (parameter.minimum <= values) & (values <= parameter.maximum)
    right &= values > parameter.above
    if parameter.type == "integer":
        right &= (values == np.trunc(values)) & (np.abs(values) < EXACT)
    return right

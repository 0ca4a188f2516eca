"""Columns of cells in, the values of a model's inputs out, or what is wrong with them."""

import re
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from serving.model import Model
from serving.parameters import Parameter, Value, values
from serving.problems import Problem, quoted, similar

OF_NUMBERS = re.compile(r"[-+.0-9Ee]*")  # of these letters, float() takes what NUMBER does
ABSENT = object()  # the cell of a row that lacks the column


def refuse_header(columns: Collection[str], model: Model) -> None:
    """Raise Problem for the header of a file that is no csv, or lacks an input."""
    if any("\udc80" <= letter <= "\udcff" for column in columns for letter in column):
        raise Problem(400, "The names of the columns are not UTF-8. Save the file as UTF-8.")
    if len(columns) == 1 and ";" in "".join(columns):
        raise Problem(400, "The columns must be separated by commas, and not by semicolons.")
    refuse(columns, model)


def refuse(columns: Collection[str], model: Model) -> None:
    """Raise Problem if an input is no column: if it must be one, or stands there misspelt."""
    names = [parameter.name for parameter in model.inputs]
    absent = [parameter for parameter in model.inputs if parameter.name not in columns]
    for name in columns if absent else ():
        if name not in names and (meant := similar(name, [p.name for p in absent])):
            raise Problem(400, f"{quoted(name)} is not an input. Did you mean {meant}?", meant)
    for parameter in absent:
        if not parameter.may_be_missing:
            wrong = f"There is no {parameter.name}. The inputs are {', '.join(names)}."
            raise Problem(400, wrong, parameter.name)


def column(
    parameter: Parameter, cells: list[Any], of_csv: bool
) -> tuple[list[Any], dict[int, str]]:
    """Return the values of an input, as a point has them, and the problems of some by row.

    A csv's cells are texts; JSON's are read as those of a POST.
    """
    read = parse if of_csv else Parameter.check_or_missing
    numbers = numbers_of(cells, str if of_csv else float) if parameter.type == "number" else []
    # All numbers from the least to the greatest are right, if these two are.
    if numbers and not (parameter.why_invalid(min(numbers)) or parameter.why_invalid(max(numbers))):
        return numbers, {}
    found, problems = [], {}
    for i, cell in enumerate(cells):
        sent = {} if cell is ABSENT else {parameter.name: cell}
        try:
            found.append(parameter.in_point(values([parameter], sent, read)[parameter.name]))
        except Problem as problem:
            found.append(None)
            problems[i] = problem.detail
    return found, problems


def parse(parameter: Parameter, cell: str) -> Value:
    return None if cell == "" and parameter.may_be_missing else parameter.parse(cell)


def numbers_of(cells: list[Any], kind: type) -> list[float]:
    """Read plain numbers, if all cells are of the kind, in a tenth of the time of one by one.

    JSON's integers are read one by one: those beyond 2**53 are checked before they are rounded.
    """
    if {*map(type, cells)} == {kind} and (kind is float or OF_NUMBERS.fullmatch("".join(cells))):
        with suppress(ValueError):
            return [float(number) + 0.0 for number in cells]  # -0.0 is 0.0
    return []

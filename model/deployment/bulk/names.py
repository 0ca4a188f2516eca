"""Check the names of a file's columns, and name those of the answers."""

from collections.abc import Iterable, Sequence

from serving.model import Model
from serving.problems import Problem, quoted, similar


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

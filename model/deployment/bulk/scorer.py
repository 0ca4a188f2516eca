"""Answer a block of rows with any model, in any format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bulk.checks import Columns, Problems
from serving import tabular
from serving.model import Model
from serving.problems import Problem

TYPES = {"number": "double", "integer": "int64", "boolean": "bool", "string": "string"}
# How many lines, or rows of a table, come before each of some rows; and these rows.
Block = tuple[Sequence[int], Any]


@dataclass
class Summary:
    rows: int = 0
    problems: int = 0
    first_problem: str = ""  # where it is: "line 7"
    notes: Sequence[str] = ()  # what else to tell the user


@dataclass(frozen=True)
class Scorer:
    model: Model
    options: Mapping[str, Any]
    format: Any

    def __post_init__(self) -> None:
        tabular.log.disabled = False

    def __call__(self, block: Block) -> tuple[Any, Summary]:
        """Return what to write, and its summary."""
        above, rows = block
        kept, columns, problems = self.format.read(rows)
        good = np.delete(np.arange(len(kept)), [*problems])
        with joblib.parallel_config("sequential"):  # the cores are busy with other blocks
            found = [self.schema.empty_table(), *self.answer(columns, good, problems)]
        content = self.format.write(kept, pa.concat_tables(found), problems)
        first = f"{self.format.unit} {above[min(problems)] + 1:,}" if problems else ""
        return content, Summary(len(kept), len(problems), first, self.format.notes)

    def answer(self, columns: Columns, rows: np.ndarray, problems: Problems) -> Iterator[pa.Table]:
        """Answer some rows; halve them to find those that the model rejects."""
        if not len(rows):
            return
        try:
            yield self.predict(rows, [column[rows] for column in columns])
        except Problem as problem:
            if problem.status >= 500:
                raise
            if len(rows) == 1:
                problems[int(rows[0])] = problem.detail
                return
            tabular.log.disabled = True  # it would say the same for each half
            for half in np.array_split(rows, 2):
                yield from self.answer(columns, half, problems)

    def predict(self, rows: np.ndarray, columns: Columns) -> pa.Table:
        """Return a row for each result: its members, and under "" the number of its input row."""
        members: Mapping[str, Any]
        if predict := getattr(self.model.predict, "predict_columns", None):
            found = predict(columns, **self.options)
            [counts] = {values.shape[1] for values in found.values()}
            members = {name: values.ravel() for name, values in found.items()}
        else:
            answers = self.model.answer(self.points(columns), **self.options)
            counts = [*map(len, answers)]
            results = [result for answer in answers for result in answer]
            members = {name: [result[name] for result in results] for name in self.model.result}
        arrays = [np.repeat(rows, counts), *(members[name] for name in self.model.result)]
        pairs = zip(map(pa.array, arrays), self.schema.types, strict=True)
        typed = [array.cast(kind, safe=kind != "double") for array, kind in pairs]  # may be rounded
        return pa.table(typed, schema=self.schema)

    def points(self, columns: Columns) -> list[tuple[Any, ...]]:
        cells = [column.tolist() for column in columns]
        for i, parameter in enumerate(self.model.inputs):
            if parameter.type == "integer":
                cells[i] = [int(cell) if cell == cell else cell for cell in cells[i]]  # NaN stays
        return [*zip(*cells, strict=True)]

    @cached_property
    def schema(self) -> pa.Schema:
        members = [(name, TYPES[kind]) for name, kind in self.model.result.items()]
        return pa.schema([("", "int64"), *members])


def in_lines(found: pa.Table, rows: int, problems: Problems) -> list[pa.Array]:
    """Return row numbers, results and problems; a row without results gets an empty line."""
    empty = pa.table({"": np.delete(np.arange(rows), found[""])})
    found = pa.concat_tables([found, empty], promote_options="default")
    found = found.take(pc.sort_indices(found[""]))  # stable
    texts = pa.array(map(problems.get, found[""].to_pylist()), pa.string())
    return [*(column.combine_chunks() for column in found.columns), texts]

"""Answer a block of rows with any model, in any format."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from serving.model import Model
from serving.problems import Problem

AT_ONCE = {True: 32_000, False: 7_000}  # rows of a prediction, in columns or not: bounds the memory
TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
}
Columns = Sequence[np.ndarray]  # the values of each input
Problems = dict[int, str]  # by row


class Block(NamedTuple):
    before: int  # lines above it
    content: Any


@dataclass
class Summary:
    rows: int = 0
    problems: int = 0
    first_problem: str = ""  # where it is: "line 7"
    notes: tuple[str, ...] = ()  # what else to tell the user

    def add(self, part: "Summary") -> None:
        self.rows += part.rows
        self.problems += part.problems
        self.first_problem = self.first_problem or part.first_problem


Scored = tuple[Any, Summary]  # what to write


@dataclass(frozen=True)
class Scorer:
    model: Model
    options: Mapping[str, Any]
    format: Any

    def __call__(self, block: Block) -> Scored:
        kept, columns, problems = self.format.read(block.content)
        rows = np.arange(len(columns[0]))
        good = np.setdiff1d(rows, [*problems])
        at_once = AT_ONCE[hasattr(self.model.predict, "predict_columns")]
        found = [self.schema.empty_table()]
        with joblib.parallel_config("sequential"):  # the cores are busy with other blocks
            for part in np.array_split(good, len(good) // at_once + 1):
                found += self.answer(columns, part, problems)
        content = self.format.write(kept, self.complete(pa.concat_tables(found), rows, problems))
        first = ""
        if problems:
            line = block.before + self.format.line(block.content, min(problems))
            first = f"{self.format.unit} {line:,}"
        return content, Summary(len(rows), len(problems), first)

    def answer(self, columns: Columns, rows: np.ndarray, problems: Problems) -> list[pa.Table]:
        """Answer some rows; halve them to find those that the model rejects."""
        if not len(rows):
            return []
        try:
            return [self.predict(rows, [column[rows] for column in columns])]
        except Problem as problem:
            if problem.status >= 500:
                raise
            if len(rows) == 1:
                problems[int(rows[0])] = problem.detail
                return []
        halves = np.array_split(rows, 2)
        return [table for half in halves for table in self.answer(columns, half, problems)]

    def predict(self, rows: np.ndarray, columns: Columns) -> pa.Table:
        """Return all results: the number of the row, and the members."""
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
        typed = zip(map(pa.array, arrays), self.schema, strict=True)
        return pa.table([array.cast(field.type) for array, field in typed], schema=self.schema)

    def points(self, columns: Columns) -> list[tuple[Any, ...]]:
        cells = [column.tolist() for column in columns]
        for i, parameter in enumerate(self.model.inputs):
            if parameter.type == "integer":
                cells[i] = [int(cell) if cell == cell else cell for cell in cells[i]]  # NaN stays
        return [*zip(*cells, strict=True)]

    def complete(self, found: pa.Table, rows: np.ndarray, problems: Problems) -> list[pa.Array]:
        """Return the results' columns, with a line for each row without any, and the problems."""
        if len(others := np.setdiff1d(rows, found[0])):
            nulls = [pa.nulls(len(others), field.type) for field in [*self.schema][1:]]
            found = pa.concat_tables([found, pa.table([others, *nulls], schema=self.schema)])
            found = found.take(pc.sort_indices(found[0]))  # stable
        texts = [problems.get(row) for row in found[0].to_pylist()]
        return [
            *(column.combine_chunks() for column in found.columns),
            pa.array(texts, pa.string()),
        ]

    @cached_property
    def schema(self) -> pa.Schema:
        members = [(name, TYPES[kind]) for name, kind in self.model.result.items()]
        return pa.schema([("row", pa.int64()), *members])

"""Answer blocks of rows with any model, in any format."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, Protocol

import joblib
import numpy as np
import pyarrow as pa

from serving.model import Model
from serving.parameters import Value
from serving.problems import Problem

AT_ONCE = 10_000  # rows of one prediction: bounds the memory
TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
}
# Of some rows: their numbers, how many results each has, and all results, by member.
Answer = tuple[np.ndarray, np.ndarray, Mapping[str, Any]]


class Rows(NamedTuple):
    """The rows of a block: as they will be written, and the values of each input."""

    kept: Any
    count: int
    columns: Sequence[np.ndarray]
    problems: dict[int, str]  # by row
    replaced: bool = False  # they have answers of an earlier run, which are dropped


class Scored(NamedTuple):
    """A block with its answers, and what is counted of it; its first problem's line, or 0."""

    content: Any
    rows: int
    problems: int
    lines: int
    first: int
    replaced: bool


class Format(Protocol):
    """Reads and writes blocks. `blocks` and `writer` run in one process, the others in many."""

    lines: int  # before the first block

    def blocks(self, file: Any) -> Iterator[Any]: ...
    def writer(self, out: Any) -> AbstractContextManager[Any]: ...
    def read(self, block: Any) -> Rows: ...
    def write(self, kept: Any, index: np.ndarray, answers: list[pa.Array]) -> Any:
        """Write answers, one array a member and one of problems; `index` says of which row."""

    def line(self, block: Any, row: int) -> int: ...


@dataclass(frozen=True)
class Scorer:
    """Answers a block."""

    model: Model
    options: Mapping[str, Value]
    format: Format

    def __call__(self, block: Any) -> Scored:
        rows = self.format.read(block)
        problems = dict(rows.problems)
        good = np.setdiff1d(np.arange(rows.count), [*problems])
        with joblib.parallel_config("sequential"):  # the processes share the cores already
            answers = [*self.answer(rows.columns, good, problems)]
        index, columns = self.lines_of(answers, rows.count)
        texts = [problems.get(i) for i in index.tolist()] if problems else [None] * len(index)
        content = self.format.write(rows.kept, index, [*columns, pa.array(texts, pa.string())])
        lines = self.format.line(block, -1)
        first = self.format.line(block, min(problems)) if problems else 0
        return Scored(content, rows.count, len(problems), lines, first, rows.replaced)

    def answer(
        self, columns: Sequence[np.ndarray], rows: np.ndarray, problems: dict[int, str]
    ) -> Iterator[Answer]:
        """Answer some rows; the ones that the model has a problem with are found by halving."""
        if 0 < len(rows) <= AT_ONCE:
            try:
                yield rows, *self.predict([column[rows] for column in columns])
                return
            except Problem as problem:
                if len(rows) == 1:
                    problems[int(rows[0])] = problem.detail
                    return
        size = min(AT_ONCE, max(1, (len(rows) + 1) // 2))
        for start in range(0, len(rows), size):
            yield from self.answer(columns, rows[start : start + size], problems)

    def predict(self, columns: list[np.ndarray]) -> tuple[np.ndarray, Mapping[str, Any]]:
        """Return how many results each row has, and all results, by member."""
        inputs, count = self.model.inputs, len(columns[0])
        if predict := getattr(self.model.predict, "predict_columns", None):
            found = predict(columns, **self.options)
            [each] = {values.shape[1] for values in found.values()}
            return np.full(count, each), {name: found[name].ravel() for name in self.model.result}
        cells = [
            [int(value) if value == value else value for value in column.tolist()]
            if parameter.type == "integer"
            else column.tolist()
            for parameter, column in zip(inputs, columns, strict=True)
        ]
        answers = self.model.answer([*zip(*cells, strict=True)], **self.options)
        results = [*chain.from_iterable(answers)]
        members = {name: [result[name] for result in results] for name in self.model.result}
        return np.array([*map(len, answers)]), members

    def lines_of(self, answers: list[Answer], count: int) -> tuple[np.ndarray, list[pa.Array]]:
        """Return a line for each result, and one for each row without: its row, and its members."""
        counts = np.zeros(count, int)
        for rows, found, _ in answers:
            counts[rows] = found
        lines = np.maximum(counts, 1)
        has_result = np.repeat(counts > 0, lines)
        place = pa.array(np.cumsum(has_result) - 1, mask=~has_result)
        columns = []
        for name, kind in self.model.result.items():
            parts = [pa.array(members[name]).cast(TYPES[kind]) for *_, members in answers]
            columns.append(pa.chunked_array(parts, TYPES[kind]).combine_chunks().take(place))
        return np.repeat(np.arange(count), lines), columns

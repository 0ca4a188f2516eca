"""Answer a block of rows with any model, in any format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import joblib
import numpy as np
import pyarrow as pa

from serving.model import Model
from serving.problems import Problem

AT_ONCE = 8_000  # rows of one prediction: bounds the memory
TYPES = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
}
# The indices of some rows, how many results each has, and all results, by member.
Answers = tuple[np.ndarray, np.ndarray, Mapping[str, Any]]


class Rows(NamedTuple):
    """The content of a block, as a format reads it."""

    kept: Any  # for the format's `write`
    size: int
    columns: Sequence[np.ndarray]  # the values of each input
    problems: dict[int, str]  # by row


class Scored(NamedTuple):
    content: Any
    rows: int
    lines: int
    problems: int
    first_problem: int  # its line, counted from 1


@dataclass(frozen=True)
class Scorer:
    model: Model
    options: Mapping[str, Any]
    format: Any

    def __call__(self, block: Any) -> Scored:
        kept, size, columns, problems = self.format.read(block)
        good = np.setdiff1d(np.arange(size), [*problems])
        with joblib.parallel_config("sequential"):  # the cores are busy with other blocks
            answers = [*self.answer(columns, good, problems)]
        index, members = self.spread(answers, size)
        texts = [problems.get(i) for i in range(size)] if problems else [None] * size
        content = self.format.write(
            kept, index, [*members, pa.array(texts, pa.string()).take(pa.array(index))]
        )
        first = self.format.count(block, min(problems)) if problems else 0
        return Scored(content, size, self.format.count(block), len(problems), first)

    def answer(
        self, columns: Sequence[np.ndarray], rows: np.ndarray, problems: dict[int, str]
    ) -> Iterator[Answers]:
        """Answer some rows; halve them to find those that the model rejects."""
        if 0 < len(rows) <= AT_ONCE:
            try:
                yield rows, *self.predict([column[rows] for column in columns])
                return
            except Problem as problem:
                if problem.status >= 500:
                    raise
                if len(rows) == 1:
                    problems[int(rows[0])] = problem.detail
                    return
        size = min(AT_ONCE, (len(rows) + 1) // 2) or 1
        for start in range(0, len(rows), size):
            yield from self.answer(columns, rows[start : start + size], problems)

    def predict(self, columns: list[np.ndarray]) -> tuple[np.ndarray, Mapping[str, Any]]:
        """Return how many results each row has, and all results, by member."""
        if predict := getattr(self.model.predict, "predict_columns", None):
            found = predict(columns, **self.options)
            [width] = {values.shape[1] for values in found.values()}
            counts = np.full(len(columns[0]), width)
            return counts, {name: values.ravel() for name, values in found.items()}
        cells = [column.tolist() for column in columns]
        for i, parameter in enumerate(self.model.inputs):
            if parameter.type == "integer":
                cells[i] = [int(cell) if cell == cell else cell for cell in cells[i]]  # NaN stays
        answers = self.model.answer([*zip(*cells, strict=True)], **self.options)
        results = [*chain.from_iterable(answers)]
        members = {name: [result[name] for result in results] for name in self.model.result}
        return np.array([*map(len, answers)]), members

    def spread(self, answers: list[Answers], count: int) -> tuple[np.ndarray, list[pa.Array]]:
        """Return a line for each result, and for each row without any: row numbers and members."""
        counts = np.zeros(count, int)
        for rows, found, _ in answers:
            counts[rows] = found
        lines = np.maximum(counts, 1)
        has_result = np.repeat(counts > 0, lines)
        place = pa.array(np.cumsum(has_result) - 1, mask=~has_result)
        members = []
        for name, kind in self.model.result.items():
            parts = [pa.array(found[name]).cast(TYPES[kind]) for *_, found in answers]
            members.append(pa.chunked_array(parts, TYPES[kind]).combine_chunks().take(place))
        return np.repeat(np.arange(count), lines), members

"""Rows in, the same rows with their answers out: of a csv or of JSON lines, for any model."""

import csv
import gc
import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from math import isfinite
from types import SimpleNamespace
from typing import Any

from bulk import blocks
from bulk.columns import ABSENT, column, refuse
from serving.formats import Result, dumps
from serving.model import Model
from serving.parameters import Value
from serving.problems import Problem

Row = Any  # a list of a csv's fields, or a dict of a line of JSON
Answer = tuple[list[Result], str]  # and what is wrong, if something is


@dataclass(frozen=True)
class Scorer:
    """Answers blocks of lines: of a csv, if it has columns, or else of JSON."""

    model: Model
    options: Mapping[str, Value]
    columns: list[str]
    compress: bool

    def __call__(self, block: list[str]) -> tuple[bytes, int, int]:
        """Return the rows with their answers, how many there are, and how many problems."""
        gc.disable()  # the end of the block frees what it makes: looking through it takes a third
        try:
            rows, wrong = self.of_csv(block) if self.columns else self.of_json(block)
            right = [row for row, problem in zip(rows, wrong, strict=True) if not problem]
            answered = iter(self.answer(right))
            answers = [([], problem) if problem else next(answered) for problem in wrong]
            text = self.as_csv(rows, answers) if self.columns else self.as_json(rows, answers)
        finally:
            gc.enable()
        return self.encode(text), len(rows), len([1 for _, problem in answers if problem])

    def of_csv(self, block: list[str]) -> tuple[list[Row], list[str]]:
        """Return rows with a field for each column, and what is wrong with each."""
        rows, wrong = blocks.read(block)
        count = len(self.columns)
        if {*map(len, rows)} - {count}:
            for i, row in enumerate(rows):
                if len(row) != count and not wrong[i]:
                    wrong[i] = f"The row has {len(row)} fields, and the header {count}."
            rows = [row[:count] + [""] * (count - len(row)) for row in rows]
        return rows, wrong

    def of_json(self, block: list[str]) -> tuple[list[Row], list[str]]:
        rows, wrong = [], []
        for line in filter(str.strip, block):
            row, problem = {}, ""
            try:
                row = from_json(line)
                refuse(row, self.model)
            except Problem as refused:
                problem = refused.detail
                row = row or {"line": line.strip("\r\n")}
            rows.append(row)
            wrong.append(problem)
        return rows, wrong

    def answer(self, rows: list[Row]) -> list[Answer]:
        columns: list[list[Any]] = []
        wrong: dict[int, str] = {}
        for parameter in self.model.inputs:
            found, problems = column(
                parameter, self.cells(parameter.name, rows), bool(self.columns)
            )
            columns.append(found)
            wrong = problems | wrong  # of a row's problems, the first counts
        points = [*zip(*columns, strict=True)]
        if not wrong:
            return self.predict(points)
        answers = iter(self.predict([p for i, p in enumerate(points) if i not in wrong]))
        return [([], wrong[i]) if i in wrong else next(answers) for i in range(len(rows))]

    def cells(self, name: str, rows: list[Row]) -> list[Any]:
        if not self.columns:
            return [row.get(name, ABSENT) for row in rows]
        if name not in self.columns:
            return [ABSENT] * len(rows)
        at = len(self.columns) - 1 - self.columns[::-1].index(name)  # of two, the last counts
        return [row[at] for row in rows]

    def predict(self, points: list[tuple[Any, ...]]) -> list[Answer]:
        """Answer the points, with those alone that the model has a problem with."""
        try:
            results = self.model.predict(points, **self.options) if points else []
            return [(some, "") for some in results]
        except Problem as problem:
            if len(points) == 1:
                return [([], problem.detail)]
        half = len(points) // 2
        return self.predict(points[:half]) + self.predict(points[half:])

    def header(self) -> bytes:
        names = [*(self.columns[i] for i in self.kept), *self.added]
        return self.encode(written([names]))

    @property
    def added(self) -> list[str]:
        """The columns of results, named apart from those of inputs, and that of problems."""
        return [*(f"{self.model.answers}_{member}" for member in self.model.result), "problem"]

    @property
    def kept(self) -> list[int]:
        """The places of the columns that pass through: answers can be answered again."""
        return [i for i, column in enumerate(self.columns) if column not in self.added]

    def as_csv(self, rows: list[Row], answers: list[Answer]) -> str:
        """Write a line for each result of each row, and one for a row that has none."""
        kept, members = self.kept, list(self.model.result)
        if len(kept) < len(self.columns):
            rows = [[row[i] for i in kept] for row in rows]
        return written(
            [*row, *map(result.get, members), wrong]
            for row, (results, wrong) in zip(rows, answers, strict=True)
            for result in results or [{}]
        )

    def as_json(self, rows: list[Row], answers: list[Answer]) -> str:
        """Write a line for each row, with the list of its results."""
        members = {"problem", self.model.answers}  # not those of an earlier run
        documents = (
            {name: value for name, value in row.items() if name not in members}
            | ({"problem": wrong} if wrong else {self.model.answers: results})
            for row, (results, wrong) in zip(rows, answers, strict=True)
        )
        return "".join(f"{dumps(document)}\n" for document in documents)

    def encode(self, text: str) -> bytes:
        data = text.encode("utf-8", "surrogateescape")
        return gzip.compress(data, 6, mtime=0) if self.compress else data


def written(rows: Iterable[Iterable[Any]]) -> str:
    """Write rows of a csv, with \\n behind each.

    Before Python 3.13, the writer quotes fields that have \\r only if its own lines end with it.
    """
    lines: list[str] = []
    csv.writer(SimpleNamespace(write=lines.append), lineterminator="\r\n").writerows(rows)
    return "".join([f"{line[:-2]}\n" for line in lines])


def from_json(line: str) -> dict[str, Any]:
    try:
        if isinstance(row := JSON.decode(line), dict):
            dumps([[[row]]]).encode("utf-8", "surrogateescape")  # it can be written again
            return row
    except (ValueError, RecursionError):
        pass
    raise Problem(400, NO_ROW)


def finite(number: str) -> float:
    """Refuse NaN and infinities, which JSON does not have."""
    if isfinite(value := float(number)):
        return value
    raise ValueError(number)


NO_ROW = (
    "The line is not a JSON object, nests too deep, or has half a character or too large a number."
)
JSON = JSONDecoder(parse_float=finite, parse_constant=finite)

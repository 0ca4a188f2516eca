"""Rows in, the same rows with their answers out: of a csv or of JSON lines, for any model."""

import csv
import gzip
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from json import JSONDecoder
from math import isfinite
from typing import Any

from serving.formats import Result, dumps
from serving.model import Model
from serving.parameters import Parameter, Value, values
from serving.problems import Problem, quoted, similar

Row = dict[str, Any]
Answer = tuple[list[Result], str]  # and what is wrong, if something is


@dataclass(frozen=True)
class Scorer:
    """Answers blocks of rows: lists of a csv's fields, if it has columns, or lines of JSON."""

    model: Model
    options: Mapping[str, Value]
    columns: list[str]
    compress: bool

    def __call__(self, block: list[Any]) -> tuple[bytes, int, int]:
        """Return the rows with their answers, how many there are, and how many problems."""
        read = [self.read(row) for row in block]
        found = iter(self.predict([point for _, point, wrong in read if not wrong]))
        answers = [([], wrong) if wrong else next(found) for _, _, wrong in read]
        rows = [row for row, _, _ in read]
        text = self.as_csv(rows, answers) if self.columns else self.as_json(rows, answers)
        return self.encode(text), len(rows), sum(bool(wrong) for _, wrong in answers)

    def read(self, row: Any) -> tuple[Row, tuple[Any, ...], str]:
        """Return the row by its columns, the point in it, and what is wrong with it."""
        named: Row = {}
        try:
            if self.columns:
                named = dict(zip(self.columns, row, strict=False))
                if len(row) != len(self.columns):
                    wrong = f"The row has {len(row)} fields, and the header {len(self.columns)}."
                    raise Problem(400, wrong)
            else:
                named = from_json(row)
                refuse(named, self.model)
            return named, self.model.point(values(self.model.inputs, named, parse)), ""
        except Problem as problem:
            return named, (), problem.detail

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
        file = io.StringIO()
        csv.writer(file, lineterminator="\n").writerow([*self.kept, *self.added])
        return self.encode(file.getvalue())

    @property
    def added(self) -> list[str]:
        """The columns of results, named apart from those of inputs, and that of problems."""
        return [*(f"{self.model.answers}_{member}" for member in self.model.result), "problem"]

    @property
    def kept(self) -> list[str]:
        return [column for column in self.columns if column not in self.added]

    def as_csv(self, rows: list[Row], answers: list[Answer]) -> str:
        """Write a line for each result of each row, and one for a row that has none."""
        file, kept, members = io.StringIO(), self.kept, list(self.model.result)
        csv.writer(file, lineterminator="\n").writerows(
            [*[row.get(column) for column in kept], *[result.get(m) for m in members], wrong]
            for row, (results, wrong) in zip(rows, answers, strict=True)
            for result in results or [{}]
        )
        return file.getvalue()

    def as_json(self, rows: list[Row], answers: list[Answer]) -> str:
        """Write a line for each row, with the list of its results."""
        documents = (
            row | ({"problem": wrong} if wrong else {self.model.answers: results})
            for row, (results, wrong) in zip(rows, answers, strict=True)
        )
        return "".join(f"{dumps(document)}\n" for document in documents)

    def encode(self, text: str) -> bytes:
        data = text.encode("utf-8", "surrogateescape")
        return gzip.compress(data, 6, mtime=0) if self.compress else data


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


def parse(parameter: Parameter, value: Any) -> Value:
    return None if value in ("", None) and parameter.may_be_missing else parameter.parse(value)


def from_json(line: str) -> Row:
    try:
        if isinstance(row := JSON.decode(line), dict):
            return row
    except (ValueError, RecursionError):
        pass
    raise Problem(400, "The line is not a JSON object.")


def finite(number: str) -> float:
    """Refuse NaN and infinities, which JSON does not have."""
    if isfinite(value := float(number)):
        return value
    raise ValueError(number)


JSON = JSONDecoder(parse_float=finite, parse_constant=finite)

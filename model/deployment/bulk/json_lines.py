"""Rows of JSON lines: each is written as it was read, and its answers behind it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from math import isfinite
from typing import IO, Any

import numpy as np
import pyarrow as pa

from bulk import csv_rows
from bulk.columns import NUMERIC, check_names
from bulk.scorer import Rows
from serving.formats import dumps
from serving.parameters import Parameter, values
from serving.problems import Problem


def last_line(block: bytes) -> int:
    return block.rfind(b"\n") + 1


def finite(number: str) -> float:
    """Reject NaN and infinities, which JSON does not have."""
    if isfinite(value := float(number)):
        return value
    raise ValueError(number)


JSON = json.JSONDecoder(parse_float=finite, parse_constant=finite)
NOT_A_ROW = "The line is not a JSON object, nests too deep, or has NaN or too large a number."


@dataclass
class JsonLines(csv_rows.Csv):
    """A JSON object in each line, as strict as the points of a POST."""

    names = ()

    def blocks(self, file: IO[bytes]) -> Iterator[bytes]:
        parts = csv_rows.blocks(file, last_line)
        first = next(parts, b"").removeprefix(b"\xef\xbb\xbf")
        return chain([first], parts) if first else parts

    def line(self, block: bytes, row: int) -> int:
        lines = block.split(b"\n")
        if row < 0:
            return block.count(b"\n")
        return [i for i, line in enumerate(lines, 1) if line.strip()][row]

    def read(self, block: bytes) -> Rows:
        lines, points, problems = [*filter(bytes.strip, block.split(b"\n"))], [], {}
        kept: list[tuple[bytes, dict[str, Any] | None]] = []
        nothing = self.model.point({parameter.name: None for parameter in self.model.inputs})
        for i, line in enumerate(lines):
            row, point = None, nothing
            try:
                row = parse(line)
                point = self.point(row)
            except Problem as problem:
                problems[i] = problem.detail
            kept.append((line.strip(), row))
            points.append(point)
        columns = [
            np.array([point[j] for point in points], float if p.type in NUMERIC else object)
            for j, p in enumerate(self.model.inputs)
        ]
        return Rows(kept, len(lines), columns, problems)

    def point(self, row: dict[str, Any]) -> tuple[Any, ...]:
        check_names(row, self.model)
        found = values(self.model.inputs, row, Parameter.check_or_missing)
        for name, value in found.items():
            if isinstance(value, str) and not value.isascii():
                try:
                    value.encode()
                except UnicodeEncodeError:
                    what = "is not UTF-8, or has half a character. Save the file as UTF-8."
                    raise Problem(400, f"{name} {what}", name) from None
        return self.model.point(found)

    def write(self, kept: Any, index: np.ndarray, answers: list[pa.Array]) -> bytes:
        """Write a line for each row, with the list of its results, and its problem."""
        results: list[list[Any]] = [[] for _ in kept]
        problems: dict[int, str] = {}
        columns = [column.to_pylist() for column in answers]
        for i, *members, problem in zip(index.tolist(), *columns, strict=True):
            if problem:
                problems[i] = problem
            elif any(member is not None for member in members):
                results[i].append(dict(zip(self.model.result, members, strict=True)))
        return self.encode(
            b"".join(
                self.with_answers(line, row, results[i], problems.get(i))
                for i, (line, row) in enumerate(kept)
            )
        )

    def with_answers(
        self, line: bytes, row: dict[str, Any] | None, results: list[Any], problem: str | None
    ) -> bytes:
        if row is None:
            row = {"line": line.decode("utf-8", "surrogateescape")}
            line = dumps(row).encode("utf-8", "surrogateescape")
        answers, why, kept = self.names_for(row)
        if len(kept) < len(row):
            line = dumps(kept).encode("utf-8", "surrogateescape")
        added = {answers: results} | ({why: problem} if problem else {})
        comma = b", " if kept else b""
        return line[:-1].rstrip() + comma + dumps(added)[1:].encode() + b"\n"

    def names_for(self, row: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
        """Name the answers and the problem unlike other keys; drop those of an earlier run."""
        inputs = {parameter.name for parameter in self.model.inputs}
        answers, problem = self.model.answers, "problem"
        while found := [name for name in row if name in (answers, problem)] or inputs & {
            answers,
            problem,
        }:
            is_earlier = found in ([answers], [answers, problem]) and [*row][-len(found) :] == found
            if is_earlier and not inputs & {answers, problem} and self.are_results(row[answers]):
                return answers, problem, {k: v for k, v in row.items() if k not in found}
            answers, problem = f"{answers}_", f"{problem}_"
        return answers, problem, row

    def are_results(self, value: Any) -> bool:
        return isinstance(value, list) and all(
            isinstance(result, dict) and result.keys() == self.model.result.keys()
            for result in value
        )


def parse(line: bytes) -> dict[str, Any]:
    try:
        row = JSON.decode(line.decode("utf-8", "surrogateescape").strip())
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise Problem(400, NOT_A_ROW)
    return row

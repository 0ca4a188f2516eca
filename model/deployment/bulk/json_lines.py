"""Rows of JSON lines."""

import json
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa

from bulk.columns import NUMERIC, check_names
from bulk.scorer import Rows
from bulk.text_rows import TextRows
from serving.formats import dumps
from serving.parameters import Parameter, values
from serving.problems import Problem

BAD_LINE = (
    "The line is not a JSON object in UTF-8, is nested too deeply, "
    "or contains NaN or a lone surrogate."
)


def finite(number: str) -> float:
    """Reject NaN and infinities, which JSON does not have."""
    if isfinite(value := float(number)):
        return value
    raise ValueError(number)


JSON = json.JSONDecoder(parse_float=finite, parse_constant=finite)


class JsonLines(TextRows):
    """JSON objects, checked like the points of a POST. The answers are appended to each."""

    def read(self, block: bytes) -> Rows:
        lines = [piece[0].strip() for piece in self.pieces(block)]
        rows, points, problems = [], [], {}
        nothing = self.model.point({parameter.name: None for parameter in self.model.inputs})
        for i, line in enumerate(lines):
            row, point = None, nothing
            try:
                row = JSON.decode(line.decode("utf-8", "surrogateescape"))
                check_names(row, self.model)
                point = self.model.point(values(self.model.inputs, row, Parameter.check_or_missing))
                "".join(map(str, point)).encode()
            except Problem as problem:
                problems[i] = problem.detail
            except (TypeError, ValueError, RecursionError):
                problems[i] = BAD_LINE
            rows.append(row)
            points.append(point)
        columns = [
            np.array([point[j] for point in points], float if p.type in NUMERIC else object)
            for j, p in enumerate(self.model.inputs)
        ]
        return Rows([*zip(lines, rows, strict=True)], len(lines), columns, problems)

    def write(self, kept: Any, index: np.ndarray, answers: list[pa.Array]) -> bytes:
        """Write a line for each row, with the list of its results, and its problem."""
        results: list[list[Any]] = [[] for _ in kept]
        problems = [""] * len(kept)
        for i, *members, problem in zip(
            index.tolist(), *(column.to_pylist() for column in answers), strict=True
        ):
            problems[i] = problem
            if any(member is not None for member in members):
                results[i].append(dict(zip(self.model.result, members, strict=True)))
        return self.encode(
            b"".join(map(self.with_answers, *zip(*kept, strict=True), results, problems))
        )

    def with_answers(self, line: bytes, row: Any, results: list[Any], problem: str) -> bytes:
        if not isinstance(row, dict):
            row = {"line": line.decode("utf-8", "surrogateescape")}
            line = dumps(row).encode("utf-8", "surrogateescape")
        (answers, why), is_earlier = self.names_for(row)
        if is_earlier:
            row = {name: value for name, value in row.items() if name not in (answers, why)}
            line = dumps(row).encode("utf-8", "surrogateescape")
        added = {answers: results} | ({why: problem} if problem else {})
        return line[:-1].rstrip() + (b", " if row else b"") + dumps(added)[1:].encode() + b"\n"

    def names_for(self, row: dict[str, Any]) -> tuple[list[str], bool]:
        """Return unused keys for the answers and the problem, or those of an earlier run."""
        names = [self.model.answers, "problem"]
        taken = {*row, *(parameter.name for parameter in self.model.inputs)}
        while taken.intersection(names):
            found = [name for name in row if name in names]
            is_last = found and found == names[: len(found)] == [*row][-len(found) :]
            if is_last and self.are_results(row[names[0]]):
                return names, True
            names = [f"{name}_" for name in names]
        return names, False

    def are_results(self, value: Any) -> bool:
        """Return whether the value is an earlier run's list of the model's results."""
        members = self.model.result.keys()
        return isinstance(value, list) and all(
            isinstance(result, dict) and result.keys() == members for result in value
        )

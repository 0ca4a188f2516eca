"""Rows of JSON lines."""

import json
from math import isfinite
from typing import Any

import numpy as np
import pyarrow as pa

from bulk.columns import check_names, read_value
from bulk.scorer import Columns, Problems
from bulk.text_rows import TextRows
from serving.formats import dumps
from serving.parameters import NUMBERS, values
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

    def read(self, content: bytes) -> tuple[Any, Columns, Problems]:
        kept, points, problems = [], [], {}
        nothing = self.model.point({parameter.name: None for parameter in self.model.inputs})
        for i, piece in enumerate(self.pieces(content)):
            line, row, point = piece[0].strip(), None, nothing
            try:
                row = JSON.decode(line.decode("utf-8", "surrogateescape"))
                check_names(row, self.model)
                point = self.model.point(values(self.model.inputs, row, read_value))
                "".join(map(str, point)).encode()
            except Problem as problem:
                problems[i] = problem.detail
            except (TypeError, ValueError, RecursionError):
                problems[i] = BAD_LINE
            kept.append((line, row))
            points.append(point)
        columns = [
            np.array(cells, float if parameter.type in NUMBERS else object)
            for parameter, cells in zip(self.model.inputs, zip(*points, strict=True), strict=True)
        ]
        return kept, columns, problems

    def write(self, kept: list[tuple[bytes, Any]], answers: list[pa.Array]) -> bytes:
        """Write a line for each row, with the list of its results, and its problem."""
        added: list[tuple[list[Any], str]] = [([], "")] * len(kept)
        for i, *members, problem in zip(*(a.to_pylist() for a in answers), strict=True):
            results = added[i][0]
            if any(member is not None for member in members):
                results = [*results, dict(zip(self.model.result, members, strict=True))]
            added[i] = results, problem
        lines = (self.with_answers(*row, *more) for row, more in zip(kept, added, strict=True))
        return self.encode(b"".join(lines))

    def with_answers(self, line: bytes, row: Any, results: list[Any], problem: str) -> bytes:
        if not isinstance(row, dict):
            row = {"line": line.decode("utf-8", "surrogateescape")}
            line = dumps(row).encode("utf-8", "surrogateescape")
        (answers, why), own = self.names_for(row)
        if len(own) < len(row):
            row = {name: row[name] for name in own}
            line = dumps(row).encode(errors="backslashreplace")  # as JSON escapes lone surrogates
        added = {answers: results} | ({why: problem} if problem else {})
        return line[:-1].rstrip() + (b", " if row else b"") + dumps(added)[1:].encode() + b"\n"

    def names_for(self, row: dict[str, Any]) -> tuple[list[str], list[str]]:
        """Return the keys for the answers and the problem, and the row's own.

        Those of an earlier run are used again; other keys are never replaced.
        """
        names = [self.model.answers, "problem"]
        while {*row, *(parameter.name for parameter in self.model.inputs)}.intersection(names):
            own = [name for name in row if name not in names]
            is_last = [*row] in ([*own, *names], [*own, names[0]])
            if is_last and self.are_results(row[names[0]]):
                return names, own
            names = [f"{name}_" for name in names]
        return names, [*row]

    def are_results(self, value: Any) -> bool:
        members = self.model.result.keys()
        return isinstance(value, list) and all(
            isinstance(result, dict) and result.keys() == members for result in value
        )

"""Rows of JSON lines."""

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

import pyarrow as pa

from bulk.checks import REPLACED, Columns, Problems, check_names, name_answers, read
from bulk.text_rows import TextRows
from serving.asking import to_columns
from serving.formats import dumps
from serving.parameters import values
from serving.problems import Problem

BAD_LINE = "The line is not a JSON object in UTF-8, or has NaN, lone surrogates or deep nesting."
JSON = json.JSONDecoder(parse_constant=int)  # raises ValueError for NaN, which is not JSON
Kept = tuple[str, list[str]]  # a line, and the names of its answers and its problem


class JsonLines(TextRows):
    """JSON objects, checked like the points of a POST. The answers are appended to each."""

    def read(self, lines: Sequence[bytes]) -> tuple[list[Kept], Columns, Problems]:
        nothing = self.model.point({parameter.name: None for parameter in self.model.inputs})
        kept, points, problems = list[Kept](), [], Problems()
        for i, line in enumerate(map(bytes.strip, lines)):
            text, point = line.decode("utf-8", "surrogateescape"), nothing
            added = [self.model.answers, "problem"]
            try:
                row = JSON.decode(text)
                if not isinstance(row, dict):
                    raise TypeError
                added, own = name_answers(self.columns(row), added, self.model)
                if own < len(row):
                    row, self.notes = dict(islice(row.items(), own)), [REPLACED]
                    text = dumps(row).encode(errors="backslashreplace").decode()
                check_names(row, self.model)
                point = self.model.point(values(self.model.inputs, row, read))
                "".join(map(str, point)).encode()
            except Problem as problem:
                problems[i] = problem.detail
            except (TypeError, ValueError, RecursionError):
                problems[i], text = BAD_LINE, dumps({"line": text})
            kept.append((text, added))
            points.append(point)
        return kept, to_columns(self.model.inputs, points), problems

    def write(self, kept: list[Kept], found: pa.Table, problems: Problems) -> bytes:
        """Write a line for each row, with the list of its results, and its problem."""
        results: list[list[Any]] = [[] for _ in kept]
        for result in found.to_pylist():
            results[result.pop("")].append(result)
        lines = []
        for i, (text, (key, why)) in enumerate(kept):
            added = dumps({key: results[i]} | ({why: problems[i]} if i in problems else {}))
            own = text[:-1].rstrip()
            lines.append(f"{own}{'' if own == '{' else ', '}{added[1:]}\n")
        return "".join(lines).encode("utf-8", "surrogateescape")

    def columns(self, row: dict[str, Any]) -> list[str]:
        """Return the row's keys. If they end in an earlier run's answers, add that of a problem."""
        *_, (last, results) = [("", None), *row.items()]
        are_results = isinstance(results, list) and all(
            isinstance(result, dict) and result.keys() == self.model.result.keys()
            for result in results
        )
        if are_results and last.rstrip("_") == self.model.answers:
            return [*row, last.replace(self.model.answers, "problem")]
        return [*row]

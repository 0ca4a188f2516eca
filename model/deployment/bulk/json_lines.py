"""Rows of JSON lines."""

import json
from collections.abc import Sequence
from functools import partial
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
Kept = tuple[bytes, list[str]]  # a line, and the names of its answers and its problem


class JsonLines(TextRows):
    """JSON objects, checked like the points of a POST. The answers are appended to each."""

    def read(self, lines: Sequence[bytes]) -> tuple[list[Kept], Columns, Problems]:
        kept, points, problems = list[Kept](), [], Problems()
        added = [self.model.answers, "problem"]
        nothing = self.model.point({parameter.name: None for parameter in self.model.inputs})
        for i, line in enumerate(filter(None, map(bytes.strip, lines))):
            text, point = line.decode("utf-8", "surrogateescape"), nothing
            try:
                row = JSON.decode(text)
                if not isinstance(row, dict):
                    raise TypeError
                is_earlier = partial(self.is_earlier, row)
                names = name_answers(added, row, self.model, is_earlier)
                if is_earlier(names):
                    row = {name: value for name, value in row.items() if name not in names}
                    line, self.notes = dumps(row).encode(errors="backslashreplace"), [REPLACED]
                check_names(row, self.model)
                point = self.model.point(values(self.model.inputs, row, read))
                "".join(map(str, point)).encode()
            except Problem as problem:
                problems[i] = problem.detail
            except (TypeError, ValueError, RecursionError):
                problems[i], names = BAD_LINE, added
                line = dumps({"line": text}).encode("utf-8", "surrogateescape")
            kept.append((line, names))
            points.append(point)
        return kept, to_columns(self.model.inputs, points), problems

    def write(self, kept: list[Kept], found: pa.Table, problems: Problems) -> bytes:
        """Write a line for each row, with the list of its results, and its problem."""
        answers: list[list[Any]] = [[] for _ in kept]
        for i, *members in zip(*(column.to_pylist() for column in found.columns), strict=True):
            answers[i].append(dict(zip(self.model.result, members, strict=True)))
        lines = []
        for i, (line, (key, why)) in enumerate(kept):
            added = {key: answers[i]} | ({why: problems[i]} if i in problems else {})
            own = line[:-1].rstrip()
            comma = b"" if own == b"{" else b", "
            lines.append(own + comma + dumps(added)[1:].encode() + b"\n")
        return self.encode(b"".join(lines))

    def is_earlier(self, row: dict[str, Any], names: list[str]) -> bool:
        """Say whether the names are last in the row, and have results of this model."""
        results, last = row.get(names[0]), [*row][-2:]
        return (
            (last == names or last[-1:] == names[:1])
            and isinstance(results, list)
            and all(
                isinstance(result, dict) and result.keys() == self.model.result.keys()
                for result in results
            )
        )

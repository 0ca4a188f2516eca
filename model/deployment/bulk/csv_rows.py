"""Rows of a csv."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from bulk.checks import Columns, Problems, check_all, check_header
from bulk.scorer import Block, in_lines
from bulk.text_rows import BOM, TextRows
from serving.problems import Problem, quoted

# Sets are possessive, but groups are not: Python 3.11.2, as in Debian 12, matches those wrongly.
FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*"|(?!")[^,\r\n]*+)'
FIELDS = rb"%b(?:,%b)*" % (FIELD, FIELD)
END = rb"(?:\r\n|\r|\n|\Z)"
# Rows, and lines that are not rows, because their quotes are malformed.
ROWS = re.compile(rb"%b%b|[^\r\n]*+%b" % (FIELDS, END, END))
# The same, or an unclosed quote at the end: the row may continue in the next chunk.
OPEN = re.compile(rb'%b%b|(?:%b,)*"[^"]*+(?:""[^"]*+)*\Z|[^\r\n]*+%b' % (FIELDS, END, FIELD, END))
MALFORMED = "The quotes of this row are malformed. Close quoted fields, and double quotes in them."


class CsvRows(TextRows):
    """A csv. A row is written as it was read, byte for byte, with its answers appended."""

    def blocks(self, file: IO[bytes]) -> Iterator[Block]:
        """Read the header; return the rows in blocks."""
        blocks = super().blocks(file)
        above, rows = next(blocks, ([], [b""]))
        self.read_header(rows[0].rstrip(b"\r\n"))
        return chain([(above[1:], rows[1:])] if rows[1:] else [], blocks)

    def read_header(self, row: bytes) -> None:
        if not row:
            raise Problem(400, "The file is empty. Its first line must have the columns' names.")
        try:
            [names] = csv.reader([row.decode()], strict=True)
        except (csv.Error, ValueError) as error:
            advice = "Save the file as UTF-8, with commas, and with quotes closed and doubled."
            raise Problem(400, f"The header cannot be read. {advice}") from error
        if (len(names) == 1 and re.search(r"[;\t|]", names[0])) or row.startswith(b"sep="):
            wrong = f"The first line is {quoted(row.decode())}. It must have the columns' names"
            raise Problem(400, f"{wrong}, separated by commas.")
        inputs = {parameter.name for parameter in self.model.inputs}
        names = [name or f"Unnamed: {i}" for i, name in enumerate(names)]  # as in pandas
        names = [name if name in inputs else name.strip() for name in names]
        added, kept, self.notes = check_header(names, self.model)
        self.names, self.kept = names, kept
        self.types = {name: pa.binary() for name in names if name in inputs}
        # A row as a whole, and without the answers of an earlier run.
        form = (FIELD, FIELD, kept - 1, FIELD, len(names) - kept)
        self.row = re.compile(rb"(%b(?:,%b){%d})(?:,%b){%d}" % form)
        cells = to_cells(pa.array(added)).to_pylist()
        self.header = b",".join([self.row.sub(rb"\1", row), *cells]) + b"\n"

    def split(self, content: bytes, may_continue: bool) -> list[bytes]:
        if b'"' not in content:
            return super().split(content, may_continue)
        found = (OPEN if may_continue else ROWS).finditer(content)
        return [piece[0] for piece in found if piece[0]]

    def read(self, lines: Sequence[bytes]) -> tuple[list[bytes], Columns, Problems]:
        """Read the inputs; a row that cannot be read is kept in the first column."""
        rows = [line.rstrip(b"\r\n") for line in lines]
        fields = {row.count(b",") + 1 for row in rows}
        is_plain = fields == {self.kept} == {len(self.names)} and b'"' not in b"".join(rows)
        unreadable = Problems() if is_plain else self.repair(rows)
        columns, problems = check_all(self.model, self.cells(rows), len(rows))
        return rows, columns, problems | unreadable

    def repair(self, rows: list[bytes]) -> Problems:
        """Cut off an earlier run's answers; quote rows that cannot be read, and say why."""
        unreadable = Problems()
        for i, row in enumerate(rows):
            if whole := self.row.fullmatch(row):
                rows[i] = whole[1]
            else:
                unreadable[i] = self.why_unreadable(row)
                rows[i] = b'"%b"%b' % (row.replace(b'"', b'""'), b"," * (self.kept - 1))
        return unreadable

    def why_unreadable(self, row: bytes) -> str:
        if not re.fullmatch(FIELDS, row):
            return MALFORMED
        width = len(re.findall(b"(?:^|,)" + FIELD, row))
        return f"The row has {width} fields, but the header has {len(self.names)}."

    def cells(self, rows: list[bytes]) -> dict[str, pa.Array]:
        """Return the inputs' cells by name."""
        content, names = BOM + b"\n".join([*rows, b""]), self.names[: self.kept]
        table = arrow_csv.read_csv(
            pa.py_buffer(content),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(content), column_names=names),
            arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(column_types=self.types, include_columns=self.types),
        )
        return {name: table[name].combine_chunks() for name in self.types}

    def write(self, rows: list[bytes], found: pa.Table, problems: Problems) -> bytes:
        """Return lines: the rows as they were read, followed by the cells of the answers."""
        index, *columns = in_lines(found, len(rows), problems)
        lines = pa.array(rows, pa.binary()).take(index)
        answered = pc.binary_join_element_wise(lines, *map(to_cells, columns), b",")
        content = pc.binary_join(pa.ListArray.from_arrays([0, len(answered)], answered), b"\n")
        return bytes(content[0].as_py()) + b"\n"


def to_cells(column: pa.Array) -> pa.Array:
    """Return a csv's cells, quoted where necessary, and empty for missing values."""
    texts = column.cast(pa.string())
    if pa.types.is_floating(column.type):  # Arrow writes 1.0 as 1
        texts = pc.replace_substring_regex(texts, r"^(-?\d+)$", r"\1.0")
    elif column.type == pa.string():
        doubled = pc.binary_join_element_wise("", pc.replace_substring(texts, '"', '""'), "", '"')
        texts = pc.if_else(pc.match_substring_regex(texts, '[",\r\n]'), doubled, texts)
    return texts.cast(pa.binary()).fill_null(b"")

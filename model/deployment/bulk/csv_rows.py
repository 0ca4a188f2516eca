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
from bulk.text_rows import TextRows
from serving.problems import Problem, quoted

FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+"|(?!")[^,\r\n]*+)'
ROW = re.compile(rb"%b(?:,%b)*+" % (FIELD, FIELD))
FIELDS = re.compile(rb"(?:^|,)%b" % FIELD)
END = rb"(?:\r\n|\r|\n|\Z)"
# Rows, and lines that are not rows, because their quotes are malformed.
LINES = re.compile(rb"%b%b|[^\r\n]*+%b" % (ROW.pattern, END, END))
# The same, or an unclosed quote at the end: the row may continue in the next chunk.
OPEN = re.compile(rb'%b%b|(?:%b,)*+"(?:[^"]|"")*+\Z|[^\r\n]*+%b' % (ROW.pattern, END, FIELD, END))
MALFORMED = "The quotes of this row are malformed. Close quoted fields, and double quotes in them."


class CsvRows(TextRows):
    """A csv. A row is written as it was read, byte for byte, with its answers appended."""

    def blocks(self, file: IO[bytes]) -> Iterator[Block]:
        """Read the header; return the rows in blocks."""
        blocks = super().blocks(file)
        above, rows = next(blocks, (0, [b""]))
        header = b"\n"
        while header.isspace():
            header = rows.pop(0)
            above += len(header.splitlines())
        self.read_header(header.rstrip(b"\r\n"))
        return chain([] if all(map(bytes.isspace, rows)) else [(above, rows)], blocks)

    def read_header(self, row: bytes) -> None:
        if not row:
            raise Problem(400, "The file is empty. Its first line must have the columns' names.")
        try:
            [names] = csv.reader([row.decode()], strict=True)
        except (csv.Error, ValueError) as error:
            advice = "Save the file as UTF-8, close quoted fields, and double quotes in them."
            raise Problem(400, f"The header cannot be read. {advice}") from error
        if (len(names) == 1 and re.search(r"[;\t|]", names[0])) or row.startswith(b"sep="):
            wrong = f"The first line is {quoted(row.decode())}. It must have the columns' names"
            raise Problem(400, f"{wrong}, separated by commas.")
        inputs = {parameter.name for parameter in self.model.inputs}
        self.names = [n if n in inputs or n.strip() not in inputs else n.strip() for n in names]
        added, self.kept, self.notes = check_header(self.names, self.model)
        cells = to_cells(pa.array(added)).to_pylist()
        self.header = self.encode(b",".join([*self.without_answers([row]), *cells]) + b"\n")

    def split(self, content: bytes, may_continue: bool) -> list[bytes]:
        if b'"' not in content:
            return super().split(content, may_continue)
        found = (OPEN if may_continue else LINES).finditer(content)
        return [piece[0] for piece in found if piece[0]]

    def read(self, lines: Sequence[bytes]) -> tuple[list[bytes], Columns, Problems]:
        """Read the inputs; a row that cannot be read is kept in the first column."""
        rows = [line.rstrip(b"\r\n") for line in lines if not line.isspace()]
        unreadable = Problems()
        if b'"' in b"".join(rows):
            malformed = (i for i, row in enumerate(rows) if not ROW.fullmatch(row))
            unreadable = dict.fromkeys(malformed, MALFORMED)
        try:
            cells = self.parse(rows, unreadable)
        except pa.ArrowInvalid:
            wanted, widths = len(self.names), [len(FIELDS.findall(row)) for row in rows]
            unreadable = {
                i: f"The row has {width} fields, but the header has {wanted}."
                for i, width in enumerate(widths)
                if width != wanted
            } | unreadable
            cells = self.parse(rows, unreadable)
        columns, problems = check_all(self.model, cells, len(rows))
        for i in unreadable:
            rows[i] = b'"%b"%b' % (rows[i].replace(b'"', b'""'), b"," * (len(self.names) - 1))
        return rows, columns, problems | unreadable

    def parse(self, rows: list[bytes], unreadable: Problems) -> dict[str, pa.Array]:
        """Return the inputs' cells by name, empty ones for unreadable rows."""
        empty = b'""' + b"," * (len(self.names) - 1)
        content = b"\n".join([empty if i in unreadable else row for i, row in enumerate(rows)])
        inputs = [p.name for p in self.model.inputs if p.name in self.names]
        table = arrow_csv.read_csv(
            pa.py_buffer(content),
            arrow_csv.ReadOptions(
                use_threads=False, block_size=len(content) + 1, column_names=self.names
            ),
            arrow_csv.ParseOptions(newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(inputs, pa.binary()), include_columns=inputs
            ),
        )
        return {name: table[name].combine_chunks() for name in inputs}

    def without_answers(self, rows: list[bytes]) -> list[bytes]:
        """Cut off the columns of an earlier run."""
        if self.kept == len(self.names):
            return rows
        columns = re.compile(rb"(?s)(%b(?:,%b){%d}).*" % (FIELD, FIELD, self.kept - 1))
        return [columns.sub(rb"\1", row) for row in rows]

    def write(self, rows: list[bytes], found: pa.Table, problems: Problems) -> bytes:
        """Return lines: the rows as they were read, followed by the cells of the answers."""
        index, *columns = in_lines(found, len(rows), problems)
        lines = pa.array(self.without_answers(rows), pa.binary()).take(index)
        answered = pc.binary_join_element_wise(lines, *map(to_cells, columns), b",")
        content = pc.binary_join(pa.ListArray.from_arrays([0, len(answered)], answered), b"\n")
        return self.encode(content[0].as_py() + b"\n")


def to_cells(column: pa.Array) -> pa.Array:
    """Return a csv's cells, quoted where necessary, and empty for missing values."""
    texts = column.cast(pa.string())
    if pa.types.is_floating(column.type):  # Arrow writes 1.0 as 1
        texts = pc.replace_substring_regex(texts, r"^(-?\d+)$", r"\1.0")
    elif column.type == pa.string():
        doubled = pc.binary_join_element_wise("", pc.replace_substring(texts, '"', '""'), "", '"')
        texts = pc.if_else(pc.match_substring_regex(texts, '[",\r\n]'), doubled, texts)
    return texts.cast(pa.binary()).fill_null(b"")

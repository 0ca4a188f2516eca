"""Rows of a csv."""

import csv
import re
from collections.abc import Container, Iterator
from itertools import chain
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from bulk.columns import check_all, check_header, read_text
from bulk.scorer import Block, Columns, Problems
from bulk.text_rows import LONGEST, TextRows
from serving.problems import Problem, quoted

FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+"|(?!")[^,\r\n]*+)'
END = rb"(?:\r\n|\r|\n|\Z)"
# A row, or a line that is not one, because its quotes are malformed.
PIECES = re.compile(rb"(?P<row>%b(?:,%b)*+%b)|[^\r\n]*+%b" % (FIELD, FIELD, END, END))
OPEN = re.compile(rb'(?:%b,)*+"[^"]*+(?:""[^"]*+)*+' % FIELD)  # a row whose last quote is missing
FIELDS = re.compile(rb"(?:^|,)%b" % FIELD)
MALFORMED = "The quotes of this row are malformed. Close quoted fields, and double quotes in them."
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class CsvRows(TextRows):
    """A csv. A row is written as it was read, byte for byte, with its answers appended."""

    own: re.Pattern[bytes] | None = None  # a row's columns, if the last ones are replaced

    def blocks(self, file: IO[bytes]) -> Iterator[Block]:
        """Read the header; return the rows in blocks."""
        blocks = super().blocks(file)
        _, content = next(blocks, Block(0, b""))
        end = self.read_header(content) if content else 0
        self.read_so_far = len(content[:end].splitlines())
        rest = content[end:]
        return chain([self.block(rest)] if rest.strip() else [], blocks)

    def read_header(self, content: bytes) -> int:
        """Return where the header ends."""
        piece = next(self.pieces(content))
        row = piece[0].rstrip(b"\r\n")
        try:
            [names] = csv.reader([row.decode()], strict=True)
        except UnicodeDecodeError as error:
            raise Problem(400, "The header is not UTF-8. Save the file as UTF-8.") from error
        except (csv.Error, ValueError) as error:
            raise Problem(400, f"The header cannot be read. {MALFORMED}") from error
        inputs = {parameter.name for parameter in self.model.inputs}
        self.names = [n if n in inputs or n.strip() not in inputs else n.strip() for n in names]
        for separator, plural in SEPARATORS.items() if len(self.names) == 1 else ():
            if separator in self.names[0]:
                raise Problem(400, f"The columns must be separated by commas, not by {plural}.")
        if row.startswith(b"sep="):
            raise Problem(400, f"The first line is {quoted(row.decode())}. Delete it.")
        added, kept, self.notes = check_header(self.names, self.model)
        if kept < len(self.names):
            self.own = re.compile(rb"(?s)(%b(?:,%b){%d}).*" % (FIELD, FIELD, kept - 1))
        self.header = self.write([row], [pa.array([cell]) for cell in (0, *added)])
        return piece.end()

    def cut(self, content: bytes) -> int:
        """Return where the last complete row ends; a quoted field may span lines."""
        end = max(content.rfind(b"\n"), content.rfind(b"\r", 0, -1)) + 1
        for piece in PIECES.finditer(content, 0, end) if b'"' in content else ():
            start = piece.start()
            if not piece["row"] and end - start < LONGEST and OPEN.fullmatch(content, start, end):
                return start
        return end

    def pieces(self, content: bytes) -> Iterator[re.Match[bytes]]:
        return (piece for piece in PIECES.finditer(content) if piece[0].strip())

    def read(self, content: bytes) -> tuple[list[bytes], Columns, Problems]:
        """Read the inputs; a row that cannot be read is kept in the first column."""
        if b'"' in content:
            pieces = [*self.pieces(content)]
            rows = [piece[0].rstrip(b"\r\n") for piece in pieces]
            widths = {i: 0 for i, piece in enumerate(pieces) if not piece["row"]}
        else:
            rows, widths = [*filter(bytes.strip, content.splitlines())], {}
        wanted = len(self.names)
        try:
            cells = self.parse(rows, widths)
        except pa.ArrowInvalid:
            found = {i: len(FIELDS.findall(row)) for i, row in enumerate(rows) if i not in widths}
            widths |= {i: width for i, width in found.items() if width != wanted}
            cells = self.parse(rows, widths)
        columns, problems = check_all(self.model, cells, len(rows), read_text)
        for i, width in widths.items():
            problems[i] = f"The row has {width} fields, but the header has {wanted}."
            if width == 0:
                problems[i] = MALFORMED
            if 0 < width < wanted:
                rows[i] += b"," * (wanted - width)
            else:
                rows[i] = b'"%b"%b' % (rows[i].replace(b'"', b'""'), b"," * (wanted - 1))
        return rows, columns, problems

    def parse(self, rows: list[bytes], unreadable: Container[int]) -> dict[str, pa.Array]:
        """Return the inputs' cells by name, empty ones for unreadable rows."""
        empty = b'""' + b"," * (len(self.names) - 1)
        content = b"\n".join([empty if i in unreadable else row for i, row in enumerate(rows)])
        names = [str(i) for i in range(len(self.names))]  # the header's may be repeated
        inputs = [p.name for p in self.model.inputs if p.name in self.names]
        places = [names[self.names.index(name)] for name in inputs]
        table = arrow_csv.read_csv(
            pa.py_buffer(content),
            arrow_csv.ReadOptions(
                use_threads=False, block_size=len(content) + 1, column_names=names
            ),
            arrow_csv.ParseOptions(newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.binary()), include_columns=places
            ),
        )
        columns = (column.combine_chunks() for column in table.columns)
        return dict(zip(inputs, columns, strict=True))

    def write(self, rows: list[bytes], answers: list[pa.Array]) -> bytes:
        """Return lines: the rows as they were read, followed by the cells of the answers."""
        if self.own:
            rows = [self.own.sub(rb"\1", row) for row in rows]
        index, *columns = answers
        *others, last = map(to_cells, columns)
        ends = pc.binary_join_element_wise(last, b"\n", b"")
        lines = pa.array(rows, pa.binary()).take(index)
        answered = pc.binary_join_element_wise(lines, *others, ends, b",")
        return self.encode(answered.buffers()[2].to_pybytes())


def to_cells(column: pa.Array) -> pa.Array:
    """Return a csv's cells, quoted where necessary, and empty for missing values."""
    texts = column.cast(pa.string())
    if pa.types.is_floating(column.type):  # Python's 1.0 is Arrow's 1
        texts = pc.replace_substring_regex(texts, r"^(-?\d+)$", r"\1.0")
    else:
        doubled = pc.binary_join_element_wise("", pc.replace_substring(texts, '"', '""'), "", '"')
        texts = pc.if_else(pc.match_substring_regex(texts, '[",\r\n]'), doubled, texts)
    return texts.cast(pa.binary()).fill_null(b"")

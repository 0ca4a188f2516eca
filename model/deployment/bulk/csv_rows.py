"""Rows of a csv: each is written as it was read, byte for byte, and its answers behind it."""

import csv
import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from bulk.columns import check, check_names, name_answers
from bulk.scorer import Rows
from serving.model import Model
from serving.problems import Problem, quoted

BLOCK, LONGEST = 2_000_000, 16_000_000  # bytes: of a block; of a row, or its quotes are wrong
FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+"|(?!")[^,\r\n]*+)'
ROW = rb"%b(?:,%b)*+(?:\r\n|\r|\n|\Z)" % (FIELD, FIELD)
LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n|\Z)")
# Rows that can be read; the beginning of one whose last field is still open; either, or a line.
ROWS, OPEN = re.compile(b"(?:%b)*+" % ROW), re.compile(rb'(?:%b,)*+"[^"]*+(?:""[^"]*+)*+' % FIELD)
PIECES = re.compile(b"(?P<row>%b)|%b" % (ROW, LINE.pattern))
MALFORMED = "The quotes of this row are wrong: close quoted fields, and double any quote inside."
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def cut(block: bytes) -> int:
    """Return where the last row of a block ends; a field in quotes may have several lines."""
    size = max(block.rfind(b"\n"), block.rfind(b"\r", 0, -1)) + 1
    position = 0 if b'"' in block else size
    while (position := ROWS.match(block, position, size).end()) < size:
        if size - position < LONGEST and OPEN.fullmatch(block, position, size):
            return position
        position = LINE.match(block, position, size).end()
    return size


def blocks(file: IO[bytes], cut: Callable[[bytes], int] = cut) -> Iterator[bytes]:
    """Part a file where rows end."""
    rest = b""
    while chunk := file.read(BLOCK):
        rest += chunk
        if end := cut(rest):
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def pieces(block: bytes) -> Iterator[re.Match[bytes]]:
    """Find rows, and lines with malformed quotes; blank lines are neither."""
    return (piece for piece in PIECES.finditer(block) if piece[0].strip())


@dataclass
class Csv:
    """A csv with the inputs among its columns."""

    model: Model
    compress: bool
    lines: int = 0  # until the header's end

    def blocks(self, file: IO[bytes]) -> Iterator[bytes]:
        """Read the header; return blocks of the rows below it."""
        parts = blocks(file)
        first = next(parts, b"").removeprefix(b"\xef\xbb\xbf")
        header = next(pieces(first), None)
        self.header = header[0].rstrip(b"\r\n") if header else b""
        self.names = self.read_header(self.header) if header else []
        self.added, self.kept = name_answers(self.model, self.names)
        self.replaced = self.kept < len(self.names)
        end = header.end() if header else 0
        self.lines = len(first[:end].splitlines())
        self.prefix = re.compile(b"%b(?:,%b){%d}" % (FIELD, FIELD, max(self.kept - 1, 0)))
        return filter(bytes.strip, chain([first[end:]], parts))

    def read_header(self, header: bytes) -> list[str]:
        """Return the names of the columns; raise Problem if the file cannot be answered."""
        try:
            [names] = csv.reader([header.decode()], strict=True)
        except UnicodeDecodeError as error:
            raise Problem(400, "The header is not UTF-8. Save the file as UTF-8.") from error
        except (csv.Error, ValueError) as error:
            raise Problem(400, f"The header cannot be read. {MALFORMED}") from error
        if header.lower().startswith(b"sep="):
            raise Problem(400, f"The first line is {quoted(header.decode())}. Delete it.")
        for separator, plural in SEPARATORS.items() if len(names) == 1 else ():
            if separator in names[0]:
                raise Problem(400, f"The columns must be separated by commas, not by {plural}.")
        for parameter in self.model.inputs:
            if names.count(parameter.name) > 1:
                raise Problem(400, f"There are two columns {parameter.name}. Delete or rename one.")
        check_names(names, self.model)
        return names

    @contextmanager
    def writer(self, out: IO[bytes]) -> Iterator[Callable[[bytes], Any]]:
        if self.names:
            names = [pa.array([name]) for name in self.added]
            out.write(self.encode(join(pa.array(self.cut([self.header])), names)))
        yield out.write

    def encode(self, content: bytes) -> bytes:
        return gzip.compress(content, 6, mtime=0) if self.compress else content

    def cut(self, rows: list[bytes]) -> list[bytes]:
        """Leave out the answers of an earlier run."""
        return [self.prefix.match(row)[0] for row in rows] if self.replaced else rows

    def line(self, block: bytes, row: int) -> int:
        """Return the number of a row's line in a block; or of the last line, for row -1."""
        end = next(islice(pieces(block), row, None)).start() if row >= 0 else len(block)
        return len(block[:end].splitlines()) + (row >= 0)

    def read(self, block: bytes) -> Rows:
        """Read the inputs' columns. Rows that are kept have a field for each column."""
        problems: dict[int, str] = {}
        if b'"' in block:
            found = [*pieces(block)]
            rows = [piece[0].rstrip(b"\r\n") for piece in found]
            problems = {i: MALFORMED for i, piece in enumerate(found) if not piece["row"]}
        else:
            rows = [*filter(bytes.strip, block.splitlines())]
        whole = {*problems}
        cells, ragged = self.cells(rows, whole)
        for i, fields in ragged.items():
            problems[i] = f"The row has {fields} fields, and the header {len(self.names)}."
            rows[i] += b"," * (len(self.names) - fields)
            if fields > len(self.names):
                whole.add(i)
        kept = self.cut([self.blank if i in whole else row for i, row in enumerate(rows)])
        for i in whole:  # in the first column
            quoted_row = rows[i].replace(b'"', b'""')
            kept[i] = b'"%b"%b' % (quoted_row, b"," * (self.kept - 1))
        columns = []
        for parameter in self.model.inputs:
            texts, undecodable = None, {}
            if parameter.name in self.names:
                texts, undecodable = decode(
                    parameter.name, cells[str(self.names.index(parameter.name))].combine_chunks()
                )
            values, wrong = check(parameter, texts, len(rows), is_text=True)
            columns.append(values)
            problems = wrong | undecodable | problems  # the first problem of a row counts
        return Rows(kept, len(rows), columns, problems)

    @property
    def blank(self) -> bytes:
        return b'""' + b"," * (len(self.names) - 1)

    def cells(self, rows: list[bytes], skipped: set[int]) -> tuple[pa.Table, dict[int, int]]:
        """Return the cells, and how many fields a row has that has more or fewer than the header."""
        ragged: dict[int, int] = {}

        def skip(row: Any) -> str:
            ragged[row.number - 1] = row.actual_columns
            return "skip"

        if skipped:
            rows = [self.blank if i in skipped else row for i, row in enumerate(rows)]
        places = [str(i) for i in range(len(self.names))]
        content = b"\n".join(rows)
        table = arrow_csv.read_csv(
            pa.py_buffer(content),
            arrow_csv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=places),
            arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.binary()),
                include_columns=[
                    str(self.names.index(p.name)) for p in self.model.inputs if p.name in self.names
                ],
            ),
        )
        if ragged:
            table, _ = self.cells(rows, {*ragged})
        return table, ragged

    def write(self, kept: list[bytes], index: np.ndarray, answers: list[pa.Array]) -> bytes:
        rows = pa.array(kept, pa.binary())
        if len(index) > len(kept):
            rows = rows.take(pa.array(index))
        return self.encode(join(rows, answers))


def join(rows: pa.Array, columns: list[pa.Array]) -> bytes:
    """Return lines: the rows as they are, with cells of the columns behind."""
    *others, last = [as_text(column) for column in columns]
    ends = pc.binary_join_element_wise(last, b"\n", b"")
    lines = pc.binary_join_element_wise(rows, *others, ends, b",")
    return lines.buffers()[2].to_pybytes()


def as_text(column: pa.Array) -> pa.Array:
    """Return a csv's cells, quoted where they have to be, and empty where nothing is."""
    texts = column.cast(pa.string())
    if pa.types.is_floating(column.type):  # 1.0, as Python writes it, and not 1
        is_whole = pc.match_substring_regex(texts, r"^-?\d+$")
        texts = pc.if_else(is_whole, pc.binary_join_element_wise(texts, "0", "."), texts)
    elif pa.types.is_string(column.type):
        doubled = pc.replace_substring(texts, '"', '""')
        in_quotes = pc.binary_join_element_wise("", doubled, "", '"')
        needs_quotes = pc.match_substring_regex(texts, '[",\r\n]')
        texts = pc.if_else(needs_quotes, in_quotes, texts)
    return texts.cast(pa.binary()).fill_null(b"")


def decode(name: str, cells: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Return cells as texts, and problems by row: of those that are not UTF-8."""
    with suppress(pa.ArrowInvalid):
        return cells.cast(pa.string()), {}
    texts, problems = [], {}
    for i, cell in enumerate(cells.to_pylist()):
        texts.append(cell.decode(errors="replace"))
        if texts[i].encode() != cell:
            what = quoted(texts[i])
            problems[i] = f"{name} is {what}, which is not UTF-8. Save the file as UTF-8."
    return pa.array(texts, pa.string()), problems

"""Rows of a csv."""

import csv
import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from bulk.columns import check_all, check_header
from bulk.scorer import Rows
from bulk.text_rows import LONGEST, TextRows
from serving.problems import Problem, quoted

FIELD = rb'(?:"[^"]*+(?:""[^"]*+)*+"|(?!")[^,\r\n]*+)'
ROW = rb"%b(?:,%b)*+(?:\r\n|\r|\n|\Z)" % (FIELD, FIELD)
LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n|\Z)")
ROWS = re.compile(rb"(?:%b)*+" % ROW)
OPEN = re.compile(rb'(?:%b,)*+"[^"]*+(?:""[^"]*+)*+' % FIELD)  # a row whose last quote is missing
FIELDS = re.compile(rb"(?:^|,)%b" % FIELD)
PIECES = re.compile(rb"(?P<row>%b)|%b" % (ROW, LINE.pattern))
MALFORMED = "The quotes of this row are malformed. Close quoted fields, and double quotes in them."
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class CsvRows(TextRows):
    """A csv. A row is written as it was read, byte for byte, with its answers appended."""

    def begin(self, block: bytes) -> int:
        """Read the header."""
        if not (header := next(self.pieces(block), None)):
            self.names, self.kept = [], 0
            return len(block)
        row = header[0].rstrip(b"\r\n")
        try:
            [self.names] = csv.reader([row.decode()], strict=True)
        except UnicodeDecodeError as error:
            raise Problem(400, "The header is not UTF-8. Save the file as UTF-8.") from error
        except (csv.Error, ValueError) as error:
            raise Problem(400, f"The header cannot be read. {MALFORMED}") from error
        for separator, plural in SEPARATORS.items() if len(self.names) == 1 else ():
            if separator in self.names[0]:
                raise Problem(400, f"The columns must be separated by commas, not by {plural}.")
        if row.startswith(b"sep="):
            raise Problem(400, f"The first line is {quoted(row.decode())}. Delete it.")
        added, self.kept, self.notes = check_header(self.names, self.model)
        self.prefix = re.compile(rb"(?s)^(%b(?:,%b){%d}).*" % (FIELD, FIELD, self.kept - 1))
        self.header = join(pa.array(self.cut_rows([row])), [pa.array([name]) for name in added])
        return header.end()

    def cut(self, block: bytes) -> int:
        """Return where the last complete row ends; a quoted field may span lines."""
        size = max(block.rfind(b"\n"), block.rfind(b"\r", 0, -1)) + 1
        position = 0 if b'"' in block else size
        while (position := next(ROWS.finditer(block, position, size)).end()) < size:
            if size - position < LONGEST and OPEN.fullmatch(block, position, size):
                return position
            position = next(LINE.finditer(block, position, size)).end()
        return size

    def pieces(self, block: bytes) -> Iterator[re.Match[bytes]]:
        return (piece for piece in PIECES.finditer(block) if piece[0].strip())

    def cut_rows(self, rows: list[bytes]) -> list[bytes]:
        """Remove the answers of an earlier run."""
        if self.kept == len(self.names):
            return rows
        return [self.prefix.sub(rb"\1", row) for row in rows]

    def read(self, block: bytes) -> Rows:
        """Read the inputs; a row that cannot be read is kept in the first column."""
        rows, problems = [*filter(bytes.strip, block.splitlines())], {}
        if b'"' in block:
            pieces = [*self.pieces(block)]
            rows = [piece[0].rstrip(b"\r\n") for piece in pieces]
            problems = {i: MALFORMED for i, piece in enumerate(pieces) if not piece["row"]}
        width, readable, bad = len(self.names), [*rows], {*problems}
        lines = pa.array(rows, pa.binary())
        doubtful = pc.not_equal(pc.count_substring(lines, ","), width - 1)
        doubtful = pc.or_(doubtful, pc.match_substring(lines, '"'))
        for i in np.flatnonzero(doubtful.to_numpy(zero_copy_only=False)).tolist():
            if i not in bad and (found := len(FIELDS.findall(rows[i]))) != width:
                problems[i] = f"The row has {found} fields, but the header has {width}."
                readable[i] += b"," * (width - found)
                bad |= {i} if found > width else set()
        for i in bad:
            readable[i] = b'""' + b"," * (width - 1)
        columns, wrong = check_all(self.model, self.parse(readable), len(rows), is_text=True)
        kept = self.cut_rows(readable)
        for i in bad:
            kept[i] = b'"%b"%b' % (rows[i].replace(b'"', b'""'), b"," * (self.kept - 1))
        return Rows(kept, len(rows), columns, wrong | problems)

    def parse(self, rows: list[bytes]) -> dict[str, pa.Array]:
        """Return the inputs' cells by name."""
        places = {name: str(i) for i, name in enumerate(self.names)}
        inputs = {p.name: places[p.name] for p in self.model.inputs if p.name in places}
        content = b"\n".join(rows)
        table = arrow_csv.read_csv(
            pa.py_buffer(content),
            arrow_csv.ReadOptions(
                use_threads=False,
                block_size=len(content) + 1,
                column_names=[str(i) for i in range(len(self.names))],
            ),
            arrow_csv.ParseOptions(newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(inputs.values(), pa.binary()),
                include_columns=[*inputs.values()],
            ),
        )
        return {name: table[i].combine_chunks() for name, i in inputs.items()}

    def write(self, kept: list[bytes], index: np.ndarray, answers: list[pa.Array]) -> bytes:
        rows = pa.array(kept, pa.binary())
        return self.encode(join(rows if len(index) == len(rows) else rows.take(index), answers))


def join(rows: pa.Array, columns: list[pa.Array]) -> bytes:
    """Return lines: the rows unchanged, followed by the cells of the columns."""
    *others, last = map(to_cells, columns)
    ends = pc.binary_join_element_wise(last, b"\n", b"")
    return pc.binary_join_element_wise(rows, *others, ends, b",").buffers()[2].to_pybytes()


def to_cells(column: pa.Array) -> pa.Array:
    """Return a csv's cells, quoted where necessary, and empty for missing values."""
    texts = column.cast(pa.string())
    if pa.types.is_floating(column.type):  # Python's 1.0 is Arrow's 1
        is_whole = pc.match_substring_regex(texts, r"^-?\d+$")
        texts = pc.if_else(is_whole, pc.binary_join_element_wise(texts, "0", "."), texts)
    else:
        doubled = pc.binary_join_element_wise("", pc.replace_substring(texts, '"', '""'), "", '"')
        texts = pc.if_else(pc.match_substring_regex(texts, '[",\r\n]'), doubled, texts)
    return texts.cast(pa.binary()).fill_null(b"")

"""Rows of a Parquet file."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

import pyarrow as pa
from pyarrow import parquet

from bulk.checks import Columns, Problems, check_all, check_header
from bulk.scorer import TYPES, Block, in_lines
from serving.model import Model
from serving.problems import Problem

COLUMN = 150_000  # bytes of a block's columns, on average: bound the memory
BLOCKS = 6  # of a row group: a writer remembers each group until the end


@dataclass
class ParquetRows:
    """A table. Its values are checked like those of a POST; the answers are added as columns."""

    model: Model
    unit = "row"
    at_once = 8_000  # rows of a block
    read_so_far = 0

    def blocks(self, file: IO[bytes]) -> Iterator[Block]:
        # By default, the whole file stays in memory, or at least a row group of it.
        reader = parquet.ParquetFile(file, pre_buffer=False, buffer_size=65_536)
        schema, about = reader.schema_arrow, reader.metadata
        size = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups)) or 1
        at_once = min(self.at_once, COLUMN * about.num_columns * about.num_rows // size + 1)
        added, self.kept, self.notes = check_header(schema.names, self.model)
        types = [*(TYPES[kind] for kind in self.model.result.values()), "string"]
        fields = [*[*schema][: self.kept], *map(pa.field, added, types)]
        self.schema = pa.schema(fields, schema.metadata)
        return map(self.block, reader.iter_batches(at_once, use_threads=False))

    def block(self, content: pa.RecordBatch) -> Block:
        above, self.read_so_far = self.read_so_far, self.read_so_far + len(content)
        return range(above, self.read_so_far), content

    def save(self, contents: Iterator[pa.RecordBatch], out: IO[bytes]) -> None:
        with parquet.ParquetWriter(out, self.schema) as writer:
            for first in contents:
                group = pa.Table.from_batches([first, *islice(contents, BLOCKS - 1)])
                writer.write_table(group)

    def read(self, content: pa.RecordBatch) -> tuple[pa.RecordBatch, Columns, Problems]:
        inputs = {parameter.name for parameter in self.model.inputs}
        cells = {name: plain(content[name]) for name in content.schema.names if name in inputs}
        return content, *check_all(self.model, cells, len(content))

    def write(self, content: pa.RecordBatch, found: pa.Table, problems: Problems) -> pa.RecordBatch:
        index, *columns = in_lines(found, len(content), problems)
        kept = content.take(index) if len(index) > len(content) else content
        columns = [*kept.columns[: self.kept], *columns]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def plain(column: pa.Array) -> pa.Array:
    """Return numbers for decimals, and texts for dates, in ISO 8601 as in a request."""
    if pa.types.is_nested(column.type):
        raise Problem(400, f"An input is a column of {column.type}, which cannot be read.")
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_decimal(column.type):  # directly, one in eight is off by its last digit
        return column.cast(pa.string()).cast(pa.float64())
    is_text = pa.types.is_temporal(column.type) or pa.types.is_string_view(column.type)
    return column.cast(pa.string()) if is_text else column

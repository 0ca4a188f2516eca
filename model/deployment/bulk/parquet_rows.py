"""Rows of a Parquet file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import pyarrow as pa
from pyarrow import parquet

from bulk.columns import check_all, check_header, read_value
from bulk.scorer import TYPES, Block, Columns, Problems
from serving.model import Model
from serving.problems import Problem

AT_ONCE = 8_000  # rows of a block


@dataclass
class ParquetRows:
    """A table. Its values are checked like those of a POST; the answers are added as columns."""

    model: Model
    unit = "row"
    read_so_far = 0

    def blocks(self, file: IO[bytes]) -> Iterator[Block]:
        reader = parquet.ParquetFile(file)
        schema = reader.schema_arrow
        for parameter in self.model.inputs:
            column = schema.get_field_index(parameter.name)
            if column >= 0 and pa.types.is_nested(schema.types[column]):
                text = f"{parameter.name} is a column of {schema.types[column]}"
                raise Problem(400, f"{text}. It must be {parameter.allowed}.", parameter.name)
        added, self.kept, self.notes = check_header(schema.names, self.model)
        types = [*(TYPES[kind] for kind in self.model.result.values()), pa.string()]
        fields = [*[*schema][: self.kept], *map(pa.field, added, types)]
        self.schema = pa.schema(fields, schema.metadata)
        return map(self.block, reader.iter_batches(AT_ONCE, use_threads=False))

    def block(self, content: pa.RecordBatch) -> Block:
        before, self.read_so_far = self.read_so_far, self.read_so_far + len(content)
        return Block(before, content)

    def line(self, content: pa.RecordBatch, row: int) -> int:
        return row + 1

    @contextmanager
    def writer(self, out: IO[bytes]) -> Iterator[Callable[[pa.RecordBatch], Any]]:
        with parquet.ParquetWriter(out, self.schema) as writer:
            yield writer.write_batch

    def read(self, content: pa.RecordBatch) -> tuple[pa.RecordBatch, Columns, Problems]:
        cells = dict(zip(content.schema.names, map(plain, content.columns), strict=True))
        columns, problems = check_all(self.model, cells, len(content), read_value)
        return content, columns, problems

    def write(self, content: pa.RecordBatch, answers: list[pa.Array]) -> pa.RecordBatch:
        index, *columns = answers
        kept = content.select([*range(self.kept)]).take(index)
        return pa.RecordBatch.from_arrays([*kept.columns, *columns], schema=self.schema)


def plain(column: pa.Array) -> pa.Array:
    """Return texts for a dictionary's, and for dates, in ISO 8601 as in a request."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_text = pa.types.is_temporal(column.type) or pa.types.is_string_view(column.type)
    return column.cast(pa.string()) if is_text else column

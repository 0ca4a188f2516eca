"""Rows of a Parquet file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from bulk.columns import check_all, check_header
from bulk.scorer import AT_ONCE, TYPES, Rows
from serving.model import Model


@dataclass
class ParquetRows:
    """A table. Its values are checked like those of a POST; the answers are added as columns."""

    model: Model
    unit = "row"
    lines = 0

    def blocks(self, file: IO[bytes]) -> Iterator[pa.RecordBatch]:
        reader = parquet.ParquetFile(file)
        schema = reader.schema_arrow
        self.added, self.kept, self.notes = check_header(schema.names, self.model)
        types = [*(TYPES[kind] for kind in self.model.result.values()), pa.string()]
        fields = [*[*schema][: self.kept], *map(pa.field, self.added, types)]
        self.schema = pa.schema(fields, schema.metadata)
        return reader.iter_batches(AT_ONCE, use_threads=False)

    @contextmanager
    def writer(self, out: IO[bytes]) -> Iterator[Callable[[pa.RecordBatch], Any]]:
        with parquet.ParquetWriter(out, self.schema) as writer:
            yield writer.write_batch

    def count(self, block: pa.RecordBatch, row: int | None = None) -> int:
        return len(block) if row is None else row + 1

    def read(self, block: pa.RecordBatch) -> Rows:
        cells = dict(zip(block.schema.names, block.columns, strict=True))
        columns, problems = check_all(self.model, cells, len(block), is_text=False)
        kept = block.select([*range(self.kept)])
        return Rows(kept, len(block), columns, problems)

    def write(self, kept: pa.RecordBatch, index: np.ndarray, answers: list[pa.Array]) -> Any:
        rows = kept if len(index) == len(kept) else kept.take(index)
        return pa.RecordBatch.from_arrays([*rows.columns, *answers], schema=self.schema)

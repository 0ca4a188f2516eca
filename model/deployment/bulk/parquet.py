"""Rows of a Parquet file, with their answers as further columns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from bulk.columns import check, check_names, name_answers
from bulk.scorer import AT_ONCE, TYPES, Rows
from serving.model import Model
from serving.problems import Problem


@dataclass
class Parquet:
    """A table with the inputs among its columns, each of the input's type."""

    model: Model
    lines: int = 0

    def blocks(self, file: IO[bytes]) -> Iterator[pa.RecordBatch]:
        reader = parquet.ParquetFile(file)
        self.schema = reader.schema_arrow
        check_names(self.schema.names, self.model)
        for parameter in self.model.inputs:
            if self.schema.names.count(parameter.name) > 1:
                raise Problem(400, f"There are two columns {parameter.name}. Delete or rename one.")
        self.added, self.kept = name_answers(self.model, self.schema.names)
        return reader.iter_batches(AT_ONCE, use_threads=False)

    @contextmanager
    def writer(self, out: IO[bytes]) -> Iterator[Callable[[pa.Table], Any]]:
        types = [*(TYPES[kind] for kind in self.model.result.values()), pa.string()]
        added = map(pa.field, self.added, types)
        schema = pa.schema([*[*self.schema][: self.kept], *added], self.schema.metadata)
        with parquet.ParquetWriter(out, schema) as writer:
            yield lambda batch: writer.write_batch(batch.cast(schema))

    def line(self, block: pa.RecordBatch, row: int) -> int:
        return len(block) if row < 0 else row + 1

    def read(self, block: pa.RecordBatch) -> Rows:
        columns, problems = [], {}
        for parameter in self.model.inputs:
            cells = None
            if parameter.name in self.schema.names:
                cells = block.column(parameter.name)
                if isinstance(cells, pa.DictionaryArray):
                    cells = cells.dictionary_decode()
            values, wrong = check(parameter, cells, len(block), is_text=False)
            columns.append(values)
            problems = wrong | problems
        return Rows(block.select([*range(self.kept)]), len(block), columns, problems)

    def write(self, kept: pa.RecordBatch, index: np.ndarray, answers: list[pa.Array]) -> Any:
        rows = kept if len(index) == len(kept) else kept.take(pa.array(index))
        return pa.RecordBatch.from_arrays(
            [*rows.columns, *answers], [*rows.schema.names, *self.added]
        )

"""A table of named columns, which scikit-learn accepts as a data frame, without pandas.

scikit-learn selects columns and reads their names through narwhals. These two classes implement
what it needs of narwhals's protocol for the data frames and series of other libraries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from serving.asking import stack


class Table:
    """Columns of equal length by name: arrays of floats, integers, booleans, dates or strings.

    `table["name"]` is a column's array, `table[["a", "b"]]` a smaller table.
    """

    def __init__(self, columns: Mapping[str, np.ndarray], version: Any = None) -> None:
        self.by_name = columns
        self._version = version  # of narwhals's API

    @property
    def columns(self) -> list[str]:
        return [*self.by_name]

    @property
    def shape(self) -> tuple[int, int]:
        return next((len(column) for column in self.by_name.values()), 0), len(self.by_name)

    @property
    def dtype(self) -> np.dtype:
        return np.asarray(self[:0, :]).dtype  # if it is object, scikit-learn makes numbers of it

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return stack([*self.by_name.values()], dtype)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return self.by_name[key]
        rows, columns = key if isinstance(key, tuple) else (slice(None), key)
        chosen = {name: self.by_name[name][rows] for name in self.names(columns)}
        return Table(chosen, self._version)

    def names(self, columns: slice | Sequence[Any] | np.ndarray) -> list[str]:
        """Return the names of columns that are given by name, position, mask or slice."""
        if isinstance(columns, slice):
            return self.columns[columns]
        if all(isinstance(name, str) for name in columns):
            return [*columns]
        return np.array(self.columns, dtype=object)[[*columns]].tolist()

    # The rest is narwhals's protocol.
    _implementation = nw.Implementation.UNKNOWN

    def __narwhals_dataframe__(self) -> "Table":
        return self

    def _with_version(self, version: Any) -> "Table":
        return Table(self.by_name, version)

    @property
    def _native_frame(self) -> "Table":
        return self

    def get_column(self, name: str) -> "Series":
        return Series(self.by_name[name], self._version)


class Series:
    """A single column on its way through narwhals; to scikit-learn, it is an array."""

    def __init__(self, native: np.ndarray, version: Any) -> None:
        self.native = native
        self._version = version

    def __narwhals_series__(self) -> "Series":
        return self

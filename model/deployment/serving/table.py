"""A table of named columns, which scikit-learn accepts as a data frame, without pandas.

scikit-learn selects columns and reads their names through narwhals. These two classes implement its
protocol for the data frames and series of other libraries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from serving.asking import stack

KINDS: dict[str, type[nw.dtypes.DType]] = {
    "b": nw.Boolean,
    "f": nw.Float64,
    "i": nw.Int64,
    "M": nw.Datetime,
    "O": nw.String,
}
Rows = slice | Sequence[int] | Sequence[bool] | np.ndarray


class Table:
    """Columns of equal length by name: arrays of floats, integers, booleans, dates or strings.

    `table["name"]` is a column's array, `table[["a", "b"]]` a smaller table.
    """

    _implementation = nw.Implementation.UNKNOWN
    ndim = 2

    def __init__(self, columns: Mapping[str, np.ndarray], version: Any = None) -> None:
        self.by_name = columns
        self._version = version  # of narwhals's API

    @property
    def columns(self) -> list[str]:
        return [*self.by_name]

    @property
    def shape(self) -> tuple[int, int]:
        return next((len(column) for column in self.by_name.values()), 0), len(self.by_name)

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
        names = np.array(self.columns, dtype=object)
        if not isinstance(columns, slice):
            return [*columns] if {*map(type, columns)} == {str} else names[[*columns]].tolist()
        if isinstance(columns.start or columns.stop, str):  # names, including the last
            start, stop = columns.start or names[0], columns.stop or names[-1]
            columns = slice(self.columns.index(start), self.columns.index(stop) + 1)
        return names[columns].tolist()

    # The rest is narwhals's protocol.

    def __narwhals_dataframe__(self) -> "Table":
        return self

    def _with_version(self, version: Any) -> "Table":
        return Table(self.by_name, version)

    @property
    def _native_frame(self) -> "Table":
        return self

    @property
    def schema(self) -> dict[str, Any]:
        return {name: KINDS[column.dtype.kind]() for name, column in self.by_name.items()}

    def simple_select(self, *names: str) -> "Table":
        return self[[*names]]

    def get_column(self, name: str) -> "Series":
        return Series(self.by_name[name], self._version)


class Series:
    """A single column on its way through narwhals; to scikit-learn, it is an array."""

    _implementation = nw.Implementation.UNKNOWN

    def __init__(self, native: np.ndarray, version: Any = None) -> None:
        self.native = native
        self._version = version

    def __narwhals_series__(self) -> "Series":
        return self

    def _with_version(self, version: Any) -> "Series":
        return Series(self.native, version)

    def __getitem__(self, rows: Rows) -> "Series":
        return Series(self.native[rows], self._version)

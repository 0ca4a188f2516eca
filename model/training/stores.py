"""Load the stores: a csv in, a checked table out."""

import warnings
from pathlib import Path

import pandas as pd

COLUMNS = ["state", "location", "address", "latitude", "longitude"]
LIMITS = {"latitude": 90, "longitude": 180}
CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029]"  # characters, line breaks among them


class DataError(ValueError):
    """The csv cannot be trained on; the message says where and why."""


def read_stores(csv: Path) -> pd.DataFrame:
    """Load and check the stores.

    Returns one row a store with the columns `COLUMNS`, coordinates as decimal degrees (WGS84).
    Raises DataError with the line of the first value that is not as it must be.
    """
    try:
        with warnings.catch_warnings(action="error"):  # pandas only warns of surplus columns
            rows = pd.read_csv(
                csv,
                dtype=str,
                keep_default_na=False,  # else a city called "NA" is a missing value
                skip_blank_lines=False,  # so that row number + 2 is the line
                index_col=False,
                encoding="utf-8-sig",
            ).fillna("")
    except OSError as error:
        raise DataError(f"{csv} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{csv} is not UTF-8: {error.reason} at byte {error.start}.") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise DataError(f"{csv} is not a csv: {error}") from error
    if missing := [column for column in COLUMNS if column not in rows]:
        raise DataError(f"{csv} has no column {', '.join(missing)}; it needs {', '.join(COLUMNS)}.")
    stores = rows.loc[(rows != "").any(axis="columns"), COLUMNS]
    if stores.empty:
        raise DataError(f"{csv} has no rows.")
    for column in COLUMNS:
        _refuse(csv, stores[column], stores[column].str.strip() == "", "is empty")
        control = stores[column].str.contains(CONTROL)
        _refuse(csv, stores[column], control, "has a line break or control character")
    for column, limit in LIMITS.items():
        numbers = pd.to_numeric(stores[column], errors="coerce")
        _refuse(csv, stores[column], numbers.isna(), "is not a number")
        _refuse(csv, stores[column], numbers.abs() > limit, f"is not within -{limit}..{limit}")
        stores[column] = stores[column].astype(float)
    repeated = stores.duplicated()
    if repeated.any():
        print(f"Dropped {repeated.sum()} rows that repeat an earlier one.")
    stores = stores[~repeated]
    _refuse(csv, stores["address"], stores["address"].duplicated(), "is already at another place")
    if len(stores) < 2:
        raise DataError(f"{csv} has one store; the model needs two or more.")
    return stores.reset_index(drop=True)


def _refuse(csv: Path, values: pd.Series, wrong: pd.Series, what: str) -> None:
    """Raise DataError for the first of the values that is wrong."""
    if wrong.any():
        row = int(wrong.to_numpy().argmax())
        line = wrong.index[row] + 2
        raise DataError(f"{csv}, line {line}: {values.name} {values.iloc[row]!r} {what}.")

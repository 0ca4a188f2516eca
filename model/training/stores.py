"""Load the stores from a csv or GeoJSON file into a checked table."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import place_files as files
from place_files import COLUMNS, NEEDED, DataError

__all__ = ["DataError", "read_stores"]
LIMITS = {"latitude": 90, "longitude": 180}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
SPACES = "\u00a0\u202f\u3000\u200c\u200d"  # not printable, but people see or need them


def read_stores(path: Path) -> pd.DataFrame:
    """Load and check the stores.

    Returns one row a store with the columns `COLUMNS`, coordinates as decimal degrees (WGS84);
    `attrs["sha256"]` is the hash of the file. Raises DataError with everything that is wrong.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    text = files.read_text(path, data)
    is_geojson = text.lstrip().startswith("{")
    read = files.read_geojson if is_geojson else files.read_csv
    rows, errors = read(path, text)
    wrong = [(line, what) for line, row in rows for what in _errors(row)]
    bad = {line for line, _ in wrong}
    good = {line: row for line, row in rows if line not in bad}
    table = pd.DataFrame(list(good.values()), list(good), list(COLUMNS), dtype=object).fillna("")
    table = table.astype(dict.fromkeys(LIMITS, float))
    repeated = table.index[table.duplicated(["address", *LIMITS])]
    table = table.drop(index=repeated)
    if not is_geojson:
        errors += [*wrong, *_moved(table)]
    elif bad:
        print(f"Left out {len(bad)} of {len(rows)} features: they lack a point or an address.")
    if sum("latitude" in what and "within" in what for _, what in errors) > max(1, len(rows) / 2):
        raise DataError(f"{path}: most latitudes are not within -90..90. Swap the two columns.")
    files.raise_errors(path, errors)
    if len(repeated):
        print(f"Dropped rows that repeat an earlier one: {len(repeated)}.")
    if len(table) < 2:
        raise DataError(f"{path}: the model needs two or more valid rows, not {len(table)}.")
    table = table.reset_index(drop=True)
    table.attrs["sha256"] = hashlib.sha256(data).hexdigest()
    return table


def _moved(table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Report addresses that an earlier line has at another place."""
    first: dict[str, int] = {}
    fix = "Correct one of them, or make the addresses different."
    for line, address in zip(table.index.tolist(), table["address"], strict=True):
        earlier = first.setdefault(address, line)
        if earlier != line:
            yield line, f"address {address!r} is at another place on line {earlier}. {fix}"


def _errors(row: dict[str, str]) -> Iterator[str]:
    """Say what is wrong with the texts of a row."""
    for column, value in row.items():
        limit = LIMITS.get(column)
        if column in NEEDED and not value:
            yield f"{column} is empty."
        elif not limit:
            if not all(c.isprintable() or c in SPACES for c in value):
                yield f"{column} {value!r} contains invisible characters. Remove them."
        elif not NUMBER.fullmatch(value):
            yield f"{column} {value!r} is not a plain number. Write decimal degrees: -77.066176."
        elif abs(float(value)) > limit:
            yield f"{column} {value!r} is not within -{limit}..{limit}."
    if all(NUMBER.fullmatch(row[column]) and float(row[column]) == 0 for column in LIMITS):
        yield "is at 0, 0: its coordinates are missing. Fill them in, or delete the row."

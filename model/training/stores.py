"""Load the stores: a csv or GeoJSON file in, a checked table out."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import place_files as files
from place_files import COLUMNS, NEEDED, DataError

__all__ = ["DataError", "read_stores"]
LIMITS = {"latitude": 90, "longitude": 180}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ADVICE = {  # for what is not a number: the first pattern that is found
    r"^[^,]*\d,\d[^,]*$": "Write a point for the comma.",
    "[°'’′NSEWO]": "Write decimal degrees; south and west are negative.",
    "": "Write it as in -77.066176.",
}
MEND = "Mend one of them, or tell the addresses apart."
SPACES = "\u00a0\u202f\u3000\u200c\u200d"  # do not print, but people see or need them
FAR = 30  # degrees from the middle of the stores


def read_stores(path: Path) -> pd.DataFrame:
    """Load and check the stores.

    Returns one row a store with the columns `COLUMNS`, coordinates as decimal degrees (WGS84);
    `attrs["sha256"]` is the hash of the bytes that they were read from. Raises DataError with all
    that is wrong.
    """
    data = files.read_bytes(path)
    text = files.text(path, data)
    geojson = text.lstrip()[:1] == "{"
    found, faults = (files.of_geojson(path, text), []) if geojson else files.of_csv(path, text)
    wrong = [(line, what) for line, row in found for what in _faults(row)]
    lines = {line for line, _ in wrong}
    good = {line: row for line, row in found if line not in lines}
    table = pd.DataFrame([*good.values()], [*good], [*COLUMNS], dtype=object).fillna("")
    table = table.apply(lambda texts: texts.map({text: text for text in texts}))  # pickled once
    table = table.astype(dict.fromkeys(LIMITS, float))
    if repeated := [*table.index[table.duplicated(["address", *LIMITS])]]:
        table = table.drop(index=repeated)
    if geojson:
        if lines:
            print(f"Left out {len(lines)} of {len(found)} features: they have no point or address.")
    else:
        firsts = {address: line for line, address in reversed([*table["address"].items()])}
        faults += wrong + [
            (line, f"address {address!r} is already at another place, on line {first}. {MEND}")
            for line, address in table["address"].items()
            if (first := firsts[address]) != line
        ]
    if sum("latitude" in what and "within" in what for _, what in faults) > max(1, len(found) / 2):
        raise DataError(f"{path}: most latitudes are not within -90..90. Swap them and longitudes.")
    files.refuse(path, faults)
    if repeated:
        print(f"Dropped {len(repeated)} rows that repeat an earlier one: {_listed(repeated)}.")
    if len(table) < 2:
        has = "one store" if len(table) else "no rows"
        raise DataError(f"{path} has {has}; the model needs two or more.")
    if odd := _swapped(table):
        print(f"Are latitude and longitude swapped? Far from the others: {_listed(odd)}.")
    table = table.reset_index(drop=True)
    table.attrs["sha256"] = hashlib.sha256(data).hexdigest()
    return table


def _listed(lines: list[int]) -> str:
    return "line " + ", ".join(map(str, lines[: files.MOST])) + ", ..." * (len(lines) > files.MOST)


def _faults(row: dict[str, str]) -> Iterator[str]:
    """Say what is wrong with the texts of a row."""
    for column, value in row.items():
        limit = LIMITS.get(column)
        if column in NEEDED and not value:
            yield f"{column} is empty."
        elif not limit:
            if not all(c.isprintable() or c in SPACES for c in value):
                yield f"{column} {value!r} has what nobody sees. Take it away."
        elif not NUMBER.fullmatch(value):
            advice = next(said for mark, said in ADVICE.items() if re.search(mark, value))
            yield f"{column} {value!r} is not a plain number. {advice}"
        elif abs(float(value)) > limit:
            yield f"{column} {value!r} is not within -{limit}..{limit}."
    if all(NUMBER.fullmatch(row[column]) and float(row[column]) == 0 for column in LIMITS):
        yield "is at 0, 0: its coordinates are missing. Fill them in, or take the row away."


def _swapped(stores: pd.DataFrame) -> list[int]:
    """Return the lines that are far from the others but near with their coordinates swapped."""
    places = stores[[*LIMITS]].to_numpy()
    middle = np.median(places, axis=0)
    away, swapped = (np.abs(c - middle).max(axis=1) for c in (places, places[:, ::-1]))
    return [*stores.index[(away > FAR) & (swapped < away / 3)]]

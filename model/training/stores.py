"""Load the stores: a csv or GeoJSON file in, a checked table out."""

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import rows
from rows import COLUMNS, NEEDED, DataError

__all__ = ["DataError", "read_stores"]
LIMITS = {"latitude": 90, "longitude": 180}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
JOINERS = "\u200c\u200d"  # invisible, but Persian and Hindi are written with them
FAR = 30  # degrees from the middle of the stores


def read_stores(path: Path) -> pd.DataFrame:
    """Load and check the stores.

    Returns one row a store with the columns `COLUMNS`, coordinates as decimal degrees (WGS84);
    `attrs["sha256"]` is the hash of the bytes that they were read from. Raises DataError with all
    that is wrong.
    """
    data = rows.read_bytes(path)
    text = rows.text(path, data)
    geojson = text.lstrip()[:1] == "{"
    table, faults = (rows.of_geojson(path, text), []) if geojson else rows.of_csv(path, text)
    stores: dict[tuple[str, float, float], dict[str, Any]] = {}
    same: dict[str, dict[Any, Any]] = {c: {} for c in COLUMNS}  # equal texts, pickled once
    lines: list[int] = []  # of the stores
    firsts: dict[str, int] = {}  # lines of the addresses
    repeated, left = [], 0
    for line, row in table:
        store, wrong = _checked(row)
        key = store["address"], store["latitude"], store["longitude"]
        address = store["address"]
        if wrong and geojson:
            left += 1
        elif wrong:
            faults += [(line, what) for what in wrong]
        elif key in stores:
            repeated.append(line)
        elif address in firsts and not geojson:
            what = f"address {address!r} is already at another place, on line {firsts[address]}."
            faults.append((line, f"{what} Mend one of them, or tell the addresses apart."))
        else:
            firsts.setdefault(address, line)
            lines.append(line)
            stores[key] = {c: same[c].setdefault(value, value) for c, value in store.items()}
    if sum("is not within -90..90" in what for _, what in faults) > max(1, len(table) / 2):
        raise DataError(f"{path}: most latitudes are not within -90..90. Swap them and longitudes.")
    rows.refuse(path, faults)
    if left:
        print(f"Left out {left} of {len(table)} features: they have no point or no address.")
    if repeated:
        print(f"Dropped {len(repeated)} rows that repeat an earlier one: {_listed(repeated)}.")
    if len(stores) < 2:
        has = "one store" if stores else "no rows"
        raise DataError(f"{path} has {has}; the model needs two or more.")
    found = pd.DataFrame([*stores.values()], columns=[*COLUMNS])
    if odd := [line for line, is_odd in zip(lines, _swapped(found), strict=True) if is_odd]:
        print(f"Are latitude and longitude swapped? Far from the others: {_listed(odd)}.")
    found.attrs["sha256"] = hashlib.sha256(data).hexdigest()
    return found


def _listed(lines: list[int]) -> str:
    return "line " + ", ".join(map(str, lines[: rows.MOST])) + ", ..." * (len(lines) > rows.MOST)


def _checked(row: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return a row as a store, and what is wrong with it."""
    store: dict[str, Any] = dict.fromkeys(COLUMNS, "") | row
    wrong = []
    for column, value in row.items():
        if column in NEEDED and not value:
            wrong.append(f"{column} is empty.")
        elif column not in LIMITS:
            if odd := [c for c in value if _invisible(c)]:
                names = ", ".join(unicodedata.name(c, f"U+{ord(c):04X}") for c in odd[:3])
                wrong.append(f"{column} {value!r} has what nobody sees ({names}). Take it away.")
        elif not NUMBER.fullmatch(value):
            wrong.append(f"{column} {value!r} is not a plain number.{_advice(value)}")
        elif abs(number := float(value)) > LIMITS[column]:
            wrong.append(f"{column} {value!r} is not within -{LIMITS[column]}..{LIMITS[column]}.")
        else:
            store[column] = number
    if store["latitude"] == store["longitude"] == 0:
        wrong.append("is at 0, 0: its coordinates are missing. Fill them in, or take the row away.")
    return store, wrong


def _invisible(character: str) -> bool:
    """Say whether it is a line break, a control character or one without width."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and (
        character not in JOINERS
    )


def _advice(value: str) -> str:
    if NUMBER.fullmatch(value.replace(",", ".", 1)):
        return " Write a point for the comma."
    if any(character in "°'’′NSEWO" for character in value):
        return " Write decimal degrees; south and west are negative."
    return " Write it as in -77.066176."


def _swapped(stores: pd.DataFrame) -> np.ndarray:
    """Say of each store whether it is far from the others but near with its coordinates swapped."""
    coordinates = stores[["latitude", "longitude"]].to_numpy()
    middle = np.median(coordinates, axis=0)
    away, away_swapped = (
        np.abs(c - middle).max(axis=1) for c in (coordinates, coordinates[:, ::-1])
    )
    return (away > FAR) & (away_swapped < away / 3)

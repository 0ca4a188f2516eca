"""Read a csv or GeoJSON file of places: its bytes in, rows of text and their lines out."""

import codecs
import csv
import io
import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

COLUMNS = {  # and what others call them, without spaces and punctuation
    "state": ("province", "region"),
    "location": ("city", "town"),
    "address": ("street", "streetaddress", "fulladdress", "name"),
    "latitude": ("lat", "y"),
    "longitude": ("long", "lon", "lng", "x"),
}
NEEDED = ("address", "latitude", "longitude")
QUOTES = 'has a quote that is not closed, or text behind it. Inside quotes, write " twice.'
PARTS = ("full", "street_address", "housenumber", "street", "city", "state", "postcode", "country")
MOST = 20  # faults in one message

Faults = list[tuple[int, str]]  # line, as an editor counts, and what is wrong there
Rows = list[tuple[int, dict[str, str]]]  # line, and text by column


class DataError(ValueError):
    """The file cannot be trained on; the message says where, why and how to mend it."""


def refuse(path: Path, faults: Faults) -> None:
    """Raise DataError if there are faults: with all of them, up to MOST, in the file's order."""
    if faults:
        lines = [f"{path}, line {line}: {what}" for line, what in sorted(faults)[:MOST]]
        more = [f"And {len(faults) - MOST} more."] if len(faults) > MOST else []
        raise DataError("\n".join(lines + more))


def read_bytes(path: Path) -> bytes:
    """Read a file or a pipe, whole and once. Raises DataError."""
    try:
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            kind = "a folder" if stat.S_ISDIR(mode) else "a device"
            raise DataError(f"{path} is {kind}. Name a csv or GeoJSON file.")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def text(path: Path, data: bytes) -> str:
    """Decode UTF-8, or UTF-16 with its mark. Raises DataError with the lines that are neither."""
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        decoded = data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if not utf_16 and b"\0" not in data:
            refuse(path, [*_not_utf_8(data)])
        raise DataError(f"{path} is not UTF-8: {error.reason}. Save it as csv in UTF-8.") from error
    if "\0" in decoded.partition("\n")[0]:
        raise DataError(f"{path} is not UTF-8: it has NULs. Save it as csv in UTF-8.")
    return decoded


def _not_utf_8(data: bytes) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(data.splitlines(), 1):
        if line.decode(errors="replace").encode() != line:
            guess = line.decode("cp1252", errors="replace")[:60]
            yield number, f"is not UTF-8. Save the file as UTF-8. (As Windows-1252: {guess!r})"


def of_csv(path: Path, content: str) -> tuple[Rows, Faults]:
    """Return a csv's rows, and what is wrong with its form.

    Says in which way it took columns and separator that are not the usual ones. Raises DataError if
    a column is missing.
    """
    headers = {mark: next(_records(content, mark), (1, []))[1] for mark in ",;\t|"}
    separator = max(headers, key=lambda mark: len(_columns(headers[mark])))
    header, columns = headers[separator], _columns(headers[separator])
    if missing := [column for column in NEEDED if column not in columns]:
        raise DataError(
            f"{path} has no column {', '.join(missing)}. It needs {', '.join(NEEDED)}; location and"
            f" state may be there. Its first line is {separator.join(header)[:80]!r}."
        )
    records = [*_records(content, separator)]
    if separator != ",":
        print(f"The columns are separated by {separator!r}.")
    for column, i in columns.items():
        if _plain(header[i]) != column:
            print(f"The column {header[i].strip()!r} is taken as {column}.")
    rows: Rows = []
    faults: Faults = []
    names = [_plain(name) for name in header]
    for i, name in enumerate(names):
        if name and name in names[:i]:
            faults.append((records[0][0], f"has the column {header[i]!r} twice. Keep one."))
    for line, fields in records[1:]:
        if len(fields) == len(header):
            rows.append((line, {column: fields[i].strip() for column, i in columns.items()}))
        elif not fields:
            faults.append((line, QUOTES))
        else:
            faults.append(
                (
                    line,
                    f"has {len(fields)} fields, the header has {len(header)}. Put quotes around "
                    f"text that has a {separator!r}, and end no line with one.",
                )
            )
    return rows, faults


def _records(content: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the fields of each row; no fields where the quotes are wrong."""
    reader = csv.reader(
        io.StringIO(content, newline=""), delimiter=separator, strict=True, skipinitialspace=True
    )
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except csv.Error:
            yield line, []
        except StopIteration:
            return
        else:
            if any(field.strip() for field in fields):
                yield line, fields


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def _columns(header: list[str]) -> dict[str, int]:
    """Return which field has which of COLUMNS."""
    names = [_plain(name) for name in header]
    return {
        column: names.index(taken)
        for column, others in COLUMNS.items()
        if (taken := next((name for name in (column, *others) if name in names), ""))
    }


def of_geojson(path: Path, content: str) -> Rows:
    """Return the features of a FeatureCollection as rows, with their numbers for lines.

    Addresses are as All The Places has them (`addr:*`). What a feature lacks is empty in its row.
    """
    try:
        features = [*json.loads(content)["features"]]
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: is not JSON: {error.msg}.") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"{path} is not a GeoJSON FeatureCollection.") from error
    return [(number, _row(feature)) for number, feature in enumerate(features, 1)]


def _row(feature: object) -> dict[str, str]:
    match feature:
        case {"geometry": {"type": "Point", "coordinates": [x, y, *_]}, "properties": dict(tags)}:
            pass
        case _:
            return dict.fromkeys(COLUMNS, "")
    part = {name: str(tags.get(f"addr:{name}") or "").strip() for name in PARTS}
    street = part["street_address"] or f"{part['housenumber']} {part['street']}".strip()
    state = f"{part['state']} {part['postcode']}".strip()
    whole = ", ".join(filter(None, (street, part["city"], state, part["country"])))
    return {
        "state": part["state"],
        "location": part["city"],
        "address": part["full"] or (street and whole),
        "latitude": str(y),
        "longitude": str(x),
    }

"""Read a csv or GeoJSON file of places: its bytes in, rows of text and their lines out."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

COLUMNS = {  # and what others call them, without spaces and punctuation
    "state": ("province", "region"),
    "location": ("city", "town", "ort", "ville", "ciudad"),
    "address": ("street", "streetaddress", "fulladdress", "strasse", "adresse", "name"),
    "latitude": ("lat", "y"),
    "longitude": ("long", "lon", "lng", "x"),
}
NEEDED = ("address", "latitude", "longitude")
QUOTES = 'has a quote that is not closed, or text behind it. Inside quotes, write " twice.'
FIELDS = (
    "has {} fields, the header has {}. Put quotes around text that has a {!r}, and end no line "
    "with one."
)
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
        if path.exists() and not (path.is_file() or path.is_fifo()):
            kind = "a folder" if path.is_dir() else "a device"
            raise DataError(f"{path} is {kind}. Name a csv or GeoJSON file.")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def text(path: Path, data: bytes) -> str:
    """Decode UTF-8, or UTF-16 with its mark. Raises DataError with the lines that are neither."""
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        guess = "is not UTF-8. Save the file as UTF-8. (As Windows-1252: {!r})"
        lines = [] if utf_16 or b"\0" in data else enumerate(data.splitlines(), 1)
        wrong = [(n, line) for n, line in lines if line.decode(errors="replace").encode() != line]
        refuse(
            path, [(n, guess.format(line.decode("cp1252", "replace")[:60])) for n, line in wrong]
        )
        raise DataError(f"{path} is not UTF-8: {error.reason}. Save it as csv in UTF-8.") from error


def of_csv(path: Path, content: str) -> tuple[Rows, Faults]:
    """Return a csv's rows, and what is wrong with its form.

    Says in which way it took columns and separator that are not the usual ones. Raises DataError if
    a column is missing.
    """
    if "\0" in content.partition("\n")[0]:
        raise DataError(f"{path} is not UTF-8: it has NULs. Save it as csv in UTF-8.")
    separator = max(",;\t|", key="".join(content.splitlines()[:1]).count)
    (first, header), *records = [*_records(content, separator)] or [(1, [])]
    names = [re.sub(r"[\W_]", "", name.casefold()) for name in header]
    taken = {c: [n for n in (c, *others) if n in names][:1] for c, others in COLUMNS.items()}
    if missing := [column for column in NEEDED if not taken[column]]:
        raise DataError(
            f"{path} has no column {', '.join(missing)}. It needs {', '.join(NEEDED)}; location and"
            f" state may be there. Its first line is {separator.join(header)[:80]!r}."
        )
    if separator != ",":
        print(f"The columns are separated by {separator!r}.")
    columns = {column: names.index(name) for column, [*found] in taken.items() for name in found}
    for column, i in columns.items():
        if names[i] != column:
            print(f"The column {header[i].strip()!r} is taken as {column}.")
    faults = [
        (first, f"has the column {header[i]!r} twice. Keep one.")
        for i, name in enumerate(names)
        if name in names[:i] and name
    ]
    rows: Rows = []
    for line, fields in records:
        if len(fields) == len(header):
            rows.append((line, {column: fields[i].strip() for column, i in columns.items()}))
        else:
            what = FIELDS.format(len(fields), len(header), separator) if fields else QUOTES
            faults.append((line, what))
    return rows, faults


def _records(content: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the fields of each row; no fields where the quotes are wrong."""
    lines = io.StringIO(content, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
            if "".join(fields).strip():
                yield line, fields
        except csv.Error:
            yield line, []
        except StopIteration:
            return


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
            part = {
                name.removeprefix("addr:"): str(tag or "").strip() for name, tag in tags.items()
            }
            house, street, city, state, postcode, country = (
                part.get(name, "")
                for name in ("housenumber", "street", "city", "state", "postcode", "country")
            )
            street = part.get("street_address") or f"{house} {street}".strip()
            whole = filter(None, (street, city, f"{state} {postcode}".strip(), country))
            address = part.get("full") or (", ".join(whole) if street else "")
            values = (state, city, address, str(y), str(x))
            return dict(zip(COLUMNS, values, strict=True))
    return dict.fromkeys(COLUMNS, "")

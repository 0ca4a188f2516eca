"""Read a csv or GeoJSON file of places, as rows of text with their line numbers."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

COLUMNS = {  # and other names for them, without spaces and punctuation
    "state": ("province", "region"),
    "location": ("city", "town", "ort", "ville", "ciudad"),
    "address": ("street", "streetaddress", "fulladdress", "strasse", "adresse", "name"),
    "latitude": ("lat", "y"),
    "longitude": ("long", "lon", "lng", "x"),
}
NEEDED = ("address", "latitude", "longitude")
MOST = 20  # errors in one message

Errors = list[tuple[int, str]]  # line, as an editor counts, and what is wrong there
Rows = list[tuple[int, dict[str, str]]]  # line, and text by column


class DataError(ValueError):
    """The file cannot be trained on; the message says where, why and how to fix it."""


def raise_errors(path: Path, errors: Errors) -> None:
    """Raise DataError with up to MOST errors, in the file's order, if there are any."""
    if errors:
        lines = [f"{path}, line {line}: {what}" for line, what in sorted(errors)[:MOST]]
        more = [f"And {len(errors) - MOST} more."] if len(errors) > MOST else []
        raise DataError("\n".join(lines + more))


def read_text(path: Path, data: bytes) -> str:
    """Decode UTF-8, or UTF-16 with a byte-order mark; raise DataError for anything else."""
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(data[: error.start + 1].splitlines())
        raise DataError(f"{path}, line {line}: is not UTF-8. Save the file as UTF-8.") from error
    if "\0" in text.partition("\n")[0]:
        raise DataError(f"{path} is not UTF-8: it has NULs. Save the file as UTF-8.")
    return text


def read_csv(path: Path, text: str) -> tuple[Rows, Errors]:
    """Return the rows of a csv, and an error for each malformed line.

    Prints the separator and the names of columns, where they are not the usual ones. Raises
    DataError if a column is missing.
    """
    separator = max(",;\t|", key="".join(text.splitlines()[:1]).count)  # the header's most frequent
    (first, header), *records = list(_records(text, separator)) or [(1, [])]  # of an empty file
    columns = _columns(path, header, separator)
    names = [name.strip().casefold() for name in header]
    errors = [
        (first, f"has two columns {name!r}. Delete or rename one.")
        for name in sorted(set(names))
        if name and names.count(name) > 1
    ]
    rows: Rows = []
    for line, fields in records:
        if len(fields) == len(header):
            rows.append((line, {column: fields[i].strip() for column, i in columns.items()}))
        elif fields:
            what = f"has {len(fields)} fields, but the header has {len(header)}."
            errors.append((line, f"{what} Quote text that contains {separator!r}."))
        else:
            what = "has a quote that is not closed, or text after a closing quote."
            errors.append((line, f'{what} Double any quote inside quotes: "".'))
    return rows, errors


def _columns(path: Path, header: list[str], separator: str) -> dict[str, int]:
    """Return the index of each column; raise DataError if one is missing."""
    names = [re.sub(r"[\W_]", "", name.casefold()) for name in header]
    columns = {}
    for column, others in COLUMNS.items():
        if found := [name for name in (column, *others) if name in names]:
            columns[column] = names.index(found[0])
    if missing := [column for column in NEEDED if column not in columns]:
        raise DataError(
            f"{path} has no column {', '.join(missing)}. It needs {', '.join(NEEDED)}; location and"
            f" state are optional. Its first line is {separator.join(header)[:80]!r}."
        )
    if separator != ",":
        print(f"The columns are separated by {separator!r}.")
    for column, i in columns.items():
        if names[i] != column:
            print(f"The column {header[i].strip()!r} is read as {column}.")
    return columns


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first line and the fields of each row; no fields if its quotes are malformed."""
    lines = io.StringIO(text, newline="")
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


def read_geojson(path: Path, text: str) -> tuple[Rows, Errors]:
    """Return the features of a FeatureCollection as rows, numbered from 1, and no errors.

    Addresses are tagged as in All The Places (`addr:*`). What a feature lacks is empty.
    """
    try:
        features = list(json.loads(text)["features"])
    except json.JSONDecodeError as error:
        raise DataError(f"{path}, line {error.lineno}: is not JSON: {error.msg}.") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"{path} is not a GeoJSON FeatureCollection.") from error
    return [(number, _row(feature)) for number, feature in enumerate(features, 1)], []


def _row(feature: object) -> dict[str, str]:
    match feature:
        case {"geometry": {"type": "Point", "coordinates": [x, y, *_]}, "properties": dict(tags)}:
            text = {
                name.removeprefix("addr:"): str(tag or "").strip() for name, tag in tags.items()
            }
            part = dict.fromkeys(("housenumber", "street", "city", "state", "postcode"), "") | text
            house = f"{part['housenumber']} {part['street']}".strip()
            street = part.get("street_address") or house
            area = f"{part['state']} {part['postcode']}".strip()
            whole = filter(None, (street, part["city"], area, part.get("country")))
            address = part.get("full") or (", ".join(whole) if street else "")
            values = (part["state"], part["city"], address, str(y), str(x))
            return dict(zip(COLUMNS, values, strict=True))
    return dict.fromkeys(COLUMNS, "")

"""Training reads files of places, explains all mistakes in one at once, and writes the model."""

import hashlib
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import training
from stores import DataError, read_stores

TRAINING = Path(training.__file__)
STORES = TRAINING.with_name("chipotle_stores.csv")
HEADER = "state,location,address,latitude,longitude\n"
OLNEY = "Maryland,Olney,3333 Olney Sandy Springs Rd,39.153198,-77.066176\n"
GOOD = HEADER + OLNEY + "Colorado,Denver,1600 California St,39.745,-104.992\n"
SHORT = "address,latitude,longitude\n"
PARIS = "Rue de Rivoli 1,48.856,2.352\n"
ROME = "Via Roma 2,41.9,12.5\n"
NOT_NUMBERS = ["x1", "1_0", "٣", "48,8", "48°51'N", "−2"]  # the last has a typographic minus
BOTH = ["Rue de Rivoli 1", "Via Roma 2"]
TEXTS = '"The ""A"" 1",1,2\n"B, 2",3,4\nمی\u200cخوا,35,51\nNA,1,2\nnull,1,2\n'

# The content of a file, and parts of the error message.
MISTAKES: dict[str, tuple[str | bytes, list[str]]] = {
    "nothing": ("", ["has no column address, latitude, longitude"]),
    "a picture": (b"\x00\xff\xfe\x89PNG", ["line 1: is not UTF-8"]),
    "UTF-16 without a BOM": (HEADER.encode("utf-16-le"), ["is not UTF-8: it has NULs"]),
    "Latin-1": ((SHORT + PARIS + "Café,48,2\n").encode("latin-1"), ["line 3: is not UTF-8"]),
    "no header": (OLNEY, ["has no column address, latitude", "'Maryland,Olney,3333"]),
    "empty lines": (HEADER + "\n,,,,\n\n", ["valid rows, not 0."]),
    "one store": (HEADER + OLNEY + OLNEY, ["valid rows, not 1."]),
    "a column twice": ("Address," + SHORT, ["line 1: has two columns 'address'"]),
    "too few fields": (GOOD + "a,b,c\n", ["line 4: has 3 fields, but the header has 5"]),
    "empty fields": (SHORT + 'a,,2\n" ",2,3\n', ["line 2: latitude is", "address is empty"]),
    "not plain numbers": (
        SHORT + "".join(f'a,1,"{text}"\n' for text in NOT_NUMBERS),
        [f"longitude {text!r} is not a plain number. Write decimal" for text in NOT_NUMBERS],
    ),
    "out of range": (SHORT + "a,1e999,2\na,1,-277\n", ["'1e999' is not within", "-180..180"]),
    "swapped": (SHORT + "a,-104,39\nb,-100,40\nc,-77,39\n", ["Swap the two columns"]),
    "0, 0": (SHORT + PARIS + "Nowhere,0,0.0\n", ["line 3: is at 0, 0"]),
    "invisible": (SHORT + '"a\nb",1,2\na\u200bb,1,2\n', ["'a\\nb' contains", "'a\\u200bb'"]),
    "quotes": (SHORT + '"1 \\"A\\"",1,2\n"B,4,1\n', ["line 2: has a quote", "line 3: has a"]),
    "two places": (SHORT + PARIS + PARIS.replace("48", "49"), ["line 3", "on line 2. Correct"]),
    "lines are an editor's, in whatever column a line breaks": (
        'note,address,latitude,longitude\n"a\n\nb",c,1,2\r\nd,e,x,2\r\n"\r",f,y,2\n',
        ["line 5: latitude 'x'", "line 6: latitude 'y'"],
    ),
    "old Macs' lines": (
        SHORT.replace("\n", "\r") + "a,x,2\rb,1,y\r",
        ["line 2: latitude 'x'", "line 3: longitude 'y'"],
    ),
    "twenty of many": (
        SHORT + "a,x,1\n" * 30,
        [*(f"line {line}: latitude 'x'" for line in range(2, 22)), "And 10 more."],
    ),
    "half a GeoJSON": ('{"type": "FeatureCollection",\n"features": [', ["line 2: is not JSON"]),
    "other JSON": ('{"features": 1}', ["is not a GeoJSON FeatureCollection"]),
    "no features": ('{"features": []}', ["valid rows, not 0."]),
}

# The content of a file, the addresses read from it, and what is printed.
VARIATIONS: dict[str, tuple[str | bytes, list[str], str]] = {
    "plain, with a BOM": ("\ufeff" + SHORT + PARIS + ROME, BOTH, ""),
    "Excel's Unicode text": (
        (SHORT + PARIS + ROME).replace(",", "\t").encode("utf-16"),
        BOTH,
        "The columns are separated by '\\t'.\n",
    ),
    "semicolons and other names": (
        "id; Name ;LAT;Lng;City\n1;Bar, Paris;48;2;Paris\n2;Caffè;41;12;Roma\n",
        ["Bar, Paris", "Caffè"],
        "The columns are separated by ';'.\n"
        "The column 'City' is read as location.\nThe column 'Name' is read as address.\n"
        "The column 'LAT' is read as latitude.\nThe column 'Lng' is read as longitude.\n",
    ),
    "Windows' lines, and one broken in an ignored column": (
        'address,latitude,longitude,notes\r\n東京駅,35.6,139.7,"open\r\nlate"\r\nb,1,2,\r\n',
        ["東京駅", "b"],
        "",
    ),
    "case and spaces": (" Address, LATITUDE,Longitude \na, 1 ,2\n b ,+1.5,2e0\n", ["a", "b"], ""),
    "texts as they are": (SHORT + TEXTS, ['The "A" 1', "B, 2", "می\u200cخوا", "NA", "null"], ""),
    "repetition": (
        SHORT + (PARIS + ROME) * 2,
        BOTH,
        "Dropped rows that repeat an earlier one: 2.\n",
    ),
}


def read(content: str | bytes, folder: Path) -> list[str]:
    path = folder / "places"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_stores(path)["address"])


@pytest.mark.parametrize(("content", "sentences"), MISTAKES.values(), ids=list(MISTAKES))
def test_mistakes_are_explained_with_their_lines(
    content: str | bytes, sentences: list[str], tmp_path: Path
) -> None:
    with pytest.raises(DataError) as raised:
        read(content, tmp_path)
    message = str(raised.value)
    for sentence in sentences:
        assert sentence in message
    assert len(message.splitlines()) <= 21


@pytest.mark.parametrize(("content", "addresses", "out"), VARIATIONS.values(), ids=list(VARIATIONS))
def test_common_variations_are_read(
    content: str | bytes,
    addresses: list[str],
    out: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert read(content, tmp_path) == addresses
    assert capsys.readouterr().out == out


def test_all_the_places_geojson_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Features without a point or an address are left out."""

    def feature(coordinates: object, kind: str = "Point", **tags: str) -> dict[str, object]:
        geometry = coordinates and {"type": kind, "coordinates": coordinates}
        properties = {f"addr:{name}": value for name, value in tags.items()} | {"brand": "A"}
        return {"type": "Feature", "properties": properties, "geometry": geometry}

    features = [
        feature([-77.07, 39.15], street_address="3333 Olney Rd", city="Olney", state="MD",
                postcode="20832", country="US"),
        feature([2.35, 48.85], housenumber="1", street="Rue A", city="Paris"),
        feature([2.36, 48.86], full="2 Rue B, Paris"),
        feature([2.37, 48.87], full="2 Rue B, Paris"),  # a second till, say
        feature(None, full="nowhere"),
        feature([2.3, 48.8]),
        feature([0, 0], full="null island"),
        feature([2.3, 98.8], full="beyond the pole"),
        feature([[[1, 2]]], "Polygon", full="an area"),
    ]  # fmt: skip
    addresses = ["3333 Olney Rd, Olney, MD 20832, US", "1 Rue A, Paris", *["2 Rue B, Paris"] * 2]
    content = json.dumps({"type": "FeatureCollection", "features": features})
    assert read(content, tmp_path) == addresses
    assert "Left out 5 of 9 features" in capsys.readouterr().out
    first = read_stores(tmp_path / "places").loc[0].to_dict()
    assert first["location"] == "Olney"
    assert (first["latitude"], first["longitude"]) == (39.15, -77.07)


def train(csv: Path, folder: Path, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TRAINING), str(csv), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, **more)  # type: ignore[call-overload]


def test_a_csv_with_mistakes_is_explained(tmp_path: Path) -> None:
    csv = tmp_path / "stores.csv"
    csv.write_text(GOOD + "a,b,c\n")
    done = train(csv, tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{csv}, line 4: has 3 fields")
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [csv]
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_stores(tmp_path)


def test_the_manifest_describes_the_artefacts_but_not_this_machine(tmp_path: Path) -> None:
    done = train(STORES, tmp_path, umask=0o022)
    assert done.returncode == 0, done.stderr
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o644}  # for Lambda
    manifest = json.loads((tmp_path / "chipotle.json").read_text())
    pickle = (tmp_path / "chipotle.pkl").read_bytes()
    sha256 = hashlib.sha256(pickle).hexdigest()
    assert pickle == (TRAINING.parents[1] / "chipotle.pkl").read_bytes()
    assert manifest.pop("pickle_sha256") == sha256
    assert manifest["about"]["csv_sha256"] == hashlib.sha256(STORES.read_bytes()).hexdigest()
    assert manifest.keys() == {"python", "versions", "about", "signature"}
    assert done.stdout == f"Trained on 2629 stores: model {sha256[:12]}.\n"


def test_a_failed_write_leaves_the_old_pair(tmp_path: Path) -> None:
    """A limit on file sizes stands for a full disk."""
    old = {tmp_path / "chipotle.pkl", tmp_path / "chipotle.json"}
    for path in old:
        path.write_text("old")
    limit = (resource.RLIMIT_FSIZE, (100_000, 100_000))
    done = train(STORES, tmp_path, preexec_fn=lambda: resource.setrlimit(*limit))
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert set(tmp_path.iterdir()) == old
    assert {path.read_text() for path in old} == {"old"}

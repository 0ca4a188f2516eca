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
from tests.chipotle.csv_table import GOOD, MISTAKES, VARIATIONS

TRAINING = Path(training.__file__)
STORES = TRAINING.with_name("chipotle_stores.csv")


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

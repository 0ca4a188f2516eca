"""Files of places: the usual variations are read, and all mistakes are reported at once."""

import json
import os
from pathlib import Path
from threading import Thread

import pytest

from stores import DataError, read_stores
from tests.chipotle.csv_table import GOOD, MISTAKES, VARIATIONS


def read(content: str | bytes, folder: Path) -> list[str]:
    path = folder / "places"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [*read_stores(path)["address"]]


@pytest.mark.parametrize(
    ("content", "sentences"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_mistakes_are_explained_with_their_lines(
    content: str | bytes, sentences: list[str], tmp_path: Path
) -> None:
    with pytest.raises(DataError) as raised:
        read(content, tmp_path)
    message = str(raised.value)
    for sentence in sentences:
        assert sentence in message
    lines = {sentence[:7] for sentence in sentences if sentence.startswith("line ")}
    assert message.count("\n") + 1 >= len(lines)
    assert len(message.splitlines()) <= 21


@pytest.mark.parametrize(
    ("content", "addresses", "said"), [v[1:] for v in VARIATIONS], ids=[v[0] for v in VARIATIONS]
)
def test_common_variations_are_read(
    content: str | bytes,
    addresses: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert read(content, tmp_path) == addresses
    assert capsys.readouterr().out == said


def test_all_the_places_geojson_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Features without a point or an address are left out."""

    def feature(geometry: object, **tags: str) -> dict[str, object]:
        properties = {f"addr:{name}": value for name, value in tags.items()} | {"brand": "A"}
        return {"type": "Feature", "id": "x", "properties": properties, "geometry": geometry}

    def at(longitude: float, latitude: float) -> dict[str, object]:
        return {"type": "Point", "coordinates": [longitude, latitude]}

    features = [
        feature(at(-77.07, 39.15), street_address="3333 Olney Rd", city="Olney", state="MD",
                postcode="20832", country="US"),
        feature(at(2.35, 48.85), housenumber="1", street="Rue A", city="Paris"),
        feature(at(2.36, 48.86), full="2 Rue B, Paris"),
        feature(at(2.37, 48.87), full="2 Rue B, Paris"),  # a second till, say
        feature(None, full="nowhere"),
        feature(at(2.3, 48.8)),
        feature(at(0, 0), full="null island"),
        feature(at(2.3, 98.8), full="beyond the pole"),
        feature({"type": "Polygon", "coordinates": [[[1, 2]]]}, full="an area"),
    ]  # fmt: skip
    content = json.dumps({"type": "FeatureCollection", "features": features})
    (tmp_path / "places.geojson").write_text(content)
    table = read_stores(tmp_path / "places.geojson")
    assert [*table["address"]] == [
        "3333 Olney Rd, Olney, MD 20832, US",
        "1 Rue A, Paris",
        "2 Rue B, Paris",
        "2 Rue B, Paris",
    ]
    assert [*table["location"]][:2] == ["Olney", "Paris"]
    assert [table["latitude"].iloc[0], table["longitude"].iloc[0]] == [39.15, -77.07]
    assert "Left out 5 of 9 features" in capsys.readouterr().out


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    """As from bash's <(...)."""
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    file.write_text(GOOD)
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=(GOOD,))
    writer.start()
    piped, plain = read_stores(pipe), read_stores(file)
    writer.join()
    assert piped.equals(plain)
    assert piped.attrs["sha256"] == plain.attrs["sha256"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("/", "cannot be read: Is a directory"), ("/none", "cannot be read: No such file")],
)
def test_unreadable_file_is_explained(path: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read_stores(Path(path))

"""Files of places: the usual variations are read, and all mistakes are reported at once."""

import json
from pathlib import Path

import pytest

from stores import DataError, read_stores
from tests.chipotle.csv_table import MISTAKES, VARIATIONS


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


def test_an_unreadable_file_is_explained() -> None:
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_stores(Path("/"))

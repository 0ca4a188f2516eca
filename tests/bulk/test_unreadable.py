"""A file that cannot be read is explained, and leaves what was there."""

import gzip
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

import bulk
from serving.problems import Problem
from tests.bulk.scored import GOOD, HEADER, NAMES, scored
from tests.serving.flowers import MODEL as FLOWERS

FILE = f"{HEADER}\n{GOOD}\n".encode()
parquet.write_table(pa.table({name: [[1.0]] for name in NAMES}), NESTED := io.BytesIO())


@pytest.mark.parametrize(
    ("names", "content", "message"),
    [
        ("in.csv out.jsonl", FILE, "must both be .csv, both .jsonl"),
        ("in.parquet.gz out.parquet.gz", FILE, "must both be .csv, both .jsonl"),
        ("in.csv out.csv", bytearray(FILE + b"1" * 17_000_000), "after line 2: The next one is"),
        ("in.csv out.csv --k 4", FILE, "k is '4', which is out of range."),
        ("in.csv out.csv --K 1", FILE, "'K' is not an option. The options are k."),
        ("in.csv out.csv", b"a,b\n1,2\n", "sepal_length is missing."),
        ("in.csv out.csv", FILE.replace(b"petal_", b"Petal"), "Did you mean petal_length?"),
        ("in.csv out.csv", b"petal_width," + FILE, "There are two columns named petal_width."),
        ("in.csv out.csv", FILE.replace(b",", b";"), "The first line .* separated by commas"),
        ("in.csv out.csv", FILE.replace(b",", b"\t"), "separated by commas"),
        ("in.csv out.csv", FILE.replace(b",", b"|"), "separated by commas"),
        ("in.csv out.csv", b"", "The file is empty."),
        ("in.csv out.csv", b"sep=,\n" + FILE, "The first line is 'sep=,'. It must have"),
        ("in.csv out.csv", b"caf\xe9," + FILE, "The header cannot be read. Save the file as UTF-8"),
        ("in.csv out.csv", FILE.decode().encode("utf-16"), "Save the file as UTF-8"),
        ("in.csv out.csv", b'"a"b,' + FILE, "The header cannot be read. Save"),
        ("in.csv.gz out.csv", gzip.compress(FILE)[:-9], "in.csv.gz cannot be read after"),
        ("in.csv.gz out.csv", FILE, "in.csv.gz cannot be read .* Not a gzipped file"),
        ("in.parquet out.parquet", FILE, "in.parquet cannot be read"),
        ("in.parquet out.parquet", NESTED.getvalue(), "a column of list<.*>, which cannot be read"),
    ],
)
def test_an_unreadable_file_is_explained_and_leaves_what_was_there(
    names: str, content: bytes, message: str, tmp_path: Path
) -> None:
    source, target, *option = names.split()
    (tmp_path / source).write_bytes(content)
    (tmp_path / "elsewhere").write_text("what was there")
    (tmp_path / target).symlink_to(tmp_path / "elsewhere")
    options = {option[0].removeprefix("--"): option[1]} if option else {}
    with pytest.raises(Problem, match=message):
        bulk.score(FLOWERS, tmp_path / source, tmp_path / target, options, workers=2)
    assert (tmp_path / target).read_text() == "what was there"
    assert len([*tmp_path.iterdir()]) == 3


@pytest.mark.parametrize("asked", [None, {"k": 3}, {"options": None}, {"again": "false"}])
def test_a_state_machines_input_is_checked(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET", "rows")
    with pytest.raises(Problem, match="The input must be"):
        bulk.lambdaHandler({"key": "in/rows.csv", "input": asked}, None)


def test_answers_keep_a_link_and_the_permissions_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch(0o600)
    (tmp_path / "out.csv").symlink_to(tmp_path / "elsewhere")
    assert scored(tmp_path, FILE) == (tmp_path / "elsewhere").read_text()
    assert (tmp_path / "out.csv").is_symlink()
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o600

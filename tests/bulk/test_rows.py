"""Rows come back in order, unchanged, with the answers of a POST or with their problem."""

import io
import json
from dataclasses import replace
from decimal import Decimal
from math import inf
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from bulk import parquet_rows, text_rows
from serving.model import Model
from serving.parameters import Parameter
from tests.bulk.scored import ADDED, GOOD, HEADER, NAMES, POINT, POINTS, cells, posted, scored
from tests.serving.flowers import MODEL as FLOWERS


def nearly(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Allow for the last digit: linear algebra depends on the number of rows."""
    return [r | {"probability": pytest.approx(r["probability"])} for r in results]


def table(folder: Path, rows: pa.Table, **options: Any) -> pa.Table:
    file = io.BytesIO()
    parquet.write_table(rows, file)
    scored(folder, file.getvalue(), ".parquet", **options)
    return parquet.read_table(folder / "out.parquet")


@pytest.mark.parametrize("kind", [".csv", ".csv.gz", ".CSV", ".jsonl", ".jsonl.gz", ".parquet"])
@pytest.mark.parametrize("block", [30, 4_000_000])
@pytest.mark.parametrize("k", [1, 3])
def test_each_row_gets_its_results(
    kind: str, block: int, k: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_rows, "BLOCK", block)
    monkeypatch.setattr(parquet_rows.ParquetRows, "at_once", block // 30)
    monkeypatch.setattr(parquet_rows, "BLOCKS", 2)
    named = [dict(zip(NAMES, point, strict=True)) for point in POINTS]
    rows = [{"id": f"no. {i}"} | row for i, row in enumerate(named)]
    expected = posted(POINTS, k=k)
    if kind.startswith(".jsonl"):
        lines = scored(tmp_path, "\n\n".join(map(json.dumps, rows)), kind, k=k).splitlines()
        added = [{"predictions": nearly(results)} for results in expected]
        assert [*map(json.loads, lines)] == [r | a for r, a in zip(rows, added, strict=True)]
        return
    pairs = zip(rows, map(nearly, expected), strict=True)
    flat = [[*row.values(), *result.values()] for row, results in pairs for result in results]
    if kind == ".parquet":
        found = table(tmp_path, pa.Table.from_pylist(rows), k=k)
        assert found.schema.names == ["id", *NAMES, *ADDED.split(",")]
        assert [[*row.values()][:-1] for row in found.to_pylist()] == flat
        assert table(tmp_path, found).schema == found.schema
        return
    text = "\n".join([f"id,{HEADER}", *(",".join(map(str, row.values())) for row in rows)])
    assert scored(tmp_path, text, kind, k=str(k)).startswith(f"id,{HEADER},{ADDED}\n")
    found = cells(tmp_path, text, kind, k=k)
    assert [[row[0], *map(float, row[1:5]), row[5], float(row[6])] for row in found] == flat


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("5.1,3.5,1.4,0.2", "5.1,3.5,1.4,0.2,setosa,1.0"),
        ('"5.1",+3.5, 1.4,2e-1\t', '"5.1",+3.5, 1.4,2e-1\t,setosa,1.0'),
        ("5.1,3.5,1.4,11", "5.1,3.5,1.4,11,,,\"petal_width is '11', which is out of range."),
        ("5.1,3.5,1.4,", "5.1,3.5,1.4,,,,petal_width is empty. It"),
        ("5.1,3.5,1.4", '"5.1,3.5,1.4",,,,,,"The row has 3 fields, but the header has 4."'),
        ("5,3,1,0.2,1", '"5,3,1,0.2,1",,,,,,"The row has 5 fields, but the header has 4."'),
        ("caf\xe9,3.5", '"caf\ufffd,3.5",,,,,,"The row has 2 fields, but the header has 4."'),
        ('"5.1,3.5', '"""5.1,3.5",,,,,,"The quotes of this row are malformed.'),
        ('"5.1"x,3.5,1,1', '"""5.1""x,3.5,1,1",,,,,,"The quotes of this row are malformed.'),
        pytest.param(f'"{"x" * 200_000}"', '"""xxx', id="long"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_of_a_csv_is_kept_and_gets_its_problem(
    end: str, row: str, line: str, tmp_path: Path
) -> None:
    text = end.join((HEADER, GOOD, " ", row, "", GOOD, "")).encode("latin-1")
    _, first, second, third = scored(tmp_path, text).splitlines()
    assert second.startswith(line)
    assert all(other.startswith(f"{GOOD},virginica,0.") for other in (first, third))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{", "The line is not a JSON object "),
        ("7", "The line is not a JSON object "),
        (f'{{"x": {"[" * 99_000}{"]" * 99_000}}}', "The line is not a JSON object "),
        ('{"sepal_length": 5, "x": NaN}', "The line is not a JSON object "),
        ('{"sepal_length": 1e999}', "sepal_length is Infinity, which is not finite."),
        ("{ }", "sepal_length is missing. The inputs are sepal_length, "),
        ('{"sepal_lenght": 5}', "'sepal_lenght' is not an input. Did you mean sepal_length?"),
        (json.dumps(dict.fromkeys(NAMES, True)), "sepal_length is true, which is not a number."),
        (json.dumps(dict.fromkeys(NAMES, "5.1")), "sepal_length is '5.1', which is not a number."),
    ],
)
def test_a_bad_line_of_json_gets_its_problem(row: str, problem: str, tmp_path: Path) -> None:
    good = json.dumps(POINT)
    lines = scored(tmp_path, f"{good}\n{row}\n{good}\n", ".jsonl").splitlines()
    first, second, third = map(json.loads, lines)
    assert second["problem"].startswith(problem) and second["predictions"] == []
    assert second["line"] == row if "line" in problem else row[2:-1] in lines[1]
    assert first == third and first["predictions"] == nearly(posted(POINTS[:1])[0])


DAY = pd.Timestamp("2020-12-31")


@pytest.mark.parametrize(
    ("type_", "cells", "expected"),
    [
        ("number", pa.array([3], pa.int8()), 3.0),
        ("number", pa.array([Decimal("1.13")]), 1.13),
        ("number", pa.array([Decimal("101.50")]), "x is 101.5, which is out of range."),
        ("number", ["1"], "x is '1', which is not a number."),
        ("integer", pa.array([2**64 - 1], pa.uint64()), "x is 18446744073709551615, which is too"),
        ("string", pa.array(["a"]).dictionary_encode(), "a"),
        ("string", pa.array(["a"], pa.string_view()), "a"),
        ("string", [b"a"], "a"),
        ("string", [DAY], "2020-12-31 00:00:00.000000"),
        ("string", pa.array([DAY], pa.date32()), "2020-12-31"),
        ("string", [1], "x is 1, which is not text in quotes."),
    ],
)
def test_a_cell_of_parquet(type_: str, cells: Any, expected: Any, tmp_path: Path) -> None:
    most = 100 if type_ == "number" else inf
    model = Model(
        {"version": "1"},
        (Parameter("x", "", type_, maximum=most, required=True),),
        {"y": type_},
        lambda points: [[{"y": x}] for [x] in points],
    )
    rows = pa.table({"x": cells, "other": [{"a": [1]}]})
    found = table(tmp_path, rows, model=model)
    assert found.select(["x", "other"]) == rows
    answer, problem = found["predictions_y"][0].as_py(), found["problem"][0].as_py()
    assert answer == expected if problem is None else problem.startswith(expected)


def test_other_columns_pass_byte_for_byte(tmp_path: Path) -> None:
    row = b'5.1,3.5,1.4,0.2,"say ""a, b""\r\nand\ngo","\r",caf\xe9,007,1.0,"", "x",6" pipe'
    header = f'{HEADER},"note",end,place,a,b,c,d,e'.encode()
    scored(tmp_path, b"\xef\xbb\xbf" + header + b"\r\n" + row + b"\r\n")
    found = (tmp_path / "out.csv").read_bytes()
    assert found.startswith(header + f",{ADDED}".encode() + b"\n" + row + b",setosa,1.0")
    line = f'{{"n": 1.0, "n": 1E5, "e": "\\ud800", {json.dumps(dict.fromkeys(NAMES, 1))[1:]}'
    assert scored(tmp_path, line, ".jsonl").startswith(line[:-1] + ', "predictions": [{"species')


def test_blocks_have_fewer_rows_if_they_are_large_or_get_several_results(tmp_path: Path) -> None:
    sizes = list[int]()

    def predict(points: Any, k: int) -> Any:
        sizes.append(len(points))
        return FLOWERS.predict(points, k=k)

    model, rows = replace(FLOWERS, predict=predict), f"{HEADER}\n" + f"{GOOD}\n" * 13_000
    assert len(cells(tmp_path, rows, model=model, k=3)) == 39_000
    assert 3_000 < max(sizes) <= 4_000
    texts = [str(i) * 1_000 for i in range(1_000, 2_000)]  # 4 MB
    large = pa.table({NAMES[0]: [1.0] * 1_000, "text": texts})
    assert len(table(tmp_path, large, model=model)) == 1_000
    assert 50 < sizes[-2] < 100

"""Files of rows: every row comes back in order, with the same answer as from a POST."""

import csv
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow import parquet

import bulk
from bulk import csv_rows, text_rows
from bulk.csv_rows import CsvRows
from bulk.text_rows import TextRows
from serving import batch
from serving.handler import Handler
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.serving.flowers import MODEL as FLOWERS

NAMES = [parameter.name for parameter in FLOWERS.inputs]
HEADER = ",".join(NAMES)
ADDED = ",predictions_species,predictions_probability,problem"
POINTS = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3], [5.9, 3.0, 4.2, 1.5]]
GOOD = "6.7,3.0,5.2,2.3"


def scored(tmp_path: Path, text: str | bytes, kind: str = ".csv", **options: object) -> str:
    """Write the text to a file, score it, and return the content of the answers."""
    content = text.encode() if isinstance(text, str) else text
    source, target = tmp_path / f"in{kind}", tmp_path / f"out{kind}"
    source.write_bytes(gzip.compress(content) if kind.endswith(".gz") else content)
    bulk.score(FLOWERS, source, target, options)
    found = target.read_bytes()
    return (gzip.decompress(found) if kind.endswith(".gz") else found).decode("utf-8", "replace")


def posted(points: list[Any], **options: object) -> Any:
    """Answer the points as the handler answers a POST: the oracle."""
    event = {
        "requestContext": {"http": {"method": "POST"}},
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"points": points, **options}),
    }
    return json.loads(Handler(FLOWERS, batch)(event, None)["body"])["results"]


def nearly(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Allow for the last digit: linear algebra depends on the number of rows."""
    return [r | {"probability": pytest.approx(r["probability"])} for r in results]


@pytest.mark.parametrize("kind", [".csv", ".csv.gz", ".CSV"])
@pytest.mark.parametrize("block", [30, 2_000_000])
@pytest.mark.parametrize("k", [1, 3])
def test_a_csv_gets_a_line_for_each_result(
    kind: str, block: int, k: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_rows, "BLOCK", block)
    rows: list[list[object]] = [[f"no. {i}", *point] for i, point in enumerate(POINTS)]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    found = scored(tmp_path, f"id,{HEADER}\n{text}", kind, k=str(k))
    assert found.startswith(f"id,{HEADER}{ADDED}\n")
    expected = [
        [*map(str, row), result["species"], pytest.approx(result["probability"]), ""]
        for row, results in zip(rows, posted(POINTS, k=k), strict=True)
        for result in results
    ]
    answered = [
        [*row[:-2], float(row[-2]), row[-1]] for row in [*csv.reader(io.StringIO(found))][1:]
    ]
    assert answered == expected


@pytest.mark.parametrize("kind", [".jsonl", ".jsonl.gz"])
def test_json_lines_get_a_list_of_results(kind: str, tmp_path: Path) -> None:
    rows = [{"id": [i], **dict(zip(NAMES, p, strict=True))} for i, p in enumerate(POINTS)]
    text = "\n\n".join(map(json.dumps, rows))
    expected = [
        row | {"predictions": nearly(results)}
        for row, results in zip(rows, posted(POINTS, k=2), strict=True)
    ]
    assert [*map(json.loads, scored(tmp_path, text, kind, k=2).splitlines())] == expected


def in_parquet(tmp_path: Path, table: pa.Table, model: Model = FLOWERS, **options: Any) -> pa.Table:
    parquet.write_table(table, tmp_path / "in.parquet")
    bulk.score(model, tmp_path / "in.parquet", tmp_path / "out.parquet", options)
    return parquet.read_table(tmp_path / "out.parquet")


@pytest.mark.parametrize("k", [1, 2])
def test_a_table_gets_a_row_for_each_result(k: int, tmp_path: Path) -> None:
    columns = dict(zip(NAMES, zip(*POINTS, strict=True), strict=True))
    table = pa.table({"id": pa.array([7, 8, 9], pa.int8()), **columns})
    found = in_parquet(tmp_path, table, k=k)
    assert found.schema.names == ["id", *NAMES, *ADDED[1:].split(",")]
    assert found["id"].to_pylist() == [i for i in (7, 8, 9) for _ in range(k)]
    assert found["id"].type == pa.int8()
    results = [result for results in posted(POINTS, k=k) for result in results]
    assert found["predictions_species"].to_pylist() == [r["species"] for r in results]
    assert found["problem"].null_count == len(found)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("5.1,3.5,1.4,0.2", "5.1,3.5,1.4,0.2,setosa,0."),
        ('"5.1",+3.5, 1.4,2e-1\t', '"5.1",+3.5, 1.4,2e-1\t,setosa,0.'),
        ("5.1,3.5,1.4,11", "5.1,3.5,1.4,11,,,\"petal_width is '11', which is out of range."),
        ("5.1,3.5,1.4,", "5.1,3.5,1.4,,,,petal_width is empty. It"),
        ("5.1,3.5,1.4,nan", "5.1,3.5,1.4,nan,,,\"petal_width is 'nan', which means a missing"),
        ("5.1,3.5,1.4,inf", "5.1,3.5,1.4,inf,,,\"petal_width is 'inf', which is not a plain"),
        ("5.1,3.5,1.4,0x1", "5.1,3.5,1.4,0x1,,,\"petal_width is '0x1', which is not a plain"),
        ("5.1,3.5,1.4,1_0", "5.1,3.5,1.4,1_0,,,\"petal_width is '1_0', which is not a plain"),
        ("5.1,3.5,1.4", '5.1,3.5,1.4,,,,"The row has 3 fields, but the header has 4."'),
        ("5,3,1,0.2,1", '"5,3,1,0.2,1",,,,,,"The row has 5 fields, but the header has 4."'),
        ('"5.1,3.5', '"""5.1,3.5",,,,,,"The quotes of this row are malformed.'),
        ('"5.1"x,3.5,1,1', '"""5.1""x,3.5,1,1",,,,,,"The quotes of this row are malformed.'),
        pytest.param(f'"{"x" * 200_000}"', f'"{"x" * 200_000}",,,,,,"The row has 1', id="long"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_of_a_csv_is_kept_and_gets_its_problem(
    end: str, row: str, line: str, tmp_path: Path
) -> None:
    text = end.join((HEADER, GOOD, " ", row, "", GOOD, ""))
    _, first, second, third = scored(tmp_path, text).splitlines()
    assert second.startswith(line)
    assert all(other.startswith(f"{GOOD},virginica,0.") for other in (first, third))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{", "The line is not a JSON object "),
        ("[5.1, 3.5, 1.4, 0.2]", "The line is not a JSON object "),
        ("7", "The line is not a JSON object "),
        ("[" * 100_000, "The line is not a JSON object "),
        (f'{{"x": {"[" * 99_000}{"]" * 99_000}}}', "The line is not a JSON object "),
        ('{"sepal_length": 5, "x": NaN}', "The line is not a JSON object "),
        ('{"sepal_length": 5, "x": 1e999}', "The line is not a JSON object "),
        ('{"a;b": 5}', "sepal_length is missing. The inputs are sepal_length, "),
        ('{"sepal_lenght": 5}', "'sepal_lenght' is not an input. Did you mean sepal_length?"),
        (json.dumps(dict.fromkeys(NAMES, True)), "sepal_length is true, which is not a number."),
        (json.dumps(dict.fromkeys(NAMES, "5.1")), "sepal_length is '5.1', which is not a number."),
    ],
)
def test_a_bad_line_of_json_gets_its_problem(row: str, problem: str, tmp_path: Path) -> None:
    good = json.dumps(dict(zip(NAMES, POINTS[0], strict=True)))
    first, second, third = map(
        json.loads, scored(tmp_path, f"{good}\n{row}\n{good}\n", ".jsonl").splitlines()
    )
    assert second["problem"].startswith(problem) and second["predictions"] == []
    assert second["line"] == row if "line" in problem else row[2:-1] in json.dumps(second)
    assert first == third and first["predictions"] == nearly(posted(POINTS[:1])[0])


def test_a_bad_row_of_a_table_gets_its_problem(tmp_path: Path) -> None:
    columns: dict[str, Any] = dict(zip(NAMES, zip(*POINTS, strict=True), strict=True))
    columns |= {"sepal_width": [3, 11, None], "petal_length": pa.array([1, 1, 1], pa.int8())}
    found = in_parquet(tmp_path, pa.table(columns))["problem"].to_pylist()
    assert found[0] is None and "11" in found[1] and "sepal_width is null" in found[2]
    found = in_parquet(tmp_path, pa.table(columns | {"petal_width": ["1", "2", "3"]}))
    assert "petal_width is '1', which is not a number" in found["problem"].to_pylist()[0]


def test_other_columns_pass_byte_for_byte(tmp_path: Path) -> None:
    row = b'5.1,3.5,1.4,0.2,"say ""a, b""\r\nand\ngo","\r",caf\xe9,007,1.0,"", "x",6" pipe'
    head = b"\xef\xbb\xbf" + f'{HEADER},"note",end,place,a,b,c,d,e\r\n'.encode()
    scored(tmp_path, head + row + b"\r\n")
    found = (tmp_path / "out.csv").read_bytes()
    header = f'{HEADER},"note",end,place,a,b,c,d,e{ADDED}\n'
    assert found.startswith(header.encode() + row + b",setosa,0.")
    line = f'{{"n": 1.0, "n": 1E5, "e": "\\ud800", {json.dumps(dict.fromkeys(NAMES, 1))[1:]}'
    assert scored(tmp_path, line, ".jsonl").startswith(line[:-1] + ', "predictions": [{"species')


@given(st.text('",\r\na', max_size=40))
@example('a\n"b\nc"\na\n')
@example('a\n"b\nc\n')
@example('"\r\r"\r\ra')
def test_rows_do_not_depend_on_where_blocks_end(text: str) -> None:
    content, rows = text.encode(), CsvRows(FLOWERS, compress=False)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(text_rows, "BLOCK", 2)
        parts = [block.content for block in TextRows.blocks(rows, io.BytesIO(content))]

    def read(block: bytes) -> list[tuple[bytes, bool]]:
        return [(piece[0], bool(piece["row"])) for piece in rows.pieces(block)]

    found = [piece for part in parts for piece in read(part)]
    assert found == read(content)
    if all(is_row for _, is_row in found):  # the oracle, if all quotes are valid
        expected = csv.reader(io.StringIO(text, newline=""), strict=True)
        again = csv.reader(io.StringIO(b"".join(row for row, _ in found).decode(), newline=""))
        assert [*again] == [row for row in expected if row]


def test_a_quote_that_is_never_closed_spoils_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "LONGEST", 1_000)
    monkeypatch.setattr(text_rows, "BLOCK", 100)
    rows = [f"{GOOD},no. {i}" for i in range(500)]
    bad = {0: '5.1,3.5,1.4,0.2,"5 inch', 200: '"', 350: '"5.1"x,3.5', 499: '1,"'}
    rows = [bad.get(i, row) for i, row in enumerate(rows)]
    _, *found = csv.reader(io.StringIO(scored(tmp_path, "\n".join([f"{HEADER},note", *rows]))))
    assert len(found) == 500
    assert {i: row[0] for i, row in enumerate(found) if row[-1]} == bad
    assert all(row[4] == f"no. {i}" for i, row in enumerate(found) if i not in bad)


@pytest.mark.parametrize("kind", [".csv", ".jsonl"])
def test_the_first_problem_is_found_in_an_editor(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_rows, "BLOCK", 40)
    point = json.dumps(dict(zip(NAMES, POINTS[0], strict=True)))
    text = {
        ".csv": f'\n{HEADER},note\n{GOOD},"a\nb\r\nc"\n\n' + f"{GOOD},\n" * 20 + "bad,\n",
        ".jsonl": "\n\n" + f"{point}\n\n\n" * 8 + "bad\n",
    }[kind]
    (tmp_path / f"in{kind}").write_text(text, newline="")
    done = bulk.score(FLOWERS, tmp_path / f"in{kind}", tmp_path / f"out{kind}", {})
    assert (done.problems, done.first_problem) == (1, "line 27")


@pytest.mark.parametrize(
    ("columns", "added"),
    [
        ("", ADDED),
        (",problem", ",predictions_species_,predictions_probability_,problem_"),
        (",predictions_species,problem", ",predictions_species_,predictions_probability_,problem_"),
        (ADDED + ",note", ",predictions_species_,predictions_probability_,problem_"),
    ],
)
def test_only_an_earlier_runs_columns_are_replaced(
    columns: str, added: str, tmp_path: Path
) -> None:
    rows = [f"{point}{columns.replace(',', ',a')}" for point in (GOOD, "x,1,1,1")]
    once = scored(tmp_path, "\n".join([HEADER + columns, *rows]))
    header, *lines = once.splitlines()
    assert header == HEADER + columns + added
    assert all(line.startswith(row) for row, line in zip(rows, lines, strict=True))
    assert scored(tmp_path, once) == once
    source = tmp_path / "in.csv"
    notes = bulk.score(FLOWERS, source, tmp_path / "out.csv", {}).notes
    assert notes == ("The answers of an earlier run are replaced.",)


def test_absent_inputs_get_their_defaults_with_a_note(tmp_path: Path) -> None:
    assert scored(tmp_path, "petal_length\n5.2\n").startswith(f"petal_length{ADDED}\n5.2,")
    notes = bulk.score(FLOWERS, tmp_path / "in.csv", tmp_path / "out.csv", {}).notes
    assert notes[0] == "There is no column sepal_length: the default, 1.0, is used."
    line = json.loads(scored(tmp_path, '{"petal_length": 5.2}', ".jsonl"))
    assert line["predictions"] == nearly(posted([{"petal_length": 5.2}])[0])


def test_only_an_earlier_runs_keys_are_replaced(tmp_path: Path) -> None:
    point = dict(zip(NAMES, POINTS[0], strict=True))
    rows: list[dict[str, Any]]
    rows = [point, point | {"problem": "mine"}, point | {"predictions": [1]}, {"sepal_length": "x"}]
    once = scored(tmp_path, "\n".join(map(json.dumps, rows)), ".jsonl")
    assert scored(tmp_path, once, ".jsonl") == once
    found = [json.loads(line) for line in once.splitlines()]
    assert all(row.items() <= again.items() for row, again in zip(rows, found, strict=True))
    keys = [[*again][len(row) :] for row, again in zip(rows, found, strict=True)]
    assert keys == [["predictions"], ["predictions_"], ["predictions_"], ["predictions", "problem"]]


def test_inputs_named_like_answers_are_read(tmp_path: Path) -> None:
    inputs = (replace(FLOWERS.inputs[0], name="problem"), *FLOWERS.inputs[1:])
    model = replace(FLOWERS, inputs=inputs, example={})
    header = HEADER.replace("sepal_length", "problem")
    (tmp_path / "in.csv").write_text(f"{header}\n{GOOD}\n")
    bulk.score(model, tmp_path / "in.csv", tmp_path / "out.csv", {})
    found = (tmp_path / "out.csv").read_text()
    assert found.startswith(f"{header},predictions_species_,predictions_probability_,problem_\n")
    assert f"{GOOD},virginica,0." in found


def test_only_the_row_that_the_model_cannot_answer_has_a_problem(tmp_path: Path) -> None:
    def moody(points: Any, k: int) -> Any:
        assert joblib.effective_n_jobs(-1) == 1  # estimators start no processes of their own
        if any(point[0] == 6.7 for point in points):
            raise Problem(400, "The model cannot answer for these values.")
        return FLOWERS.predict(points, k)

    lines = [HEADER, *(",".join(map(str, point)) for point in POINTS)]
    (tmp_path / "in.csv").write_text("\n".join(lines))
    done = bulk.score(
        replace(FLOWERS, predict=moody), tmp_path / "in.csv", tmp_path / "out.csv", {}
    )
    assert (done.rows, done.problems, done.first_problem) == (3, 1, "line 3")
    problems = [row[-1] for row in csv.reader(io.StringIO((tmp_path / "out.csv").read_text()))][1:]
    assert problems == ["", "The model cannot answer for these values.", ""]


def test_a_model_may_have_several_results_or_none(tmp_path: Path) -> None:
    def predict(points: Any) -> Any:
        return [[{"n": i, "is_odd": bool(i % 2)} for i in range(int(n))] for [n] in points]

    model = Model(
        about={"version": "1"},
        inputs=(Parameter("n", "How many.", "integer"),),
        result={"n": "integer", "is_odd": "boolean"},
        predict=predict,
    )
    (tmp_path / "in.csv").write_text("n\n2\n0\nx\n1\n")
    bulk.score(model, tmp_path / "in.csv", tmp_path / "out.csv", {})
    _, *lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[:3] == ["2,0,false,", "2,1,true,", "0,,,"] and lines[4] == "1,0,false,"
    assert lines[3].startswith("x,,,\"n is 'x', which is not a")
    (tmp_path / "in.jsonl").write_text('{"n": 2}\n{"n": 0}\n')
    bulk.score(model, tmp_path / "in.jsonl", tmp_path / "out.jsonl", {})
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [len(row["predictions"]) for row in found] == [2, 0]


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".csv.gz"])
def test_an_empty_file_gives_an_empty_file(kind: str, tmp_path: Path) -> None:
    assert scored(tmp_path, "", kind) == ""


FILE = f"{HEADER}\n{GOOD}\n".encode()


@pytest.mark.parametrize(
    ("source", "target", "content", "options", "message"),
    [
        ("in.csv", "out.jsonl", FILE, {}, "must both end in .csv, .jsonl"),
        ("in.xlsx", "out.xlsx", FILE, {}, "must both end in .csv, .jsonl"),
        ("in.csv", "out.csv", FILE, {"k": "4"}, "k is '4', which is out of range."),
        ("in.csv", "out.csv", FILE, {"K": 1}, "'K' is not an option. The options are k."),
        ("in.csv", "out.csv", b"a,b\n1,2\n", {}, "sepal_length is missing."),
        ("in.csv", "out.csv", FILE.replace(b"petal_", b"Petal"), {}, "Did you mean petal_length?"),
        (
            "in.csv",
            "out.csv",
            b"petal_width," + FILE,
            {},
            "There are two columns named petal_width.",
        ),
        ("in.csv", "out.csv", FILE.replace(b",", b";"), {}, "by commas, not by semicolons"),
        ("in.csv", "out.csv", FILE.replace(b",", b"\t"), {}, "by commas, not by tabs"),
        ("in.csv", "out.csv", FILE.replace(b",", b"|"), {}, "by commas, not by vertical bars"),
        ("in.csv", "out.csv", b"sep=,\n" + FILE, {}, "The first line is 'sep=,'. Delete it."),
        ("in.csv", "out.csv", b"caf\xe9," + FILE, {}, "not UTF-8. Save the file as UTF-8."),
        ("in.csv", "out.csv", FILE.decode().encode("utf-16"), {}, "Save the file as UTF-8."),
        ("in.csv", "out.csv", b'"a"b,' + FILE, {}, "The header cannot be read. The quotes"),
        ("in.csv.gz", "out.csv", gzip.compress(FILE)[:-9], {}, "in.csv.gz cannot be read after"),
        ("in.csv.gz", "out.csv", FILE, {}, "in.csv.gz cannot be read .* Not a gzipped file"),
        ("in.parquet", "out.parquet", FILE, {}, "in.parquet cannot be read"),
        ("other.csv", "out.csv", FILE, {}, "No such file"),
    ],
)
def test_an_unreadable_file_is_explained_and_leaves_what_was_there(
    source: str, target: str, content: bytes, options: Any, message: str, tmp_path: Path
) -> None:
    (tmp_path / source.replace("other", "in")).write_bytes(content)
    (tmp_path / "elsewhere").write_text("what was there")
    (tmp_path / target).symlink_to(tmp_path / "elsewhere")
    with pytest.raises((Problem, OSError), match=message):
        bulk.score(FLOWERS, tmp_path / source, tmp_path / target, options)
    assert (tmp_path / target).read_text() == "what was there"
    assert len([*tmp_path.iterdir()]) == 3
    scored(tmp_path, FILE)
    assert (tmp_path / "out.csv").is_symlink() == (target == "out.csv")  # a link stays one

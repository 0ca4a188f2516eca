"""Many rows through any model: the rows come back in their order, each with what a POST answers."""

import csv
import gzip
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bulk
from bulk import csv_rows
from serving import batch
from serving.handler import Handler
from serving.problems import Problem
from tests.bulk.scored import ADDED, HEADER, NAMES, scored
from tests.serving.flowers import MODEL as FLOWERS

POINTS = [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3], [5.9, 3.0, 4.2, 1.5]]


def posted(points: list[list[float]], **options: object) -> Any:
    """Answer the points as the handler answers a POST: the oracle."""
    event = {
        "requestContext": {"http": {"method": "POST"}},
        "headers": {"content-type": "application/json"},
        "body": json.dumps({"points": points, **options}),
    }
    return json.loads(Handler(FLOWERS, batch)(event, None)["body"])["results"]


def rows_of(file: Path) -> list[list[str]]:
    return [*csv.reader(io.StringIO(file.read_text()))]


@pytest.mark.parametrize("kind", [".csv", ".csv.gz"])
@pytest.mark.parametrize("block", [30, 2_000_000])
@pytest.mark.parametrize("k", [1, 3])
def test_a_csv_gets_what_a_post_gets_a_line_a_result(
    kind: str, block: int, k: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "BLOCK", block)
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
def test_json_lines_get_the_list_that_a_post_gets(kind: str, tmp_path: Path) -> None:
    rows = [{"id": [i], **dict(zip(NAMES, p, strict=True))} for i, p in enumerate(POINTS)]
    text = "\n\n".join(map(json.dumps, rows))
    expected = [
        row | {"predictions": results}
        for row, results in zip(rows, posted(POINTS, k=2), strict=True)
    ]
    assert [*map(json.loads, scored(tmp_path, text, kind, k=2).splitlines())] == expected


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("5.1,3.5,1.4,0.2", "5.1,3.5,1.4,0.2,setosa,"),
        ('"5.1",3.5,1.4,2e-1', "5.1,3.5,1.4,2e-1,setosa,"),
        ("5.1,3.5,1.4,11", "5.1,3.5,1.4,11,,,\"petal_width is '11', which is out of range."),
        ("5.1,3.5,1.4,", "5.1,3.5,1.4,,,,petal_width is empty. It"),
        ("5.1,3.5,1.4,nan", "5.1,3.5,1.4,nan,,,\"petal_width is 'nan', which is not a plain"),
        ("5.1,3.5,1.4", '5.1,3.5,1.4,,,,"The row has 3 fields, and the header 4."'),
        pytest.param(f'"{"x" * 200_000}"', f'"""{"x" * 99}', id="long"),
        ("5.1,3.5,1.4,0.2,1", '5.1,3.5,1.4,0.2,,,"The row has 5 fields, and the header 4."'),
    ],
)
def test_a_bad_row_of_a_csv_gets_its_problem(row: str, line: str, tmp_path: Path) -> None:
    good = "6.7,3.0,5.2,2.3"
    _, first, second, third = scored(tmp_path, f"{HEADER}\n{good}\n{row}\n{good}\n").splitlines()
    assert second.startswith(line)
    assert first == third and first.startswith(f"{good},virginica,0.")


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{", "The line is not a JSON object, "),
        ("[5.1, 3.5, 1.4, 0.2]", "The line is not a JSON object, "),
        ("[" * 100_000, "The line is not a JSON object, "),
        ('{"sepal_length": 5, "x": NaN}', "The line is not a JSON object, "),
        ('{"sepal_length": 5, "x": 1e999}', "The line is not a JSON object, "),
        ('{"note": "\\ud800"}', "The line is not a JSON object, nests too deep, or has half a"),
        ('{"a;b": 5}', "There is no sepal_length. The inputs are sepal_length, "),
        ('{"sepal_length": 5}', "There is no sepal_width. The inputs are sepal_length, "),
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
    assert second["problem"].startswith(problem)
    assert second["line"] == row if "line" in problem else row[2:-1] in json.dumps(second)
    assert first == third and first["predictions"] == posted(POINTS[:1])[0]


def test_an_integer_of_json_is_checked_before_it_is_rounded(tmp_path: Path) -> None:
    inputs = tuple(replace(parameter, maximum=2.0**53) for parameter in FLOWERS.inputs)
    line = json.dumps(dict.fromkeys(NAMES, 1.0) | {NAMES[0]: 2**53 + 1})  # as a float, 2**53
    (tmp_path / "in.jsonl").write_text(f"{line}\n{line.replace(str(2**53 + 1), str(2**53))}\n")
    bulk.score(replace(FLOWERS, inputs=inputs), tmp_path / "in.jsonl", tmp_path / "out.jsonl", {})
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert "out of range" in first["problem"]
    assert "problem" not in second


def test_lines_that_nest_deep_are_answered_or_have_a_problem(tmp_path: Path) -> None:
    """How deep Python reads and writes depends on its version, and on how deep it is called."""
    point = json.dumps(dict(zip(NAMES, POINTS[0], strict=True)))[1:-1]
    lines = [f'{{{point}, "x": {"[" * deep}{"]" * deep}}}' for deep in (1, *range(800, 1100))]
    found = scored(tmp_path, "\n".join(lines), ".jsonl").splitlines()
    assert len(found) == len(lines)
    assert '"predictions"' in found[0] and "nests too deep" in found[-1]


def test_other_columns_pass_as_they_are(tmp_path: Path) -> None:
    """Quotes, line ends, bytes that are not UTF-8; a mark at the start is no part of a name."""
    row = b'5.1,3.5,1.4,0.2,"say ""a, b""\r\nand\ngo","\r",caf\xe9'
    head = b"\xef\xbb\xbf" + f"{HEADER},note,end,place\r\n".encode()
    scored(tmp_path, head + row + b"\r\n")
    found = (tmp_path / "out.csv").read_bytes()
    assert found.startswith(f"{HEADER},note,end,place{ADDED}\n".encode() + row + b",setosa,0.")


def test_of_two_columns_with_one_name_both_pass_and_the_last_counts(tmp_path: Path) -> None:
    found = scored(tmp_path, f"note,petal_width,note,{HEADER}\na,x,b,5.1,3.5,1.4,0.2\n")
    assert found.startswith(f"note,petal_width,note,{HEADER}{ADDED}\n")
    assert "\na,x,b,5.1,3.5,1.4,0.2,setosa," in found


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out.csv").symlink_to(tmp_path / "elsewhere" / "answers.csv")
    scored(tmp_path, f"{HEADER}\n5.1,3.5,1.4,0.2\n")
    assert (tmp_path / "out.csv").is_symlink()
    assert "setosa" in (tmp_path / "elsewhere" / "answers.csv").read_text()


def test_answers_can_be_answered_again(tmp_path: Path) -> None:
    once = scored(tmp_path, f"{HEADER}\n5.1,3.5,1.4,0.2\n1,2,3,x\n")
    assert scored(tmp_path, once) == once
    points = [dict(zip(NAMES, point, strict=True)) for point in ([5.1, 3.5, 1.4, 0.2], [99] * 4)]
    once = scored(tmp_path, "\n".join(map(json.dumps, points)), ".jsonl")
    assert scored(tmp_path, once, ".jsonl") == once
    was_bad, was_good = (json.loads(line) for line in reversed(once.splitlines()))
    changed = json.dumps(was_bad | points[0]) + "\n" + json.dumps(was_good | points[1])
    mended, broken = map(json.loads, scored(tmp_path, changed, ".jsonl").splitlines())
    assert mended.keys() == {*NAMES, "predictions"} and broken.keys() == {*NAMES, "problem"}


def test_a_row_that_the_model_cannot_answer_is_the_only_one(tmp_path: Path) -> None:
    def moody(points: Any, k: int) -> Any:
        if any(point[0] == 6.7 for point in points):
            raise Problem(400, "The model cannot answer for these values.")
        return FLOWERS.predict(points, k)

    lines = [HEADER, *(",".join(map(str, point)) for point in POINTS)]
    (tmp_path / "in.csv").write_text("\n".join(lines))
    model = replace(FLOWERS, predict=moody)
    assert bulk.score(model, tmp_path / "in.csv", tmp_path / "out.csv", {}) == (3, 1)
    found = [row[-1] for row in rows_of(tmp_path / "out.csv")[1:]]
    assert found == ["", "The model cannot answer for these values.", ""]


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".csv.gz"])
def test_nothing_in_is_nothing_out(kind: str, tmp_path: Path) -> None:
    assert scored(tmp_path, "", kind) == ""


GOOD = f"{HEADER}\n5.1,3.5,1.4,0.2\n".encode()


@pytest.mark.parametrize(
    ("source", "target", "content", "options", "sentence"),
    [
        ("in.csv", "out.jsonl", GOOD, {}, "must both end in .csv, or both in .jsonl"),
        ("in.xlsx", "out.xlsx", GOOD, {}, "must both end in .csv, or both in .jsonl"),
        ("in.csv", "out.csv", GOOD, {"k": "4"}, "k is '4', which is out of range."),
        ("in.csv", "out.csv", b"a,b\n1,2\n", {}, "There is no sepal_length."),
        ("in.csv", "out.csv", GOOD.replace(b"petal_", b"Petal"), {}, "Did you mean petal_length?"),
        (
            "in.csv",
            "out.csv",
            GOOD.replace(b",", b";"),
            {},
            "separated by commas, and not by semicolons",
        ),
        ("in.csv", "out.csv", b"caf\xe9," + GOOD, {}, "are not UTF-8. Save the file as UTF-8."),
        ("in.csv.gz", "out.csv", gzip.compress(GOOD)[:-9], {}, "ended before the end"),
        ("in.csv.gz", "out.csv", GOOD, {}, "Not a gzipped file"),
        ("in.csv", "out.csv", b'"a"b,' + GOOD, {}, "The header cannot be read: ',' expected"),
        ("in.csv", "out.csv", GOOD, {"K": 1}, "'K' is no option. The options are k."),
        ("other.csv", "out.csv", GOOD, {}, "No such file"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_leaves_what_was_there(
    source: str, target: str, content: bytes, options: Any, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / source.replace("other", "in")).write_bytes(content)
    (tmp_path / target).write_text("what was there")
    with pytest.raises((Problem, *bulk.UNREADABLE), match=sentence):
        bulk.score(FLOWERS, tmp_path / source, tmp_path / target, options)
    assert (tmp_path / target).read_text() == "what was there"
    assert len([*tmp_path.iterdir()]) == 2

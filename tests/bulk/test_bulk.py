"""Files of rows as wholes: blocks, headers, and the names of answers."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulk import csv_rows, text_rows
from bulk.csv_rows import CsvRows
from bulk.text_rows import TextRows
from serving import tabular
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.bulk.scored import ADDED, GOOD, HEADER, POINT, POINTS, cells, scored, summary
from tests.serving.flowers import MODEL as FLOWERS


@given(st.text('",\r\na', max_size=40))
@example('a\n"b\nc"\na\n')
@example('a\n"b\nc\n')
@example('"\r\r"\r\ra')
def test_rows_do_not_depend_on_where_blocks_end(text: str) -> None:
    def read(size: int) -> list[tuple[int, bytes]]:
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(text_rows, "BLOCK", size)
            patched.setattr(text_rows.TextRows, "at_once", size)
            rows, found = CsvRows(FLOWERS), list[tuple[int, bytes]]()
            for above, block in TextRows.blocks(rows, io.BytesIO(text.encode())):
                found += zip(above, block, strict=True)
            return found

    found = read(2)
    assert found == read(100)
    if all(re.fullmatch(csv_rows.FIELDS, row.rstrip(b"\r\n")) for _, row in found):  # the oracle
        expected = csv.reader(io.StringIO(text, newline=""), strict=True)
        again = csv.reader(io.StringIO(b"".join(row for _, row in found).decode(), newline=""))
        assert [*again] == [row for row in expected if row]


def test_a_quote_that_is_never_closed_spoils_one_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_rows, "LONGEST", 1_000)
    monkeypatch.setattr(text_rows, "BLOCK", 100)
    bad = {0: '5.1,3.5,1.4,0.2,"5 inch', 200: '"', 350: '"5.1"x,3.5', 499: '1,"'}
    rows = [bad.get(i, f"{GOOD},no. {i}") for i in range(500)]
    found = cells(tmp_path, "\n".join([f"{HEADER},note", *rows]))
    assert len(found) == 500
    assert {i: row[0] for i, row in enumerate(found) if row[-1]} == bad
    assert all(row[4] == f"no. {i}" for i, row in enumerate(found) if i not in bad)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (".csv", f'\n{HEADER},note\n{GOOD},"a\nb\r\nc"\n\n' + f"{GOOD},\n" * 20 + "bad,\n"),
        (".jsonl", "\n\n" + f"{json.dumps(POINT)}\n\n\n" * 8 + "bad\n"),
    ],
)
def test_the_first_problem_is_found_in_an_editor(
    kind: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_rows, "BLOCK", 40)
    done = summary(tmp_path, text, kind)
    assert (done.problems, done.first_problem) == (1, "line 27")


@pytest.mark.parametrize(
    ("kind", "own", "mark"),
    [
        (".csv", [], ""),
        (".csv", ["problem"], "_"),
        (".csv", [*ADDED.split(","), "note"], "_"),
        (".jsonl", [], ""),
        (".jsonl", ["problem"], "_"),
        (".jsonl", ["predictions_", "problem"], "__"),
        (".jsonl", ["predictions", "problem", "note"], "_"),
    ],
)
def test_only_an_earlier_runs_answers_are_replaced(
    kind: str, own: list[str], mark: str, tmp_path: Path
) -> None:
    bad: dict[str, Any] = {"sepal_length": "x"}
    rows = [POINT | dict.fromkeys(own, 1), bad | dict.fromkeys(own, "\ud800")]
    lines = [*map(json.dumps, rows), "{}"]
    if kind == ".csv":
        lines = [",".join(rows[0]), ",".join(map(str, rows[0].values()))]
    once = scored(tmp_path, "\n".join(lines), kind)
    assert summary(tmp_path, once, kind).notes == ["The answers of an earlier run are replaced."]
    assert (tmp_path / f"out{kind}").read_text() == once
    found = once.splitlines()
    assert all(new.startswith(line.strip("}")) for new, line in zip(found, lines, strict=True))
    if kind == ".csv":
        assert found[0].split(",") == [*rows[0], *(name + mark for name in ADDED.split(","))]
    else:
        assert [*json.loads(found[0])] == [*rows[0], f"predictions{mark}"]
        assert [*json.loads(found[1])] == [*rows[1], f"predictions{mark}", f"problem{mark}"]


@pytest.mark.parametrize("column", ["problem", ""])  # pandas calls the second "Unnamed: 0"
def test_inputs_named_like_answers_or_by_pandas_are_read(column: str, tmp_path: Path) -> None:
    first = replace(FLOWERS.inputs[0], name=column or "Unnamed: 0", default=None, required=True)
    model = replace(FLOWERS, inputs=(first, *FLOWERS.inputs[1:]), example={})
    header, mark = HEADER.replace("sepal_length", column), "_" if column else ""
    found = scored(tmp_path, f"{header}\n{GOOD}\n", model=model)
    added = ADDED.replace(",", f"{mark},")
    assert found.startswith(f"{header},{added}{mark}\n{GOOD},virginica,0.")


def test_absent_inputs_get_their_defaults_with_a_note(tmp_path: Path) -> None:
    expected = cells(tmp_path, f"{HEADER}\n1.0,1.0,5.2,1.0\n")[0][4:]
    assert cells(tmp_path, "petal_length\n5.2\n") == [["5.2", *expected]]
    notes = summary(tmp_path, "petal_length\n5.2\n").notes
    assert notes[0] == "The column sepal_length is missing: 1.0 is used."
    [answer] = json.loads(scored(tmp_path, '{"petal_length": 5.2}', ".jsonl"))["predictions"]
    assert [*map(str, answer.values()), ""] == expected


def test_only_the_row_that_the_model_cannot_answer_has_a_problem(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def moody(points: Any, k: int) -> Any:
        assert joblib.effective_n_jobs(-1) == 1  # estimators start no processes of their own
        if any(point[0] == 6.7 for point in points):
            tabular.log.error("This is why.")
            raise Problem(400, "The model cannot answer for these values.")
        return FLOWERS.predict(points, k)

    text = "\n".join([HEADER, *(",".join(map(str, point)) for point in POINTS)])
    model = replace(FLOWERS, predict=moody)
    done = summary(tmp_path, text, model=model)
    assert (done.rows, done.problems, done.first_problem) == (3, 1, "line 3")
    assert caplog.text.count("This is why.") == 1  # each run says it once
    problems = [row[-1] for row in cells(tmp_path, text, model=model)]
    assert problems == ["", "The model cannot answer for these values.", ""]


def test_a_model_may_have_several_results_or_none(tmp_path: Path) -> None:
    def predict(points: Any) -> Any:
        empty = {"row": None, "is_odd": None}
        return [
            [{"row": big + i, "is_odd": bool(i % 2)} for i in range(n)] if n >= 0 else [empty]
            for [n] in points
        ]

    big, rounded = 2**60 + 1, str(2.0**60)
    result = {"row": "number", "is_odd": "boolean"}
    model = Model({"version": "1"}, (Parameter("n", "How many.", "integer"),), result, predict)
    found = cells(tmp_path, "n\n2\n0\nx\n1\n", model=model)
    assert [row[:3] for row in found] == [
        *(["2", rounded, "false"], ["2", rounded, "true"], ["0", "", ""], ["x", "", ""]),
        ["1", rounded, "false"],
    ]
    assert [bool(row[3]) for row in found] == [False, False, False, True, False]
    rows = '{"n": 2}\n{"n": 0}\n{"n": -1}\n'
    lines = scored(tmp_path, rows, ".jsonl", model=model).splitlines()
    assert [len(json.loads(line)["predictions"]) for line in lines] == [2, 0, 1]

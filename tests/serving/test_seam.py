"""The pattern serves any Model, does not know the example, and works without optional parts."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from serving import batch, html, metrics, openapi
from serving.formats import Format, as_text
from serving.handler import Handler
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.serving.flowers import FLOWER
from tests.serving.flowers import MODEL as FLOWERS

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "model"
WORDS = r"(?<!no-)\b(stores?|chipotle|nearest|lat|latitude|long|longitude|address|distance(_m)?)\b"
SEND = """
import sys
sys.path[:0] = [{task!r}, {root!r}]
from tests.engines import in_process
from tests.contract.request_table import ANY_MODEL, DESCRIPTION, MANY, REFUSALS
for row in {rows}: row.check(in_process(row))
import bulk
"""
# The optional parts, and the rows that need them.
OPTIONAL = {"batch": "MANY", "openapi": "DESCRIPTION"}
OPTIONAL |= dict.fromkeys(("metrics", "html", "explain", "outside"), "")


@pytest.mark.parametrize("deleted", [*([name] for name in OPTIONAL), [*OPTIONAL]], ids=" ".join)
def test_an_optional_part_can_be_deleted_with_its_name(deleted: list[str], tmp_path: Path) -> None:
    task = tmp_path / "task"
    shutil.copytree(MODEL / "deployment", task, ignore=shutil.ignore_patterns("__pycache__"))
    for artefact in (*MODEL.glob("*.pkl"), *MODEL.glob("*.json")):
        shutil.copy(artefact, task)
    app = (task / "app.py").read_text()
    for name in deleted:
        (task / "serving" / f"{name}.py").unlink()
        app, found = re.subn(rf"\b{name}, |, {name}\b|from serving import {name}\n", "", app)
        assert found == 2
    (task / "app.py").write_text(app)
    kept = [rows for name, rows in OPTIONAL.items() if rows and name not in deleted]
    rows = " + ".join(["ANY_MODEL", "REFUSALS", *kept])
    script = SEND.format(task=str(task), root=str(ROOT), rows=rows)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=task)
    assert done.returncode == 0, done.stderr


def test_optional_parts_work_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    answers = set()
    for parts in permutations((metrics, batch, openapi, html)):
        handler = Handler(FLOWERS, *parts)
        answers.add(ask(handler, "/openapi.json")["body"])
        answers.add(post(handler, points=[[5.1, 3.5, 1.4, 0.2]])["body"])
        answers.add(ask(handler, **FLOWER, format="html")["body"])
    assert len(answers) == 3


def test_the_pattern_knows_nothing_of_the_example() -> None:
    for file in (MODEL / "deployment" / "serving").glob("*.py"):
        assert not re.findall(WORDS, file.read_text(), re.IGNORECASE), file
        assert not re.findall(r"(?:import|from) (predictor|training)", file.read_text())


def ask(handler: Handler, path: str = "/", **query: str) -> Any:
    return handler({"rawPath": path, "queryStringParameters": query}, None)


def post(handler: Handler, **document: Any) -> Any:
    http = {"requestContext": {"http": {"method": "POST"}}}
    headers = {"content-type": "application/json"}
    return handler({**http, "headers": headers, "body": json.dumps(document)}, None)


def test_without_batches_post_is_rejected_and_undocumented() -> None:
    handler = Handler(FLOWERS, openapi)
    refusal = post(handler, points=[[1, 1, 1, 1]])
    assert (refusal["statusCode"], refusal["headers"]["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert json.loads(ask(handler, "/openapi.json")["body"])["paths"]["/"].keys() == {"get"}


@pytest.mark.parametrize(("started", "rehearsed"), [("snap-start", 1), ("on-demand", 0)])
def test_the_example_is_answered_in_every_format_before_a_snapshot(
    started: str,
    rehearsed: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written: list[str] = []

    def note(name: str) -> Format:
        return as_text(lambda query, results, about: written.append(name) or results[0]["species"])  # type: ignore[func-returns-value]

    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", started)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    handler = Handler(replace(FLOWERS, formats={n: note(n) for n in ("a", "b")}), metrics)
    assert written == ["a", "b"] * rehearsed
    assert capsys.readouterr().out == ""  # it was no request
    ask(handler, **FLOWER)
    assert json.loads(capsys.readouterr().out)["cold_start"] == 1


def parcel(points: Any, k: int, by: str) -> Any:
    return [[{"said": f"{point}, {by}"}] * k for point in points]


def test_large_integers_keep_all_digits() -> None:
    number = Parameter("id", "Of it.", "integer")
    sent = ("9007199254740993", 9007199254740993)
    assert [number.parse(value) for value in sent] == [2**53 + 1] * 2
    for far in (f"1{'0' * 399}", f"-1{'0' * 5_000}"):
        with pytest.raises(Problem, match="which is not finite"):
            number.parse(far)


PARCELS = Handler(
    Model(
        about={"version": "parcels"},
        inputs=(
            Parameter("size", "Of it.", "string", choices=("small", "big"), required=True),
            Parameter("weight", "Of it.", "number", "kg", above=0, required=True),
            Parameter("fragile", "Is it?", "boolean", default=False),
            Parameter("note", "For the driver.", "string", longest=20),
            Parameter("height", "Of it.", "number", "cm"),
        ),
        options=(
            Parameter("k", "How many.", "integer", minimum=1, default=2),
            Parameter("by", "Transport.", "string", choices=("road", "sea"), default="road"),
        ),
        result={"said": "string"},
        predict=parcel,
        count="k",
    ),
    batch,
    openapi,
)
BIG = {"size": "big", "weight": "2"}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (BIG, "('big', 2.0, False, None, nan), road"),
        (BIG | {"fragile": "1", "height": "3"}, "('big', 2.0, True, None, 3.0), road"),
        (BIG | {"note": "a, b\x00<i>"}, "('big', 2.0, False, 'a, b\\x00<i>', nan), road"),
        (BIG | {"note": "", "height": ""}, "('big', 2.0, False, None, nan), road"),
    ],
)
def test_every_kind_of_input_reaches_the_model(query: dict[str, str], said: str) -> None:
    answered = json.loads(ask(PARCELS, **query)["body"])
    assert answered["predictions"] == [{"said": said}] * 2


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        (BIG | {"size": "huge"}, "size is 'huge', which is not one of its values."),
        (BIG | {"size": "big,small"}, "size is 'big,small', which was given twice."),
        ({"size": "big"}, "weight is missing. It must be a number greater than 0 (kg)."),
        (
            BIG | {"fragile": "yes"},
            "fragile is 'yes', which is not true or false. It must be true or false.",
        ),
        (BIG | {"note": "x" * 21}, "which has 21 characters. It must be text of at most 20"),
        (BIG | {"k": "0"}, "k is '0', which is out of range. It must be a whole number from 1."),
        (BIG | {"hight": "3"}, "'hight' is not a parameter. Did you mean height?"),
        (BIG | {"amp;height": "3"}, "'amp;height' is not a parameter. Did you mean height?"),
    ],
)
def test_a_bad_query_is_explained(query: dict[str, str], detail: str) -> None:
    answered = ask(PARCELS, **query)
    assert answered["statusCode"] == 400
    assert detail in answered["body"]


@pytest.mark.parametrize(
    ("point", "said"),
    [
        (["big", 2, True, "x", 1], "('big', 2.0, True, 'x', 1.0), road"),
        (["big", 2, True, None, None], "('big', 2.0, True, None, nan), road"),
        ({"weight": 2, "size": "big"}, "('big', 2.0, False, None, nan), road"),
        ({"weight": 2, "size": "huge"}, "points[0]: size is 'huge', which is not one"),
        ({"weight": 2}, "points[0]: size is missing. It must be small or big."),
        (
            {"weight": 2, "size": "big", "hieght": 1},
            "'hieght' is not an input. Did you mean height",
        ),
        ([None, 2, True, "x", 1], "points[0]: size is null, which is not text."),
        (["big", 2], "('big', 2.0, False, None, nan), road"),
        (["big"], "points[0] is "),
        (["big", 2, True, "x", 1, 1], "points[0] is "),
        ("big", 'The body must be {\\"points\\": [[size, weight, fragile, note, height], ...]'),
    ],
)
def test_points_are_lists_or_objects(point: Any, said: str) -> None:
    assert said in post(PARCELS, points=[point])["body"]


def nothing(points: Any, **options: Any) -> Any:
    return [[] for _ in points]


PLAIN = Model({"version": "1"}, (Parameter("x", "", "number"),), {"y": "number"}, nothing)
GEO = Format("application/geo+json", lambda *_: "", needs=("where",))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"about": {}}, "version.* is missing"),
        ({"inputs": ()}, "no inputs"),
        ({"options": PLAIN.inputs}, "two parameters have the same name"),
        ({"inputs": (Parameter("format", "", "number"),)}, "'format' is reserved"),
        ({"result": {"y": "complex"}}, "each of a type in"),
        ({"formats": {"geo": GEO}}, "geo needs where"),
        ({"formats": {"json": GEO}}, "which every model has"),
        ({"answers": "query"}, "`answers` is 'query'"),
        ({"count": "x"}, "`count` is 'x', which is not an integer option"),
        ({"example": {"z": 1}}, "the example has 'z'"),
        ({"example": {"x": "one"}}, "x is 'one', which is not a number"),
    ],
)
def test_an_invalid_model_is_rejected(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(PLAIN, **changes)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"type": "float"}, "has the type 'float'"),
        ({"type": "number", "minimum": 2, "maximum": 1}, "limits that no number can meet"),
        (
            {"type": "number", "maximum": 1, "default": 2},
            "default of x is 2, which is out of range",
        ),
        ({"type": "number", "choices": ("a",)}, "has choices, but is not a string"),
        ({"type": "string", "choices": ("a", "a")}, "repeated"),
        ({"type": "string", "minimum": 1}, "has limits, but is not a number"),
        ({"type": "string", "longest": 0}, "allows no text"),
        ({"type": "number", "required": True, "default": 1}, "required and has a default"),
    ],
)
def test_a_contradictory_parameter_is_rejected(more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Parameter("x", "", **more)


@pytest.mark.parametrize(
    ("returned", "status", "log"),
    [
        ([[], []], 500, "predict returned 2 lists of results for 1 points"),
        ([], 500, "predict returned 0 lists"),
        (None, 500, "predict must return a list of results for each point"),
        ([{"y": 1.0}], 500, "predict must return a list of results for each point"),
        ([["y"]], 500, "a result is a str, not a dict"),
        ([[{}]], 500, "a result has , not y"),
        ([[{"y": 1.0, "z": 1}]], 500, "a result has y, z, not y"),
        ([[{"y": object}]], 500, "which is a type and not JSON"),
        ([[{"y": float("nan")}]], 400, ""),
        ([[{"y": float("inf")}]], 400, ""),
    ],
)
def test_what_a_model_returns_is_checked(
    returned: Any, status: int, log: str, caplog: pytest.LogCaptureFixture
) -> None:
    handler = Handler(replace(PLAIN, predict=lambda points: returned), batch)
    for answer in (ask(handler, x="1"), post(handler, points=[[1]])):
        assert answer["statusCode"] == status
        assert "answer" in json.loads(answer["body"])["detail"]
    assert log in caplog.text


def test_a_model_may_raise_a_problem_of_any_status() -> None:
    def predict(points: Any) -> Any:
        raise Problem(422, "Nothing is known about this.")

    answer = ask(Handler(replace(PLAIN, predict=predict)), x="1")
    assert (answer["statusCode"], json.loads(answer["body"])) == (
        422,
        {"status": 422, "detail": "Nothing is known about this."},
    )


@pytest.mark.parametrize(
    ("changes", "sent", "expected"),
    [
        ({"required": True}, "", "note is missing. It must be text of at most 1000 characters."),
        ({}, "", None),  # an empty text is an absent one
        ({"default": "none"}, "", "none"),
        ({"required": True, "may_be_empty": True}, "", ""),
        ({"required": True}, " ", " "),
    ],
)
def test_an_empty_text_is_absent_unless_it_may_be_empty(
    changes: dict[str, Any], sent: str, expected: str | None
) -> None:
    note = Parameter("note", "", "string", **changes)
    for read in (note.parse, note.check_or_missing):
        try:
            assert read(sent) == expected
        except Problem as problem:
            assert problem.detail == expected

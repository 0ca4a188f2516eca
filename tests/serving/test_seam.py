"""The pattern serves any Model, does not know the example, and works without optional parts."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from serving import batch, explain, html, metrics, openapi, outside
from serving.formats import Format, as_text
from serving.handler import Handler
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.serving.flowers import FLOWER, ask, post
from tests.serving.flowers import MODEL as FLOWERS
from tests.serving.test_explain import DIABETES, NUMBER, query

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "model"
WORDS = r"(?<!no-)\b(stores?|chipotle|nearest|lat|latitude|long|longitude|address|distance(_m)?)\b"
SEND = """
import sys
sys.path[:0] = [{task!r}, {root!r}]
from tests.engines import in_process
from tests.contract.request_table import ROWS
for row in ROWS: row.check(in_process(row))
import bulk
"""
OPTIONAL = ("batch", "metrics", "openapi", "html", "explain", "outside")


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
    script = SEND.format(task=str(task), root=str(ROOT))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=task)
    assert done.returncode == 0, done.stderr


def test_optional_parts_work_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    parts = (metrics, batch, openapi, html, explain, outside)
    answers = []
    for order in (parts, parts[::-1], parts[3:] + parts[:3]):
        handler = Handler(NUMBER.model, *order)
        page = ask(handler, **query(DIABETES.iloc[0], format="html", explain="true"))
        many = post(handler, points=DIABETES.to_numpy().tolist()[:3], explain=True)
        described = ask(handler, "/openapi.json")
        answers.append([page["body"], json.loads(many["body"]), json.loads(described["body"])])
    assert answers[0] == answers[1] == answers[2]


def test_the_pattern_knows_nothing_of_the_example() -> None:
    for file in (MODEL / "deployment" / "serving").glob("*.py"):
        assert not re.findall(WORDS, file.read_text(), re.IGNORECASE), file
        assert not re.findall(r"(?:import|from) (predictor|training)", file.read_text())


def test_without_batches_post_is_rejected_and_undocumented() -> None:
    handler = Handler(FLOWERS, openapi)
    refusal = post(handler, points=[[1, 1, 1, 1]])
    assert (refusal["statusCode"], refusal["headers"]["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert json.loads(ask(handler, "/openapi.json")["body"])["paths"]["/"].keys() == {"get"}


@pytest.mark.parametrize("started", ["snap-start", "on-demand"])
def test_the_example_is_answered_in_every_format_before_a_snapshot(
    started: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written: list[str] = []

    def note(name: str) -> Format:
        return as_text(lambda *_: written.append(name) or "")  # type: ignore[func-returns-value]

    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", started)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    part = SimpleNamespace(add_to=lambda handler: handler.formats.update(c=note("c")))
    formats = {name: note(name) for name in ("a", "b")}
    handler = Handler(replace(FLOWERS, formats=formats), metrics, part)
    assert written == (["a", "b", "c"] if started == "snap-start" else [])
    assert capsys.readouterr().out == ""  # it was not a request
    ask(handler, **FLOWER)
    assert json.loads(capsys.readouterr().out)["cold_start"] == 1


X = Parameter("x", "", "number")
PLAIN = Model({"version": "1"}, (X,), {"y": "number"}, lambda points: [[] for _ in points])
GEO = Format("application/geo+json", lambda *_: "", needs=("where",))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"about": {}}, "version.* is missing"),
        ({"about": {"version": "1", "rows": np.int64(1)}}, "cannot be written as JSON"),
        ({"inputs": ()}, "no inputs"),
        ({"options": PLAIN.inputs}, "two parameters have the same name"),
        ({"inputs": (Parameter("format", "", "number"),)}, "'format' is reserved"),
        ({"options": (Parameter("points", "", "number"),)}, "'points' is reserved"),
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
    ("returned", "status", "log"),
    [
        ([[], []], 500, "predict must return a list of results for each of 1 points"),
        (None, 500, "predict must return a list of results"),
        ([{"y": 1.0}], 500, "predict must return a list of results"),
        ([["y"]], 500, "a result is 'y', not a dict of y"),
        ([[{}]], 500, "a result is {}, not a dict of y"),
        ([[{"y": 1.0, 2: 1}]], 500, "a result is {'y': 1.0, 2: 1}, not a dict of y"),
        ([[{"y": "one"}]], 500, "a result has 'one', a str, which is not a number"),
        ([[{"y": True}]], 500, "a result has True, a bool, which is not a number"),
        ([[{"y": float("inf")}]], 400, ""),
        ([[{"y": np.float32("nan")}]], 400, ""),
        ([[{"y": None}]], 200, ""),
        ([[{"y": np.float32(0.5)}]], 200, ""),  # numpy's scalars are served
        (Problem(422, "This model has no answer for x."), 422, ""),
    ],
)
def test_what_a_model_returns_or_raises_is_checked(
    returned: Any, status: int, log: str, caplog: pytest.LogCaptureFixture
) -> None:
    def predict(points: Any) -> Any:
        if isinstance(returned, Problem):  # of any status
            raise returned
        return returned

    handler = Handler(replace(PLAIN, predict=predict), batch)
    for answer in (ask(handler, x="1"), post(handler, points=[[1]])):
        assert answer["statusCode"] == status
        assert status == 200 or "answer" in json.loads(answer["body"])["detail"]
    assert log in caplog.text

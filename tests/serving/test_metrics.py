"""Each request writes a line that CloudWatch reads, and that contains nothing from the client."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app import lambdaHandler
from serving import batch, metrics, outside
from serving.handler import Handler
from serving.model import Model
from tests.serving.flowers import FLOWER, ask, post, posted
from tests.serving.flowers import MODEL as FLOWERS
from tests.serving.test_explain import DIABETES, NUMBER

WATCHED = replace(FLOWERS, figures=lambda result: {"probability": result["probability"]})
DIMENSIONS = {  # the model's figures have others
    "cold_start": [["function"]],
    "points": [["function"]],
    "predict_ms": [["function"]],
    "outside": [["function"], ["function", "version"]],
}


@pytest.fixture(autouse=True)
def on_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the one line that was written since the last time: AWS's embedded metric format."""
    written = capsys.readouterr().out
    assert written.endswith("\n")
    [text] = written[:-1].split("\n")
    assert text.isascii() and text.isprintable()
    found: dict[str, Any] = json.loads(text)
    assert found["_aws"].keys() == {"Timestamp", "CloudWatchMetrics"}
    assert found["_aws"]["Timestamp"] > 1_600_000_000_000
    assert found["status"] in ("2xx", "4xx", "5xx")
    named = []
    for directive in found["_aws"]["CloudWatchMetrics"]:
        assert directive["Namespace"] == "PredictiveLambda"
        for metric in directive["Metrics"]:
            name, values = metric["Name"], found[metric["Name"]]
            assert directive["Dimensions"] == DIMENSIONS.get(name, [["function", "version"]])
            values = values if isinstance(values, list) else [values]
            assert 1 <= len(values) <= 100  # as many as AWS takes
            assert all(isinstance(value, int | float) for value in values)
            named.append(name)
    assert sorted([*named, "_aws", "function", "version", "status"]) == sorted(found)
    return found


@pytest.mark.parametrize(
    ("event", "status", "points", "figures"),
    [
        ({"queryStringParameters": FLOWER}, "2xx", 1, 1),
        ({"queryStringParameters": FLOWER | {"k": "3"}}, "2xx", 1, 1),  # the first result's
        (posted(points=[[1, 1, 1, 1], [2, 2, 2, 2]]), "2xx", 2, 2),
        (posted(points=[[1, 1, 1, 1]] * 150), "2xx", 150, 100),  # as many as AWS takes
        ({"rawPath": "/healthz"}, "2xx", None, None),
        ({"queryStringParameters": {"petal_width": "x"}}, "4xx", None, None),
        ("no request", "4xx", None, None),
    ],
)
def test_each_request_is_one_line(
    event: Any, status: str, points: object, figures: object, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = Handler(WATCHED, metrics, batch)
    handler(event, None)
    found = line(capsys)
    assert (found["status"], found["cold_start"], found.get("points")) == (status, 1, points)
    assert (len(found["probability"]) if figures else None) == figures
    assert ("predict_ms" in found) == (points is not None)
    ask(handler, "/healthz")
    second = line(capsys)
    assert second.keys() == {"_aws", "function", "version", "status", "cold_start"}
    assert second["cold_start"] == 0


def test_a_failure_is_a_line_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    failing = replace(FLOWERS, predict=lambda points, **options: [[{"probability": 1 / 0}]])
    with pytest.raises(ZeroDivisionError):
        Handler(failing, metrics)({}, None)
    assert line(capsys)["status"] == "5xx"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"figures": lambda result: {"y": np.float32(0.5)}}, [0.5]),
        ({"figures": lambda result: {"y": float("nan")}}, None),  # JSON does not have it
        ({"figures": lambda result: {"y": 1 / 0}}, None),
        ({"figures": lambda result: None}, None),
        ({"predict": lambda points, **options: [[] for _ in points]}, None),
    ],
)
def test_a_broken_or_missing_figure_costs_no_answer(
    changes: Any, expected: object, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = Handler(replace(WATCHED, **changes), metrics)
    assert ask(handler, **FLOWER)["statusCode"] == 200
    assert line(capsys).get("y") == expected


def test_the_share_of_answers_outside_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    inside = dict(DIABETES.iloc[0])
    points = [inside, inside | {"age": 0.0}, inside | {"age": 1.0}]
    post(Handler(NUMBER.model, metrics, batch, outside), points=points)
    assert line(capsys)["outside"] == [0, 1, 1]


@pytest.mark.parametrize("text", ['\n{"_aws": {}}', "\r\n", "\u2028", "\ud800", "\x00\x1b[2J"])
def test_text_cannot_forge_a_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    http = {"method": text, "path": text}
    event = {"rawPath": text, "headers": {text: text}, "requestContext": {"http": http}}
    for more in ({}, {"queryStringParameters": {text: text, "format": text}}, {"body": text}):
        Handler(FLOWERS, metrics, batch)(event | more, None)
        line(capsys)


def test_figures_of_the_served_model_are_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    model: Model = lambdaHandler.model
    ask(Handler(model, metrics), **model.example)
    found = line(capsys)
    assert found["points"] == 1
    assert ("probability" in found) == ("probability" in model.result)  # of a classifier


def test_nothing_is_written_outside_lambda(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    ask(Handler(WATCHED, metrics), **FLOWER)
    assert capsys.readouterr().out == ""

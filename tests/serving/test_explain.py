"""Explanations and inputs outside the training data, checked against values computed by hand."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from serving import batch, explain, html, metrics, openapi, outside
from serving.handler import Handler
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.serving.flowers import ask, post

DIABETES = load_diabetes(as_frame=True, scaled=False).data
LINEAR = LinearRegression().fit(DIABETES.to_numpy(), load_diabetes().target)
IRIS = load_iris(as_frame=True).data
FOREST = RandomForestClassifier(10, random_state=0).fit(IRIS.to_numpy(), load_iris().target)


def inputs(table: Any) -> tuple[Parameter, ...]:
    low, high, median = table.min(), table.max(), table.median()
    return tuple(
        Parameter(name, "", "number", low=low[name], high=high[name], typical=median[name])
        for name in table
    )


def regression(points: Sequence[Sequence[float]]) -> list[list[dict[str, float]]]:
    return [[{"progression": value}] for value in LINEAR.predict(points).tolist()]


def species(points: Sequence[Sequence[float]], k: int) -> list[list[dict[str, Any]]]:
    return [
        [{"species": str(i), "probability": float(row[i])} for i in np.argsort(-row)[:k]]
        for row in FOREST.predict_proba(points)
    ]


PARTS = (batch, openapi, html, explain, outside)
NUMBER = Handler(
    Model({"version": "1"}, inputs(DIABETES), {"progression": "number"}, regression), *PARTS
)
CLASSES = Handler(
    Model(
        {"version": "1"},
        inputs(IRIS),
        {"species": "string", "probability": "number"},
        species,
        options=(Parameter("k", "", "integer", minimum=1, maximum=3, default=1),),
        count="k",
    ),
    *PARTS,
)


def query(point: Any, **more: str) -> dict[str, str]:
    return {name: repr(float(value)) for name, value in point.items()} | {"format": "json"} | more


@pytest.mark.parametrize("row", [0, 7, 300])
def test_the_changes_of_a_linear_model_are_its_coefficients_times_the_difference(row: int) -> None:
    point, typical = DIABETES.iloc[row], DIABETES.median()
    answer = json.loads(ask(NUMBER, **query(point, explain="true"))["body"])
    by_hand = {
        name: coefficient * (typical[name] - point[name])
        for name, coefficient in zip(DIABETES, LINEAR.coef_, strict=True)
    }
    assert {c["input"]: c["change"] for c in answer["why"]} == pytest.approx(by_hand)
    sizes = [abs(change["change"]) for change in answer["why"]]
    assert sizes == sorted(sizes, reverse=True)
    assert all(c["value"] == point[c["input"]] for c in answer["why"])
    assert all(c["typical"] == typical[c["input"]] for c in answer["why"])


@pytest.mark.parametrize("row", [0, 70, 106])
def test_the_changes_of_a_forest_are_those_of_the_predicted_class(row: int) -> None:
    point = IRIS.iloc[row]
    answer = json.loads(ask(CLASSES, **query(point, explain="true"))["body"])
    predicted = int(answer["predictions"][0]["species"])
    [before] = FOREST.predict_proba([point.to_numpy()])
    for change in answer["why"]:
        changed = point.copy()
        changed[change["input"]] = IRIS.median()[change["input"]]
        [after] = FOREST.predict_proba([changed.to_numpy()])
        assert change["change"] == after[predicted] - before[predicted]


def test_nothing_is_explained_unless_it_is_asked_for() -> None:
    point = query(IRIS.iloc[0])
    assert json.loads(ask(CLASSES, **point)["body"]).keys() == {"query", "predictions", "model"}
    assert "why" not in json.loads(ask(CLASSES, **point, explain="false")["body"])
    assert ask(CLASSES, **point, explain="maybe")["statusCode"] == 400


def test_an_explanation_is_one_batch_with_a_variant_for_each_input() -> None:
    sizes: list[int] = []

    def counting(points: Sequence[Sequence[float]]) -> list[list[dict[str, float]]]:
        sizes.append(len(points))
        return regression(points)

    model = Model({"version": "1"}, inputs(DIABETES), {"progression": "number"}, counting)
    ask(Handler(model, explain), **query(DIABETES.iloc[0], explain="true"))
    assert sizes == [1, len(DIABETES.columns) + 1]


def test_a_batch_explains_each_point_up_to_a_limit() -> None:
    points = IRIS.to_numpy().tolist()
    answer = json.loads(post(CLASSES, points=points, explain=True)["body"])
    alone = json.loads(ask(CLASSES, **query(IRIS.iloc[149], explain="true"))["body"])
    assert [len(why) for why in answer["why"]] == [4] * 150
    assert answer["why"][149] == alone["why"]
    many = DIABETES.to_numpy().tolist() * 3
    rejected = post(NUMBER, points=[[*p[:9], p[9] + i / 1e6] for i, p in enumerate(many[:1000])],
                   explain=True)  # fmt: skip
    assert rejected["statusCode"] == 413
    assert "At most 909 points can be explained at once." in rejected["body"]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, []),
        ({"age": 19, "bmi": 18}, []),  # the lowest values in training
        ({"age": 18.9}, ["age"]),
        ({"age": 79.1, "bp": 0}, ["age", "bp"]),
        ({"age": -1e300}, ["age"]),
    ],
)
def test_inputs_beyond_the_training_data_are_named_but_not_rejected(
    changes: dict[str, float], names: list[str]
) -> None:
    point = dict(DIABETES.iloc[0]) | changes
    answer = json.loads(ask(NUMBER, **query(point))["body"])
    assert answer.get("outside", []) == names
    many = json.loads(post(NUMBER, points=[point, dict(DIABETES.iloc[1])])["body"])
    assert many.get("outside", [[], []]) == [names, []]
    assert (
        "Outside the training data: " in ask(NUMBER, **query(point, format="html"))["body"]
    ) is (names != [])


def test_whole_numbers_are_classes_and_a_rejected_variant_is_left_out() -> None:
    def above(points: Sequence[Sequence[float]]) -> list[list[dict[str, int]]]:
        if any(a > b for a, b in points):
            raise Problem(400, "The first is greater.")
        return [[{"class": 10 * int(b > 5)}] for _, b in points]

    pair = tuple(
        Parameter(name, "", "number", typical=typical) for name, typical in (("a", 1), ("b", 2))
    )
    handler = Handler(Model({"version": "1"}, pair, {"class": "integer"}, above), batch, explain)
    many = json.loads(post(handler, points=[[0, 9], [3, 4]], explain=True)["body"])
    changes = [{c["input"]: c["change"] for c in why} for why in many["why"]]
    assert changes == [{"b": -1, "a": 0}, {"a": 0}]  # another class; b = 2 is less than a = 3


def test_the_page_shows_the_changes_and_the_description_has_the_option() -> None:
    body = ask(CLASSES, **query(IRIS.iloc[0], explain="true", format="html"))["body"]
    assert body.count("<progress") == 4
    assert 'name="explain"' in body
    document = json.loads(ask(CLASSES, "/openapi.json")["body"])["paths"]["/"]
    assert "explain" in [p["name"] for p in document["get"]["parameters"]]
    body = document["post"]["requestBody"]["content"]["application/json"]
    assert "explain" in body["schema"]["properties"]


def test_a_model_without_facts_on_its_training_data_has_neither() -> None:
    model = Model({"version": "1"}, (Parameter("x", "", "number"),), {"y": "number"},
                  lambda points: [[{"y": 1.0}] for _ in points])  # fmt: skip
    handler = Handler(model, *PARTS)
    assert [p.name for p in handler.parameters] == ["x", "format"]
    assert json.loads(ask(handler, x="1")["body"]).keys() == {"query", "predictions", "model"}


def test_the_share_of_answers_outside_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    handler = Handler(NUMBER.model, metrics, batch, outside)
    inside = dict(DIABETES.iloc[0])
    post(handler, points=[inside, inside | {"age": 0}, inside | {"age": 1}])
    line = json.loads(capsys.readouterr().out)
    assert line["outside"] == [0, 1, 1]
    dimensions = [
        d["Dimensions"] for d in line["_aws"]["CloudWatchMetrics"]
        if {"Name": "outside"} in d["Metrics"]
    ]  # fmt: skip
    assert dimensions == [[["function"], ["function", "version"]]]
    assert "age" not in json.dumps(line)  # nothing that a client sent

"""Explanations and inputs outside the training data, checked against values computed by hand."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from jsonschema import validate
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression

from serving import batch, explain, html, openapi, outside
from serving.handler import Handler
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.serving.flowers import FLOWER, ask, classifier, iris, post
from tests.serving.flowers import MODEL as FLOWERS

DIABETES = load_diabetes(as_frame=True, scaled=False).data
LINEAR = LinearRegression().fit(DIABETES.to_numpy(), 1e4 * load_diabetes().target)
BATCHES: list[int] = []  # sizes of those that `regression` answered
IRIS = pd.DataFrame(iris.data, columns=[*FLOWER])


def facts(table: Any) -> tuple[Parameter, ...]:
    """Return the columns as inputs that describe the training data."""
    low, high, median = table.min(), table.max(), table.median()
    return tuple(
        Parameter(name, "", "number", low=low[name], high=high[name], typical=median[name])
        for name in table
    )


def regression(points: Sequence[Sequence[float]]) -> list[list[dict[str, float]]]:
    BATCHES.append(len(points))
    return [[{"progression": value}] for value in LINEAR.predict(points).tolist()]


PARTS = (batch, openapi, html, explain, outside)
NUMBER = Handler(
    Model({"version": "1"}, facts(DIABETES), {"progression": "number"}, regression), *PARTS
)
CLASSES = Handler(replace(FLOWERS, inputs=facts(IRIS)), *PARTS)


def query(point: Any, **more: str) -> dict[str, str]:
    return {name: repr(float(value)) for name, value in point.items()} | {"format": "json"} | more


@pytest.mark.parametrize("row", [0, 7, 300])
def test_the_changes_of_a_linear_model_are_its_coefficients_times_the_difference(row: int) -> None:
    point, typical = DIABETES.iloc[row], DIABETES.median()
    why = json.loads(ask(NUMBER, **query(point, explain="true"))["body"])["why"]
    assert BATCHES[-2:] == [1, 1 + len(DIABETES.columns)]  # the point and its variants
    by_hand = dict(zip(DIABETES, LINEAR.coef_ * (typical - point), strict=True))
    assert {c["input"]: c["change"] for c in why} == pytest.approx(by_hand)
    assert {c["input"]: (c["value"], c["typical"]) for c in why} == {
        name: (point[name], typical[name]) for name in DIABETES
    }
    sizes = [abs(change["change"]) for change in why]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("row", [0, 70, 106])
def test_the_changes_of_a_forest_are_those_of_the_predicted_class(row: int) -> None:
    point = IRIS.iloc[row]
    answer = json.loads(ask(CLASSES, **query(point, explain="true"))["body"])
    predicted = [*iris.target_names].index(answer["predictions"][0]["species"])
    [before] = classifier.predict_proba([point.to_numpy()])
    for change in answer["why"]:
        changed = point.copy()
        changed[change["input"]] = IRIS.median()[change["input"]]
        [after] = classifier.predict_proba([changed.to_numpy()])
        assert change["change"] == after[predicted] - before[predicted]


def test_a_batch_explains_each_point_up_to_a_limit() -> None:
    points = IRIS.to_numpy().tolist()
    answer = json.loads(post(CLASSES, points=points, explain=True)["body"])
    alone = json.loads(ask(CLASSES, **query(IRIS.iloc[149], explain="true"))["body"])
    assert [len(why) for why in answer["why"]] == [4] * 150
    assert answer["why"][149] == alone["why"]
    page = ask(NUMBER, **query(DIABETES.iloc[0], explain="true", format="html"))["body"]
    assert page.count("<progress") == 10 and "e+0" not in page  # large numbers are written out
    rejected = post(NUMBER, points=DIABETES.to_numpy().tolist()[:1] * 910, explain=True)
    assert rejected["statusCode"] == 413
    assert "At most 909 points can be explained at once." in rejected["body"]
    k = Parameter("k", "", "integer", minimum=1, maximum=1000, default=1)
    of_many = replace(FLOWERS, inputs=facts(IRIS), options=(k,), count="k")
    rejected = post(Handler(of_many, *PARTS), points=points[:21], explain=True)
    assert "At most 20 points can be explained at once." in rejected["body"]


def above(points: Sequence[Sequence[float]]) -> list[list[dict[str, int]]]:
    if any(a > b for a, b in points):
        raise Problem(400, "The first is greater.")
    return [[{"y": 10 * int(b > 5)}] for _, b in points]


@pytest.mark.parametrize(
    ("predict", "result", "point", "changes"),
    [
        (lambda points: [[{"y": 1}], [{}], [{}]][: len(points)], "number", [0, 9], None),  # 500
        (above, "integer", [0, 9], {"b": -1, "a": 0}),  # whole numbers are classes
        (above, "integer", [3, 4], {"a": 0}),  # b = 2 is less than a = 3: rejected and left out
        (lambda points: [[{"y": None}] for _ in points], "number", [0, 9], {}),
        (lambda points: [[] for _ in points], "number", [0, 9], {"a": 0, "b": 0}),
    ],
)
def test_variants_that_are_classes_rejected_missing_or_broken(
    predict: Any, result: str, point: list[float], changes: dict[str, float] | None
) -> None:
    inputs = (Parameter("a", "", "number", typical=1), Parameter("b", "", "number", typical=2))
    handler = Handler(Model({"version": "1"}, inputs, {"y": result}, predict), *PARTS)
    answered = post(handler, points=[point], explain=True)
    assert answered["statusCode"] == (500 if changes is None else 200)
    [why] = json.loads(answered["body"]).get("why", [[]])
    assert {change["input"]: change["change"] for change in why} == (changes or {})


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
    assert "why" not in answer  # unless it is asked for
    many = json.loads(post(NUMBER, points=[point, dict(DIABETES.iloc[1])])["body"])
    assert many.get("outside", [[], []]) == [names, []]
    page = ask(NUMBER, **query(point, format="html"))["body"]
    assert ("Outside the training data: " in page) is (names != [])


def test_openapi_describes_what_each_part_adds() -> None:
    root = json.loads(ask(NUMBER, "/openapi.json")["body"])["paths"]["/"]
    point = dict(DIABETES.iloc[0]) | {"age": 0.0}
    one = ask(NUMBER, **query(point, explain="true"))
    many = post(NUMBER, points=[point], explain=True)
    for method, answer in (("get", one), ("post", many)):
        schema = root[method]["responses"]["200"]["content"]["application/json"]["schema"]
        validate(json.loads(answer["body"]), schema)
        assert {"why", "outside"} <= schema["properties"].keys()
    assert "explain" in [parameter["name"] for parameter in root["get"]["parameters"]]
    asked = root["post"]["requestBody"]["content"]["application/json"]["schema"]
    validate({"points": [point | {"age": None}], "explain": True}, asked)
    without_facts = replace(NUMBER.model, inputs=(Parameter("x", "", "number", required=True),))
    description = ask(Handler(without_facts, *PARTS), "/openapi.json")["body"]
    assert '"in": "query", "required": true' in description
    assert "outside" not in description and "explain" not in description

"""Rows of a file get the same explanations as single requests."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from bulk import score
from bulk.explained import explained
from tests.serving.flowers import ask
from tests.serving.test_explain import CLASSES, IRIS, query

MODEL = CLASSES.model


@pytest.mark.parametrize("k", ["1", "2"])
def test_each_row_gets_the_explanation_of_a_single_request(k: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    IRIS.to_csv(source, index=False)
    model, options = explained(MODEL, {"explain": "true", "k": k})
    assert score(model, source, target, options).problems == 0
    with target.open() as file:
        first = list(csv.DictReader(file))[:: int(k)]
    for row in (0, 70, 149):
        answer = json.loads(ask(CLASSES, **query(IRIS.iloc[row], explain="true", k=k))["body"])
        assert json.loads(first[row]["predictions_why"]) == answer["why"]


@pytest.mark.parametrize("asked", [{}, {"explain": "false"}, {"explain": False}])
def test_nothing_is_explained_unless_it_is_asked_for(asked: dict[str, object]) -> None:
    assert explained(MODEL, asked) == (MODEL, {})


def test_a_models_own_option_of_that_name_stays_its_own() -> None:
    own = replace(MODEL, options=(replace(MODEL.options[0], name="explain"),), count="")
    assert explained(own, {"explain": "2"}) == (own, {"explain": "2"})

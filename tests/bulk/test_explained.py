"""Rows of a file get the same explanations as single requests."""

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bulk import score
from bulk.explained import explained
from serving.problems import Problem
from tests.serving.flowers import ask
from tests.serving.test_explain import CLASSES, IRIS, query

MODEL = CLASSES.model


@pytest.mark.parametrize("k", ["1", "2"])
def test_each_row_gets_the_explanation_of_a_single_request(k: str, tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    IRIS.to_csv(source, index=False)
    assert score(MODEL, source, target, {"explain": "true", "k": k}).problems == 0
    with target.open() as file:
        first = list(csv.DictReader(file))[:: int(k)]
    for row in (0, 70, 149):
        answer = json.loads(ask(CLASSES, **query(IRIS.iloc[row], explain="true", k=k))["body"])
        assert json.loads(first[row]["predictions_why"]) == answer["why"]


def test_nothing_is_explained_unless_the_option_of_that_name_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = replace(MODEL, options=(replace(MODEL.options[0], name="explain"),), count="")
    assert explained(own) == own
    [[result]] = explained(MODEL).predict([IRIS.iloc[0, :4].tolist()], k=1, explain=False)
    assert result["why"] == ""
    monkeypatch.setitem(sys.modules, "serving.explain", None)  # as if it were deleted
    with pytest.raises(Problem, match="'explain' is not an option"):
        score(MODEL, "in.csv", "out.csv", {"explain": "true"})

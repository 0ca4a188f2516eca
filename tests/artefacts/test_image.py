"""The packages and steps in the image decide which models can be served."""

import importlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import FunctionTransformer, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import artefacts
from artefacts import ModelError, image
from serving import tabular
from serving.problems import Problem
from tests.artefacts.test_pipelines import PASSENGERS, by

STEPS = '''
import numpy as np
from sklearn.tree import DecisionTreeClassifier


def ratio(table):
    return np.column_stack([table["age"] / table["class"]])


class Upright(DecisionTreeClassifier):
    """Predicts a column, as CatBoost does."""

    def predict(self, X):
        return super().predict(X)[:, np.newaxis]


class Eager(DecisionTreeClassifier):
    """Predicts True more often than it is the likeliest, by a hidden rule."""

    def predict(self, X):
        return self.predict_proba(X)[:, 1] > 0.4
'''


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The user's steps, in a folder that stands for the image's."""
    deployment = tmp_path / "model" / "deployment"
    shutil.copytree(image.DEPLOYMENT / "serving", deployment / "serving")
    (deployment / "steps.py").write_text(STEPS)
    monkeypatch.setattr(image, "DEPLOYMENT", deployment)
    monkeypatch.syspath_prepend(deployment)
    monkeypatch.delitem(sys.modules, "steps", raising=False)  # those of the model in the tree
    yield importlib.import_module("steps")
    del sys.modules["steps"]


def write(model: Any, table: pd.DataFrame, folder: Path) -> Any:
    """Return the served model."""
    model.fit(table.drop(columns="survived"), table["survived"])
    artefacts.write(model, name="any", table=table, target="survived", folder=folder)
    return tabular.model(folder)


def test_own_steps_are_served(steps: Any, tmp_path: Path) -> None:
    table = PASSENGERS.dropna()
    ratio = by((FunctionTransformer(steps.ratio), ["age", "class"]))
    served = write(ratio, table, tmp_path)
    assert served.predict.signature.takes == "table"
    ages = {"age": 30.0, "class": 2}
    found = served.predict([tuple(ages.get(entry.name) for entry in served.inputs)])
    inputs = table.drop(columns="survived").head(1).assign(**ages)
    assert found[0][0]["probability"] == ratio.predict_proba(inputs).max()


def test_classes_in_a_column_have_probabilities(steps: Any, tmp_path: Path) -> None:
    served = write(steps.Upright(), PASSENGERS[["class", "survived"]], tmp_path)
    [[first, second]] = served.predict([(1,)], k=2)
    assert first["probability"] >= second["probability"] == 1 - first["probability"]
    assert {first["survived"], second["survived"]} == {True, False}


@pytest.mark.filterwarnings("ignore:The `probability` parameter was deprecated")
def test_a_model_with_its_own_threshold_has_no_probabilities(tmp_path: Path) -> None:
    vectors = SVC(probability=True)
    for part in (FixedThresholdClassifier(DecisionTreeClassifier()), vectors):
        model = make_pipeline(part)
        assert write(model, PASSENGERS[["class", "survived"]], tmp_path).options == ()
    voting = VotingClassifier([("vectors", vectors)], voting="soft")  # for the likeliest class
    assert write(voting, PASSENGERS[["class", "survived"]], tmp_path).count == "k"


def test_a_hidden_threshold_is_found_by_rare_rows(steps: Any, tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.zeros(20_000), "survived": False})
    table.loc[:999] = 2, True  # the trial has the first of these, but not row 10,019
    table.loc[[10_019, 10_039], "x"] = 1
    table.loc[10_019, "survived"] = True  # and False for the other, so neither class is likelier
    served = write(steps.Eager(), table, tmp_path)
    assert served.options == () and "probability" not in served.result
    assert served.predict([(1,)]) == [[{"survived": True}]]


def test_a_frame_has_the_dtypes_and_categories_of_training(lock: Path, tmp_path: Path) -> None:
    lock.write_text(lock.read_text() + "pandas==3.1.1\npython-dateutil==2.9\nsix==1\n")
    table = PASSENGERS[["sex", "embarked", "survived"]].astype(
        {"sex": pd.CategoricalDtype(["male", "female", "other"]), "embarked": "category"}
    )
    model = make_pipeline(FunctionTransformer(pd.get_dummies), DecisionTreeClassifier())
    served = write(model, table, tmp_path)
    assert served.predict.signature.takes == "frame"
    found = [results[0]["survived"] for results in served.predict([("male", None), ("male", "Q")])]
    asked = pd.DataFrame({"sex": ["male"] * 2, "embarked": [None, "Q"]}).astype(
        {name: table[name].dtype for name in ("sex", "embarked")}
    )
    assert found == model.predict(asked).tolist()
    assert served.inputs[0].choices == ("male", "female")  # the training data has no other
    with pytest.raises(Problem, match=r"sex is 'x'\. The training data has the categories male, f"):
        served.predict([("x", "S")])


def test_an_output_that_is_set_for_all_pipelines_is_explained(tmp_path: Path) -> None:
    scaled = make_column_transformer((StandardScaler(), ["class"]))
    model = make_pipeline(StandardScaler(), scaled, DecisionTreeClassifier())
    message = r"does not call sklearn.set_config.*pipeline.set_output\(transform='pandas'\)"
    as_pandas = sklearn.config_context(transform_output="pandas")
    with as_pandas, pytest.raises(ModelError, match=message):
        write(model, PASSENGERS[["class", "survived"]], tmp_path)


@pytest.mark.parametrize("pins", [["1.8.0"], ["1.9.1", "1.9.2"]])
def test_other_versions_in_the_lock_are_reported(
    pins: list[str], lock: Path, tmp_path: Path, capsys: Any
) -> None:
    others = re.sub(r"(?m)^scikit-learn==.*\n", "", lock.read_text())
    lock.write_text("\n".join([*(f"scikit-learn=={version}" for version in pins), others]))
    write(LogisticRegression(), PASSENGERS[["class", "survived"]], tmp_path)
    said = f"This model needs scikit-learn {sklearn.__version__}, but model/requirements.txt has "
    assert f"{said}{' and '.join(pins)}. Before you deploy: make train" in capsys.readouterr().err


def test_no_part_starts_processes_where_it_is_served(tmp_path: Path, capsys: Any) -> None:
    bags = BaggingClassifier(RandomForestClassifier(2, n_jobs=2), 2, n_jobs=-1)
    served = write(by(("passthrough", ["class"]), model=bags, n_jobs=2), PASSENGERS, tmp_path)
    columns, bagging = [step for _, step in served.predict.estimator.steps]
    found = [columns, bagging, bagging.estimator, *bagging.estimators_]
    assert [part.n_jobs for part in found] == [None] * 5
    assert bags.n_jobs == -1
    assert "BaggingClassifier: the pickle has n_jobs=None instead of -1." in capsys.readouterr().err

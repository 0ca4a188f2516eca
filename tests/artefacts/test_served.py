"""A model is served as it predicts: in batches, in queries, in every format."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FunctionTransformer, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import artefacts
from serving import batch, html, openapi, tabular
from serving.asking import ask
from serving.handler import Handler
from serving.manifest import Input
from serving.problems import Problem
from tests.serving import flowers

IRIS = load_iris(as_frame=True).frame  # "sepal length (cm)"
DIABETES = load_diabetes(as_frame=True).frame
SIZES = np.arange(40) % 7
MIXED = pd.DataFrame(
    {
        "colour": np.resize(["red", "green", "blue", None], 40),
        "size": SIZES,
        "weight": np.where(SIZES == 3, np.nan, SIZES / 2),
        "fragile": SIZES % 2 == 0,
        "worn": np.resize([np.True_, False, None], 40),
        "kind": np.where(SIZES > 3, "big", "small"),
    }
)
TEXTS = pd.DataFrame(
    {
        "text": ["free money, now", "see you at noon", "win a prize", "the report, as asked"] * 5,
        "spam": [True, False, True, False] * 5,
    }
)
BLOBS = pd.DataFrame({"x": np.r_[0:5:0.1, 50:55:0.1], "y": np.r_[0:5:0.1, 50:55:0.1]})
OVERLAPPING = BLOBS.assign(a=BLOBS.x > 20, b=BLOBS.y < 20, c=BLOBS.y > 3)
HALF_EMPTY = {"colour": np.resize(["red", None], 40), "worn": np.resize([None, True], 40)}
INCOMPLETE = MIXED[["kind"]].assign(k=SIZES, **HALF_EMPTY)
ODD_NAMES = {"age": "points", "sex": "Größe in m²", "bmi": "a&b=c", "s1": "amp;q", "s2": "[]"}
PANDAS_TYPES = {"colour": "category", "size": "Int64", "weight": "Float64", "worn": "boolean"}
NEW = MIXED[["worn"]].assign(is_new=MIXED.worn.isna())
WIDE = IRIS.assign(wide=(IRIS["sepal width (cm)"] > 3).astype(int))
USERS = pd.DataFrame({"who": [f"user {i}" for i in range(300)], "c": np.arange(300) % 2})
ONE_HOT = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
FOREST = RandomForestClassifier(5, random_state=0)
TREE = DecisionTreeClassifier()
NEURAL = MLPClassifier((5,), max_iter=5000, random_state=0)


def by_number(*columns: int) -> Any:
    imputed = SimpleImputer(strategy="most_frequent")
    return make_pipeline(make_column_transformer((ONE_HOT, columns), remainder=imputed), FOREST)


# An unfitted model, its table, and its targets.
MODELS: dict[str, Any] = {
    "strings, numbers, booleans, missing values": (by_number(0, 3, 4), MIXED, "kind"),
    "a text": (make_pipeline(TfidfVectorizer(), LogisticRegression()), TEXTS, "spam"),
    "no complete row, and an input called k": (by_number(1, 2), INCOMPLETE, "kind"),
    "several classes as targets": (MultiOutputClassifier(TREE), WIDE, "target", "wide"),
}
MORE_MODELS: dict[str, Any] = {
    "odd names": (DecisionTreeRegressor(), DIABETES.rename(columns=ODD_NAMES), "target"),
    "classes that may overlap": (NEURAL, OVERLAPPING, "a", "b", "c"),
    "clusters": (KMeans(2, random_state=0, n_init=1), BLOBS),
    "outliers": (IsolationForest(n_estimators=5, random_state=0), BLOBS),
    "a choice of many strings": (make_pipeline(ONE_HOT, LogisticRegression()), USERS, "c"),
    "None as a category of its own": (make_pipeline(ONE_HOT, TREE), NEW, "is_new"),
    "pandas' own types": (by_number(0), MIXED.drop(columns="fragile").astype(PANDAS_TYPES), "kind"),
    "numbers as categories": (FOREST, MIXED[["size", "kind"]].astype("category"), "kind"),
    "single precision": (
        make_pipeline(FunctionTransformer(np.float32), KNeighborsClassifier()),
        IRIS,
        "target",
    ),
}


@pytest.mark.parametrize(
    "given",
    [
        *(pytest.param(given, id=rule) for rule, given in MODELS.items()),
        *(pytest.param(g, id=rule, marks=pytest.mark.proof) for rule, g in MORE_MODELS.items()),
    ],
)
def test_a_model_is_served_as_it_predicts(given: Any, tmp_path: Path) -> None:
    unfitted, table, *targets = given
    model, inputs = clone(unfitted), table.drop(columns=targets)
    learned = inputs["text"] if [*inputs] == ["text"] else inputs
    model.fit(learned, table[targets if len(targets) > 1 else targets[0]] if targets else None)
    artefacts.write(model, name="any", table=table, target=targets or None, folder=tmp_path)
    served = tabular.model(tmp_path)
    handler = Handler(served, batch, openapi, html)
    assert learned is inputs or not served.inputs[0].choices  # other texts may be asked
    expected = model.predict(learned).reshape(len(table), -1)
    points = [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in inputs.astype(object).to_dict("records")
    ]
    answered = flowers.post(handler, points=points[::7])
    assert answered["statusCode"] == 200, answered["body"]
    found = json.loads(answered["body"])["results"]
    names = targets or ["label"]
    compare([[results[0][name] for name in names] for results in found], expected[::7])
    assert served.figures(found[0][0]).keys() == {"probability"} & served.result.keys()
    for i in range(0, len(points), 35):  # one by one, in a query
        sent = {name: str(value) for name, value in points[i].items() if value is not None}
        for how in handler.format.choices:
            answer = flowers.ask(handler, **sent, format=how)
            assert answer["statusCode"] == 200, answer["body"]
            if how == "json":
                first, *_ = json.loads(answer["body"])["predictions"]
                compare([first[name] for name in names], expected[i])


def compare(found: Any, expected: np.ndarray) -> None:
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("text", "dtype", "known"),
    [
        ("2020-12-31", "datetime64[ns]", True),
        ("1600-01-01", "datetime64[ns]", False),  # 64 bits of nanoseconds would wrap around
        ("1600-01-01", "datetime64[us]", True),
        ("2020-12-31T00:00:00+01:00", "datetime64[us]", False),
        ("31/12/2020", "datetime64[us]", False),
    ],
)
def test_a_date_reaches_the_model_or_is_rejected(text: str, dtype: str, known: bool) -> None:
    inputs = [Input("when", type="string", dtype=dtype)]
    rejected = pytest.raises(Problem, match="which is not a valid date")
    with nullcontext() if known else rejected:
        assert ask("array", inputs, [np.array([text], object)]) == np.datetime64(text)


def test_an_array_of_booleans_stays_one() -> None:
    inputs = [Input("fragile", type="boolean", dtype="bool")]
    assert ask("array", inputs, [np.array([True], object)]).dtype == bool

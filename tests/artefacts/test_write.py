"""Any estimator is served as it predicts, or rejected during training with helpful advice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import DBSCAN, KMeans
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_iris, load_wine
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import IterativeImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import FunctionTransformer, make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import artefacts
from artefacts import ModelError
from predictive_lambda.local.event import make_event
from serving import batch, html, openapi, tabular
from serving.handler import Handler

IRIS = load_iris(as_frame=True).frame  # "sepal length (cm)"
WINE = load_wine(as_frame=True).frame  # "od280/od315_of_diluted_wines"
COLOURS = pd.DataFrame({"colour": ["red", "blue"], "x": [1.0, 2.0], "c": ["yes", "no"]})
DIABETES = load_diabetes(as_frame=True).frame
SIZES = np.arange(40) % 7
MIXED = pd.DataFrame(
    {
        "colour": np.resize(["red", "green", "blue", None], 40),
        "size": SIZES,
        "weight": np.where(SIZES == 3, np.nan, SIZES / 2),
        "fragile": SIZES % 2 == 0,
        "worn": np.resize([True, False, None], 40),
        "kind": np.where(SIZES > 3, "big", "small"),
    }
)
ONE_HOT = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
TEXTS = pd.DataFrame(
    {
        "text": ["free money, now", "see you at noon", "win a prize", "the report, as asked"] * 5,
        "spam": [True, False, True, False] * 5,
    }
)
TEXT = make_pipeline(TfidfVectorizer(), LogisticRegression())


def fitted(model: Any, table: pd.DataFrame, *targets: str) -> tuple[Any, pd.DataFrame, list[str]]:
    """Fit the model on the table as it is."""
    inputs = table.drop(columns=[*targets])
    y = table[targets[0]] if len(targets) == 1 else table[[*targets]]
    return model.fit(inputs, *([y] if targets else [])), table, [*targets]


def by_number(*columns: int, imputed: bool = True) -> Any:
    rest = SimpleImputer(strategy="most_frequent") if imputed else "passthrough"
    return make_column_transformer((ONE_HOT, [*columns]), remainder=rest)


Given = tuple[Any, pd.DataFrame, list[str]]
FOREST = RandomForestClassifier(5, random_state=0)
BLOBS = pd.DataFrame({"x": np.r_[0:5:0.1, 50:55:0.1], "y": np.r_[0:5:0.1, 50:55:0.1]})
# Each is fitted when its test runs.
SERVED: dict[str, Callable[[], Given]] = {
    "strings, numbers, booleans, missing values": lambda: fitted(
        make_pipeline(by_number(0, 3, 4), FOREST), MIXED, "kind"
    ),
    "a text": lambda: (TEXT.fit(TEXTS.text, TEXTS.spam), TEXTS, ["spam"]),
    "a text beside a number": lambda: fitted(
        make_pipeline(
            make_column_transformer((TfidfVectorizer(), 0), remainder="passthrough"),
            LogisticRegression(),
        ),
        TEXTS.assign(length=TEXTS.text.str.len())[["text", "length", "spam"]],
        "spam",
    ),
    "no complete row": lambda: fitted(
        make_pipeline(by_number(0, 2), FOREST),
        MIXED[["colour", "size", "worn", "kind"]].assign(
            colour=np.resize(["red", None], 40), worn=np.resize([None, True], 40)
        ),
        "kind",
    ),
    "a threshold that is not the likeliest": lambda: fitted(
        FixedThresholdClassifier(LogisticRegression(), threshold=0.95, pos_label=True),
        DIABETES.assign(much=DIABETES.target > 150).drop(columns="target"),
        "much",
    ),
    "several classes as targets": lambda: fitted(
        MultiOutputClassifier(DecisionTreeClassifier()),
        IRIS.assign(wide=IRIS["sepal width (cm)"] > 3).astype({"wide": int}),
        "target",
        "wide",
    ),
}
SERVED_TOO: dict[str, Callable[[], Given]] = {
    "names with brackets and spaces": lambda: fitted(LinearSVC(), IRIS, "target"),
    "odd names": lambda: fitted(
        DecisionTreeRegressor(),
        DIABETES.rename(
            columns={
                "age": "points",
                "sex": "Größe in m²",
                "bmi": "a&b=c",
                "s1": "amp;q",
                "s2": "[]",
            }
        ),
        "target",
    ),
    "several numbers": lambda: fitted(LinearRegression(), DIABETES, "target", "bmi"),
    "classes that may overlap": lambda: fitted(
        MLPClassifier((5,), max_iter=5000, random_state=0),
        BLOBS.assign(a=BLOBS.x > 20, b=BLOBS.y < 20).astype({"a": int, "b": int}),
        "a",
        "b",
    ),
    "clusters": lambda: fitted(KMeans(2, random_state=0, n_init=1), BLOBS),
    "outliers": lambda: fitted(IsolationForest(n_estimators=5, random_state=0), BLOBS),
    "a hundred classes": lambda: fitted(
        DecisionTreeClassifier(), pd.DataFrame({"x": range(300), "c": np.arange(300) // 3}), "c"
    ),
    "a choice of many strings": lambda: fitted(
        make_pipeline(ONE_HOT, LogisticRegression()),
        pd.DataFrame({"who": [f"user {i}" for i in range(300)], "c": np.arange(300) % 2}),
        "c",
    ),
    "whole numbers that are categories": lambda: fitted(
        make_pipeline(by_number(0, 1), FOREST), MIXED[["size", "colour", "kind"]], "kind"
    ),
    "None as a category of its own": lambda: fitted(
        by_column(["worn"]), MIXED[["worn"]].assign(is_new=MIXED.worn.isna()), "is_new"
    ),
    "pandas' own types": lambda: fitted(
        make_pipeline(by_number(0, imputed=True), FOREST),
        MIXED[["colour", "size", "weight", "worn", "kind"]].astype(
            {"colour": "category", "size": "Int64", "weight": "Float64", "worn": "boolean"}
        ),
        "kind",
    ),
    "numbers as categories": lambda: fitted(
        FOREST, MIXED[["size", "kind"]].astype({"size": "category", "kind": "category"}), "kind"
    ),
    "trees that take missing values": lambda: fitted(
        HistGradientBoostingClassifier(max_iter=5), MIXED[["weight", "fragile", "kind"]], "kind"
    ),
    "single precision": lambda: fitted(
        make_pipeline(FunctionTransformer(np.float32), KNeighborsClassifier()), IRIS, "target"
    ),
}


@pytest.mark.parametrize(
    "given",
    [
        *(pytest.param(given, id=rule) for rule, given in SERVED.items()),
        *(
            pytest.param(given, id=rule, marks=pytest.mark.proof)
            for rule, given in SERVED_TOO.items()
        ),
    ],
)
def test_an_estimator_is_served_as_it_predicts(given: Callable[[], Given], tmp_path: Path) -> None:
    model, table, targets = given()
    artefacts.write(model, name="any", table=table, target=targets, folder=tmp_path)
    served = tabular.model(tmp_path)
    handler = Handler(served, batch, openapi, html)
    inputs = table.drop(columns=targets)
    takes = served.predict.signature.takes  # type: ignore[attr-defined]
    expected = model.predict(inputs.text if takes == "texts" else inputs)
    plain = expected.reshape(len(inputs), -1).tolist()
    points = [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in inputs.astype(object).to_dict("records")
    ]
    body = {"points": points[::7]}
    http = {"requestContext": {"http": {"method": "POST"}}}
    headers = {"content-type": "application/json"}
    answered = handler({**http, "headers": headers, "body": json.dumps(body)}, None)
    assert answered["statusCode"] == 200, answered["body"]
    found = json.loads(answered["body"])["results"]
    names = targets or ["label"]
    same = (
        np.testing.assert_allclose if expected.dtype.kind == "f" else np.testing.assert_array_equal
    )
    same([[results[0][name] for name in names] for results in found], plain[::7])
    watched = {"probability"} & served.result.keys()
    assert served.figures(found[0][0]).keys() == watched
    for i in range(0, len(points), 35):  # one by one, in a query
        sent = {n: json.dumps(v) if isinstance(v, bool) else v for n, v in points[i].items()}
        asked = {name: value for name, value in sent.items() if value is not None}
        for how in handler.format.choices:
            event = make_event("GET", "/?" + urlencode(asked | {"format": how}), [])
            answer = handler(event, None)
            assert answer["statusCode"] == 200, answer["body"]
            if how == "json":
                [first] = json.loads(answer["body"])["predictions"][:1]
                same([first[name] for name in names], plain[i])


class Own(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A class of the training's own script."""

    def fit(self, x: Any, y: Any) -> "Own":
        self.classes_ = np.unique(y)
        return self

    def predict(self, x: Any) -> Any:
        return np.full(len(x), self.classes_[0])


class Sparse(Own):
    def predict(self, x: Any) -> Any:
        return csr_matrix(np.ones((len(x), 1)))


class Raises(Own):
    def predict(self, x: Any) -> Any:
        raise RuntimeError("no answer today\nnor tomorrow")


class Nothing(Own):
    def predict(self, x: Any) -> Any:
        return np.full(len(x), np.nan)


def by_column(columns: Any) -> Any:
    return make_pipeline(make_column_transformer((ONE_HOT, columns)), DecisionTreeClassifier())


def forest_of_iris(table: pd.DataFrame, *targets: str) -> Given:
    """Give another table than the forest was fitted on."""
    return fitted(FOREST, IRIS, "target")[0], table, [*targets]


def with_names(**columns: Any) -> Given:
    table = pd.DataFrame(columns | {"c": [0, 1] * 10})
    return LogisticRegression(), table, ["c"]


COLUMNS = ["colour", "size", "kind"]
TEN = [*range(20)]
DATES = pd.date_range("2020", periods=20)
REJECTED: dict[str, tuple[Callable[[], Given], str]] = {
    "no predict": (
        lambda: fitted(DBSCAN(), BLOBS),
        "DBSCAN has no `predict` method. Use a model that has one: a pipeline that ends in a class",
    ),
    "not fitted": (lambda: (FOREST.__class__(), IRIS, ["target"]), "Call fit before write."),
    "a lambda": (
        lambda: fitted(
            make_pipeline(FunctionTransformer(lambda x: x), DecisionTreeClassifier()),
            IRIS,
            "target",
        ),
        "it cannot be pickled: .*Move your own functions and classes to model/deployment/steps.py",
    ),
    "a class of the training": (
        lambda: fitted(Own(), IRIS, "target"),
        "No module named 'tests'",
    ),
    "sparse answers": (
        lambda: fitted(Sparse(), IRIS, "target"),
        "predicts a csr_matrix. It must predict an array: fit it on dense targets.",
    ),
    "a model that raises": (
        lambda: fitted(Raises(), IRIS, "target"),
        "could not use this model: RuntimeError: no answer today. Fix training.py.",
    ),
    "chance": (
        lambda: fitted(
            make_pipeline(IterativeImputer(sample_posterior=True), DecisionTreeRegressor()),
            pd.DataFrame({"x": np.arange(200.0) % 7, "y": np.arange(200.0)}).assign(
                z=lambda table: table.y.where(table.y % 2 == 0)
            ),
            "y",
        ),
        "it predicts .* A prediction must depend only on its own row: not on chance",
    ),
    "probabilities that depend on integers beyond 2**53": (
        lambda: fitted(
            make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()),
            pd.DataFrame({"x": [2**53, 2**53 + 1] * 20, "y": ["a", "b", "b", "b"] * 10}),
            "y",
        ),
        "could not use this model",
    ),
    "answers that are not numbers": (
        lambda: fitted(Nothing(), IRIS, "target"),
        "predicts NaN or infinity for rows of the table.",
    ),
    "tables inside": (
        lambda: fitted(
            make_pipeline(
                StandardScaler().set_output(transform="pandas"), DecisionTreeClassifier()
            ),
            IRIS,
            "target",
        ),
        "Avoid pandas inside the pipeline, or add it to the function",
    ),
    "texts that are missing": (
        lambda: (
            TEXT.fit(TEXTS.text, TEXTS.spam),
            TEXTS.replace({"see you at noon": None}),
            ["spam"],
        ),
        "Fill in missing values in a pipeline",
    ),
    "an array": (
        lambda: (FOREST, IRIS.to_numpy(), ["target"]),
        "The table is a ndarray. It must be a pandas DataFrame.",
    ),
    "strings that are not encoded": (
        lambda: (
            FOREST.fit(IRIS.iloc[:, [0]].to_numpy(), IRIS.target),
            MIXED[["colour", "kind"]],
            ["kind"],
        ),
        "Encode strings in a pipeline",
    ),
    "missing values that are not filled in": (
        lambda: (
            LogisticRegression().fit([[0.0], [1.0]], [0, 1]),
            pd.DataFrame({"x": [1.0, np.nan], "c": [0, 1]}),
            ["c"],
        ),
        "Fill in missing values",
    ),
    "other columns than it was fitted on": (
        lambda: forest_of_iris(WINE, "target"),
        "also has alcohol, .* and lacks sepal length",
    ),
    "columns in another order": (
        lambda: forest_of_iris(IRIS[[*reversed(IRIS.columns)]], "target"),
        "it has them in another order. Name all targets",
    ),
    "a target not named": (
        lambda: forest_of_iris(IRIS),
        "it also has target. Name all targets in `target`",
    ),
    "columns encoded outside the pipeline": (
        lambda: (
            LogisticRegression().fit(pd.get_dummies(COLOURS[["colour"]]), COLOURS["c"]),
            COLOURS[["colour", "c"]],
            ["c"],
        ),
        "also has colour and lacks colour_blue, colour_red. Name all targets in `target`, and",
    ),
    "a target encoded outside": (
        lambda: (
            LogisticRegression().fit(COLOURS[["x"]], LabelEncoder().fit_transform(COLOURS["c"])),
            COLOURS[["x", "c"]],
            ["c"],
        ),
        "predicts 0, which c does not have; it has 'yes', for example. Fit it on the table",
    ),
    "one of two targets encoded outside": (
        lambda: (
            FOREST.fit(IRIS.iloc[:, :3], np.column_stack([IRIS.target, IRIS.target])),
            IRIS.iloc[:, :3].assign(a=IRIS.target, b=IRIS.target + 1),
            ["a", "b"],
        ),
        "The model predicts 0, which b does not have",
    ),
    "an unknown target": (
        lambda: forest_of_iris(IRIS, "species"),
        r"no column 'species'. Its columns are sepal length",
    ),
    "too few targets": (
        lambda: (
            fitted(LinearRegression(), IRIS, "target", "petal width (cm)")[0],
            IRIS.drop(columns="petal width (cm)"),
            ["target"],
        ),
        "predicts 2 values, but `target` names 1: target. Name all",
    ),
    "classes that are dates": (
        lambda: fitted(KNeighborsClassifier(1), pd.DataFrame({"x": TEN, "when": DATES}), "when"),
        "when is predicted as .*Convert it in the table.",
    ),
    "dates with a time zone": (
        lambda: with_names(when=DATES.tz_localize("UTC")),
        r"dates with a time zone. Make it UTC without a time zone: table\['when'\].dt.tz_convert",
    ),
    "strings and numbers in one column": (lambda: with_names(x=["a", 1] * 10), "x has int and str"),
    "only missing values": (lambda: with_names(x=[None] * 20), "The column x has nothing."),
    "a complex number": (lambda: with_names(x=np.ones(20) * 1j), "The column x has complex."),
    "an infinite number": (lambda: with_names(x=[np.inf, *range(19)]), "x has an infinite value."),
    "the name format": (lambda: with_names(format=TEN), "A column is called 'format'"),
    "numbers for names": (
        lambda: (LogisticRegression(), pd.DataFrame({0: TEN, "c": [0, 1] * 10}), ["c"]),
        "A column is called 0, which is not a valid input name. Rename it.",
    ),
    "two columns with the same name": (
        lambda: (FOREST, pd.DataFrame([[1, 2, 0]], columns=["x", "x", "c"]), ["c"]),
        "Two columns of the table have the same name. Rename one.",
    ),
    "a target called probability": (
        lambda: (FOREST, IRIS.rename(columns={"target": "probability"}), ["probability"]),
        "A target is called probability",
    ),
    "no rows": (lambda: (FOREST, IRIS.iloc[:0], ["target"]), "The table has no rows"),
    "no inputs": (lambda: (FOREST, IRIS[["target"]], ["target"]), "no columns besides the targets"),
}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"example": {"x": "wide"}},
            "The example cannot be served: x is 'wide', which is not a number",
        ),
        ({"example": {"c": 1}}, "The table has no input 'c'. Its inputs are x."),
        ({"units": {"c": "cm"}}, "The table has no input 'c'. Its inputs are x."),
        ({"about": {"title": 5}}, "the title is not text"),
        (
            {"about": {"when": DATES[0]}},
            "`about`, `example` or a name is invalid: Object of type Timestamp",
        ),
        ({"about": {"title": "\ud800"}}, "`about`, `example` or a name is invalid: .* surrogates"),
    ],
    ids=str,
)
def test_invalid_facts_are_explained(more: Any, message: str, tmp_path: Path) -> None:
    model, table, targets = with_names(x=TEN)
    model.fit(table.drop(columns=targets), table[targets[0]])
    with pytest.raises(ModelError, match=message):
        artefacts.write(model, name="any", table=table, target=targets, folder=tmp_path, **more)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("given", "message"), REJECTED.values(), ids=[*REJECTED])
def test_a_model_that_cannot_be_served_is_explained(
    given: Callable[[], Given], message: str, tmp_path: Path
) -> None:
    model, table, targets = given()
    with pytest.raises(ModelError, match=message) as rejected:
        artefacts.write(model, name="any", table=table, target=targets, folder=tmp_path)
    assert str(rejected.value).endswith(".") and "\n" not in str(rejected.value)
    assert not [*tmp_path.iterdir()]

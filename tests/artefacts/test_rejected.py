"""A model that cannot be served is rejected during training, with advice; nothing is written."""

from operator import methodcaller
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import DBSCAN
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FunctionTransformer, make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import artefacts
from artefacts import ModelError

IRIS = load_iris(as_frame=True).frame
COLOURS = pd.DataFrame({"colour": ["red", "blue"], "x": [1.0, 2.0], "c": ["yes", "no"]})
TEXTS = pd.DataFrame(
    {"text": ["win a prize", "see you at noon", None], "spam": [True, False, True]}
)
TEN = [*range(20)]
TREE = DecisionTreeClassifier()
ONE_HOT = make_pipeline(OneHotEncoder(), LogisticRegression())
INFINITE = TransformedTargetRegressor(func=np.negative, inverse_func=np.log, check_inverse=False)
DATES = pd.date_range("2020", periods=20)
NUMBERS = pd.DataFrame({"x": TEN, "c": [0, 1] * 10})
TWICE, UNSURE = NUMBERS[["x", "x", "c"]], NUMBERS.assign(probability=1.0)


class Own(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A class of the training's own script."""

    def fit(self, x: Any, y: Any) -> Any:
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


def fit(model: Any, table: pd.DataFrame, *targets: str) -> tuple[Any, pd.DataFrame, list[str]]:
    y = table[targets[0]] if len(targets) == 1 else table[[*targets]]
    return clone(model).fit(table.drop(columns=[*targets]), y), table, [*targets]


def iris(*steps: Any) -> tuple[Any, pd.DataFrame, list[str]]:
    return fit(make_pipeline(*steps), IRIS, "target")


FOREST = RandomForestClassifier(5, random_state=0).fit(IRIS.drop(columns="target"), IRIS.target)
TEXT = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS.text[:2], TEXTS.spam[:2])
LINE = LinearRegression().fit([[0.0], [1.0]], [0, 1])
NUMBER = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
CODES = LogisticRegression().fit(COLOURS[["x"]], LabelEncoder().fit_transform(COLOURS["c"]))
DUMMIES = LogisticRegression().fit(pd.get_dummies(COLOURS[["colour"]]), COLOURS["c"])
LARGE = pd.DataFrame({"x": [2**53, 2**53 + 1] * 20, "y": ["a", "b", "b", "b"] * 10})
MODELS: dict[str, tuple[tuple[Any, Any, list[str]], str]] = {
    "no predict": (
        (DBSCAN(), IRIS, ["target"]),
        "DBSCAN has no `predict` method. Use a model that has one: a pipeline that ends in a class",
    ),
    "not fitted": ((RandomForestClassifier(), IRIS, ["target"]), "Call fit before write."),
    "a lambda": (
        iris(FunctionTransformer(lambda x: x), TREE),
        "it cannot be pickled: .*Move your own functions and classes to model/deployment/steps.py",
    ),
    "a class of the training": (iris(Own()), "No module named 'tests'"),
    "sparse answers": (iris(Sparse()), "It must predict a value for each row, in a dense array."),
    "a column beside the texts": ((TEXT, TEXTS.assign(n=1), ["spam"]), "a single column of texts"),
    "a model that raises": (iris(Raises()), "RuntimeError: no answer today. Fix training.py"),
    "answers that are infinite": (iris(INFINITE), "predicts NaN or infinity for rows of the"),
    "tables inside": (
        iris(StandardScaler().set_output(transform="pandas"), TREE),
        "No module named 'pandas'. Avoid DataFrames",
    ),
    "integers in a column of objects": (
        fit(ONE_HOT, NUMBERS.astype({"x": object}), "c"),
        r"Convert columns of dtype object to numbers: table\[NAME\].astype\(float\)",
    ),
    "a method of a data frame": (
        fit(make_pipeline(FunctionTransformer(methodcaller("abs")), TREE), NUMBERS, "c"),
        "category dtypes in it, or .*: echo pandas >> model/requirements.in; make lock",
    ),
    "a method that looks at other rows, so pandas would not help": (
        fit(make_pipeline(FunctionTransformer(methodcaller("rank")), TREE), NUMBERS, "c"),
        "it predicts .* A prediction must depend only on its own row",
    ),
    "chance": (
        fit(DummyClassifier(strategy="uniform"), NUMBERS, "c"),
        "it predicts .* A prediction must depend only on its own row: not on chance",
    ),
    "categories that are integers beyond 2**53": (fit(ONE_HOT, LARGE, "y"), "could not use this"),
    "texts that are missing": ((TEXT, TEXTS, ["spam"]), r"missing texts, with table.fillna\(''\)"),
    "missing values that are not filled in": (
        (NUMBER, pd.DataFrame({"x": [1.0, np.nan], "c": [0, 1]}), ["c"]),
        "Fill in missing values in a pipeline",
    ),
    "strings": ((NUMBER, COLOURS[["colour", "c"]], ["c"]), "Encode strings in a pipeline, with"),
    "columns in another order": ((FOREST, IRIS.iloc[:, ::-1], ["target"]), "has them in another"),
    "a target not named": ((FOREST, IRIS, []), "it also has target. Name all targets in `target`"),
    "columns encoded outside the pipeline": (
        (DUMMIES, COLOURS[["colour", "c"]], ["c"]),
        "also has colour and lacks colour_blue, colour_red. Name all targets in `target`, drop",
    ),
    "a target encoded outside": (
        (CODES, COLOURS[["x", "c"]], ["c"]),
        "predicts ., which c does not have; it has 'yes', for example. Fit a classifier on the",
    ),
    "numbers for strings": ((LINE, COLOURS[["x", "c"]], ["c"]), "which c does not have; it has 'y"),
    "an unknown target": ((FOREST, IRIS, ["species"]), "no column 'species'. Its columns are sepa"),
    "too few targets": (
        (LinearRegression().fit(NUMBERS[["x"]], NUMBERS[["x", "c"]]), NUMBERS, ["c"]),
        "predicts 2 values, but `target` names 1: c. Name a column for each, and add those that",
    ),
    "classes that are dates": (
        fit(KNeighborsClassifier(1), pd.DataFrame({"x": TEN, "when": DATES}), "when"),
        "The column when has Timestamp values. Convert it to",
    ),
    "an array": ((FOREST, IRIS.to_numpy(), ["target"]), "The table is a ndarray. It must be"),
    "two columns of one name": ((FOREST, TWICE, ["c"]), "Two columns of the table have the same"),
    "a target called probability": ((FOREST, UNSURE, ["probability"]), "A target is called prob"),
    "no rows": ((FOREST, IRIS.iloc[:0], ["target"]), "The table has no rows"),
    "no inputs": ((FOREST, IRIS[["target"]], ["target"]), "no columns besides the targets"),
}
COLUMNS: list[tuple[dict[Any, Any], str]] = [
    ({"when": DATES.tz_localize("UTC")}, r"time zone: table\['when'\].dt.tz_convert\(None\)"),
    ({"x": ["a", 1] * 10}, "The column x has int values and str values. Convert it to num"),
    ({"x": [None] * 20}, "The column x has only missing values."),
    ({"x": pd.Series(TEN, dtype="Sparse[int]")}, r"Convert it: table\['x'\].sparse.to_dense()"),
    ({"x": pd.Categorical(DATES)}, r"Timestamp values.* datetimes: astype\('datetime64\[us\]'"),
    ({"x": pd.Series(DATES, dtype="timestamp[us][pyarrow]")}, "The column x has Timestamp values."),
    ({"x": [np.inf, *range(19)]}, "The column x has infinite or too large values"),
    ({"x": [10**309, *range(19)]}, "The column x has infinite or too large values"),
    ({"c": [[0]] * 20, "x": TEN}, "The column c has list values."),
    ({"format": TEN}, "A column is called 'format', which is not a valid input name. Rename it."),
    ({0: TEN}, "A column is called 0, which is not a valid input name. Rename it."),
]
FACTS: list[tuple[dict[str, Any], str]] = [
    ({"example": {"x": DATES[0]}}, "x is a value of type Timestamp, which is not a number"),
    ({"example": {"c": 1}}, "The table has no input 'c'. Its inputs are x."),
    ({"units": {"c": "cm"}}, "The table has no input 'c'. Its inputs are x."),
    ({"about": {"title": 5}}, "the title is not text"),
    ({"about": "iris"}, "`about`, `example` or a name is invalid: 'str' object"),
    ({"about": {"when": DATES[0]}}, "name is invalid: Object of type Timestamp"),
    ({"about": {"title": "\ud800"}}, "name is invalid: .* surrogates"),
    ({"name": "a/b"}, "'a/b' is not a valid name. Use letters, digits, _, - and ."),
]


def reject(message: str, folder: Path, model: Any, table: Any, target: Any, **more: Any) -> None:
    facts: dict[str, Any] = {"name": "any", "folder": folder} | more
    with pytest.raises(ModelError, match=message) as rejected:
        artefacts.write(model, table=table, target=target, **facts)
    assert str(rejected.value).endswith(".") and "\n" not in str(rejected.value)
    assert not [*folder.iterdir()]


@pytest.mark.parametrize(("given", "message"), MODELS.values(), ids=[*MODELS])
def test_a_model_is_rejected_with_advice(given: Any, message: str, tmp_path: Path) -> None:
    reject(message, tmp_path, *given)


@pytest.mark.parametrize(("columns", "message"), COLUMNS, ids=[message for _, message in COLUMNS])
def test_a_column_is_rejected_with_advice(columns: Any, message: str, tmp_path: Path) -> None:
    table = pd.DataFrame({"c": [0, 1] * 10} | columns)
    reject(message, tmp_path, LogisticRegression(), table, "c")


@pytest.mark.parametrize(("facts", "message"), FACTS, ids=[message for _, message in FACTS])
def test_invalid_facts_are_explained(facts: Any, message: str, tmp_path: Path) -> None:
    reject(message, tmp_path, *fit(LogisticRegression(), NUMBERS, "c"), **facts)

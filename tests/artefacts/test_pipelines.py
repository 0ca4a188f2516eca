"""Pipelines fitted on a DataFrame predict the same for a table without pandas."""

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import FunctionTransformer, make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from artefacts.signature import as_columns, describe
from serving.manifest import Signature
from serving.tabular import Tabular

NUMBER = np.arange(120)
RANDOM = np.random.default_rng(0)
AGE = np.where(NUMBER % 7 == 3, np.nan, RANDOM.normal(40, 12, 120).round(1))
PASSENGERS = pd.DataFrame(
    {
        "class": NUMBER % 3 + 1,
        "sex": np.resize(["male", "female", "male"], 120),
        "age": AGE,
        "fare paid (GBP)": RANDOM.lognormal(3, 1, 120).round(2),
        "embarked": np.resize(["S", "C", None, "Q", "S"], 120),
        "alone": NUMBER % 4 == 0,
        "note": np.resize(["late, with child", "no cabin", "cabin of two", "in a hurry"], 120),
        "insured": pd.array(NUMBER % 3 == 0, dtype="boolean"),
        "survived": (NUMBER * 7 % 11 + (NUMBER % 3 == 1) * 4) > 6,
    }
)
NUMBERS, WORDS = ["age", "fare paid (GBP)"], ["sex", "embarked"]
FILLED = make_pipeline(SimpleImputer(), StandardScaler())
ENCODED = OneHotEncoder(handle_unknown="ignore")
ONE_SCALED = make_column_transformer((FILLED, ["age"]), remainder="passthrough")
SCALED = make_column_transformer((FILLED, NUMBERS))
CODED = make_column_transformer((ENCODED, WORDS))
LOGISTIC = LogisticRegression(max_iter=1000)
FOREST = RandomForestClassifier(5, random_state=0)


def by(*selected: Any, model: Any = LOGISTIC, **options: Any) -> Any:
    return make_pipeline(make_column_transformer(*selected, **options), model)


# As in scikit-learn's tutorial on columns of mixed types.
FREQUENT = make_pipeline(SimpleImputer(strategy="most_frequent"), ENCODED)
LINEAR = by((FILLED, NUMBERS), (FREQUENT, WORDS))
TREES = by((FILLED, NUMBERS), (FREQUENT, WORDS), model=FOREST)

PIPELINES: dict[str, Any] = {
    "the tutorial's": LINEAR,
    "columns by position": by((ENCODED, [1]), (FILLED, [2, -5])),
    "columns by slices": by((FILLED, slice(2, 4)), (ENCODED, slice("class", "sex"))),
    "columns by a mask": by((FILLED, [False, False, True, True] + [False] * 4)),
    "columns by dtype": by(
        (FILLED, make_column_selector(dtype_include="number")),
        (ENCODED, make_column_selector(dtype_exclude="number")),
    ),
    "columns by pattern": by((FILLED, make_column_selector(pattern="age|fare"))),
    "no column": by((FILLED, []), (ENCODED, WORDS)),
    "a text as a series, beside numbers": by((TfidfVectorizer(), "note"), (FILLED, NUMBERS)),
    "two texts": by((CountVectorizer(), "note"), (CountVectorizer(analyzer="char"), "sex")),
    "a remainder that passes": by(
        (ENCODED, [*WORDS, "note"]), (FILLED, NUMBERS), remainder="passthrough", sparse_threshold=1
    ),
    "a remainder that is imputed": by(
        (ENCODED, [*WORDS, "note"]), remainder=SimpleImputer(add_indicator=True)
    ),
    "a ColumnTransformer in another": by((ONE_SCALED, NUMBERS), (ENCODED, WORDS)),
    "a union of features": make_pipeline(make_union(SCALED, CODED), LOGISTIC),
    "whole numbers and booleans as categories": by((ENCODED, ["class", "alone", "sex"])),
    "nullable booleans that are imputed": by((FREQUENT, ["insured"])),
    "a logarithm of a column": by(
        (FunctionTransformer(np.log1p), ["fare paid (GBP)"]), (ENCODED, WORDS)
    ),
    "boosting with categories by name": HistGradientBoostingClassifier(
        max_iter=5, categorical_features=[*WORDS, "note"]
    ),
    "calibrated": CalibratedClassifierCV(TREES, cv=2),
    "a search": GridSearchCV(LINEAR, {"logisticregression__C": [0.1, 1]}, cv=2),
    "a vote of pipelines": VotingClassifier([("a", LINEAR), ("b", TREES)], voting="soft"),
    "a stack of pipelines": StackingClassifier([("a", LINEAR), ("b", TREES)], cv=2),
    "a target that is transformed": TransformedTargetRegressor(
        by((FILLED, ["age"]), (ENCODED, WORDS), model=Ridge()), func=np.log1p, inverse_func=np.expm1
    ),
    "several targets": MultiOutputClassifier(TREES),
}
TARGETS: dict[str, Any] = {
    "a target that is transformed": "fare paid (GBP)",
    "several targets": ["survived", "class"],
}


class NoPandas:
    """An import finder that reports pandas as missing, as in the image."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", PIPELINES)
def test_predictions_equal_those_for_the_data_frame_bit_for_bit(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, target = clone(PIPELINES[name]), TARGETS.get(name, "survived")
    inputs = PASSENGERS.drop(columns=target)
    expected = model.fit(inputs, PASSENGERS[target]).predict(inputs)
    entries = tuple(describe(column) for _, column in inputs.items())
    columns = as_columns(entries, inputs)
    tabular = Tabular(model, Signature(entries, dict.fromkeys(np.ravel(target), ""), {}, "table"))
    monkeypatch.delitem(sys.modules, "pandas")
    monkeypatch.setattr(sys, "meta_path", [NoPandas, *sys.meta_path])
    found = tabular.predict_columns(columns)
    np.testing.assert_array_equal(np.hstack([*found.values()]), expected.reshape(120, -1))

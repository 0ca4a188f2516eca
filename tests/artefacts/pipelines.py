"""Pipelines as people fit them on a DataFrame: each selects its columns differently."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import (
    ColumnTransformer,
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
from sklearn.pipeline import FeatureUnion, FunctionTransformer, Pipeline, make_pipeline
from sklearn.preprocessing import (
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
)

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
        "survived": (NUMBER * 7 % 11 + (NUMBER % 3 == 1) * 4) > 6,
    }
)
NUMBERS, WORDS = ["age", "fare paid (GBP)"], ["sex", "embarked"]
FILLED = make_pipeline(SimpleImputer(), StandardScaler())
ENCODED = OneHotEncoder(handle_unknown="ignore")
LOGISTIC = LogisticRegression(max_iter=1000)
FOREST = RandomForestClassifier(5, random_state=0)


def tutorial(model: Any = LOGISTIC) -> Any:
    """Return the pipeline of scikit-learn's tutorial on columns of mixed types."""
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), ENCODED)
    columns = [("numbers", FILLED, NUMBERS), ("words", words, WORDS)]
    return Pipeline([("columns", ColumnTransformer(columns)), ("classifier", model)])


def by(*selected: Any, model: Any = LOGISTIC, **options: Any) -> Any:
    return make_pipeline(make_column_transformer(*selected, **options), model)


PIPELINES: dict[str, Any] = {
    "the tutorial's": tutorial(),
    "one column by name, as a table": by((FILLED, ["age"])),
    "columns by position": by((ENCODED, [1]), (FILLED, [2, -4])),
    "columns by slices": by((FILLED, slice(2, 4)), (ENCODED, slice("class", "sex"))),
    "columns by a mask": by((FILLED, [False, False, True, True, False, False, False])),
    "columns by dtype": by(
        (FILLED, make_column_selector(dtype_include="number")),
        (ENCODED, make_column_selector(dtype_exclude="number")),
    ),
    "columns by pattern": by((FILLED, make_column_selector(pattern="age|fare"))),
    "no column": by((FILLED, []), (ENCODED, WORDS)),
    "a text as a series, beside numbers": by((TfidfVectorizer(), "note"), (FILLED, NUMBERS)),
    "two texts": by((CountVectorizer(), "note"), (CountVectorizer(analyzer="char"), "sex")),
    "a remainder that passes": by(
        (ENCODED, [*WORDS, "note"]),
        ("passthrough", ["alone"]),
        remainder="passthrough",
        model=HistGradientBoostingClassifier(max_iter=5),
    ),
    "a remainder that is imputed": by(
        (ENCODED, [*WORDS, "note"]), remainder=SimpleImputer(add_indicator=True)
    ),
    "a ColumnTransformer in another": by(
        (
            make_pipeline(
                make_column_transformer((FILLED, ["age"]), remainder="passthrough"),
                RobustScaler(),
            ),
            NUMBERS,
        ),
        (ENCODED, WORDS),
    ),
    "a union of features": make_pipeline(
        FeatureUnion(
            [
                ("numbers", make_column_transformer((FILLED, NUMBERS))),
                ("words", make_column_transformer((ENCODED, WORDS))),
            ]
        ),
        LOGISTIC,
    ),
    "whole numbers and booleans as categories": by((ENCODED, ["class", "alone", "sex"])),
    "a logarithm of a column": by(
        (FunctionTransformer(np.log1p), ["fare paid (GBP)"]), (ENCODED, WORDS)
    ),
    "boosting with categories by name": make_pipeline(
        HistGradientBoostingClassifier(max_iter=5, categorical_features=["sex", "embarked"])
    ),
    "calibrated": CalibratedClassifierCV(tutorial(FOREST), cv=2),
    "a search": GridSearchCV(tutorial(), {"classifier__C": [0.1, 1]}, cv=2),
    "a vote of pipelines": VotingClassifier(
        [("a", tutorial()), ("b", tutorial(FOREST))], voting="soft"
    ),
    "a stack of pipelines": StackingClassifier([("a", tutorial()), ("b", tutorial(FOREST))], cv=2),
}


def given() -> dict[str, tuple[Any, pd.DataFrame, list[str]]]:
    """Return each unfitted pipeline with its table and its targets."""
    found = {}
    for name, model in PIPELINES.items():
        table = PASSENGERS.drop(columns="note") if "boosting" in name else PASSENGERS
        found[name] = (clone(model), table, ["survived"])
    ridge = by((FILLED, ["age"]), (ENCODED, WORDS), model=Ridge())
    transformed = TransformedTargetRegressor(ridge, func=np.log1p, inverse_func=np.expm1)
    found["a target that is transformed"] = (transformed, PASSENGERS, ["fare paid (GBP)"])
    several = MultiOutputClassifier(tutorial(FOREST))
    found["several targets"] = (several, PASSENGERS, ["survived", "class"])
    return found

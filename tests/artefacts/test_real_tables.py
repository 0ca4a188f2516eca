"""Models of real tables: `make score` gives their rows the model's own predictions."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC

import artefacts

EXAMPLES = Path(__file__).resolve().parents[2] / "model" / "examples"
WORDS = make_column_selector(dtype_exclude="number")
ENCODED = make_pipeline(
    SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
)
MIXED = make_column_transformer(
    (ENCODED, WORDS), remainder=make_pipeline(SimpleImputer(), StandardScaler())
)
LETTERS = make_column_transformer((TfidfVectorizer(analyzer="char_wb"), "text"))
# The table, its target, and the steps of a pipeline.
TABLES: dict[str, Any] = {
    "cancer": (
        lambda: datasets.load_breast_cancer(as_frame=True).frame,
        "target",
        (MIXED, LogisticRegression(max_iter=1000)),
    ),
    "diabetes": (
        lambda: datasets.load_diabetes(as_frame=True, scaled=False).frame,
        "target",
        (HistGradientBoostingRegressor(max_iter=20),),
    ),
    "digits": (
        lambda: datasets.load_digits(as_frame=True).frame,
        "target",
        (StandardScaler(), KNeighborsClassifier()),
    ),
    "iris": (lambda: datasets.load_iris(as_frame=True).frame, "target", (GaussianNB(),)),
    "linnerud": (
        lambda: datasets.load_linnerud(as_frame=True).frame,
        ["Weight", "Waist", "Pulse"],
        (StandardScaler(), RidgeCV()),
    ),
    "penguins": (
        lambda: pd.read_csv(EXAMPLES / "penguins" / "penguins.csv"),
        "species",
        (MIXED, RandomForestClassifier(20, random_state=0)),
    ),
    "sentences": (
        lambda: pd.read_csv(EXAMPLES / "languages" / "sentences.csv"),
        "language",
        (LETTERS, LogisticRegression(C=100)),
    ),
    "wine": (lambda: datasets.load_wine(as_frame=True).frame, "target", (MIXED, SVC())),
}


@pytest.mark.proof
@pytest.mark.parametrize("name", TABLES)
def test_its_own_rows_are_scored_as_the_model_predicts(name: str, tmp_path: Path) -> None:
    read, target, steps = TABLES[name]
    table, model = read(), make_pipeline(*steps)
    targets = [target] if isinstance(target, str) else target
    inputs = table.drop(columns=targets)
    model.fit(inputs, table[target])
    artefacts.write(model, name=name, table=table, target=target, folder=tmp_path)
    table.to_csv(tmp_path / "rows.csv", index=False)
    expected = model.predict(inputs).reshape(len(table), -1)
    found = scored(tmp_path)[[f"predictions_{name}" for name in targets]]
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(found.to_numpy(dtype=float), expected, rtol=1e-12)
    else:
        np.testing.assert_array_equal(found.to_numpy(dtype=object), expected)


def scored(folder: Path) -> pd.DataFrame:
    """Return the answers of `make score` for the rows, with the folder's model."""
    ignored = shutil.ignore_patterns("predictor", "__pycache__")
    shutil.copytree(EXAMPLES.parent / "deployment", folder, ignore=ignored, dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bulk", folder / "rows.csv", folder / "answers.csv"],
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return pd.read_csv(folder / "answers.csv")

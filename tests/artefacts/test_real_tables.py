"""Models of real tables: their rows are scored as the model itself predicts."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn import datasets
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import artefacts
import bulk
from artefacts import image
from serving import tabular
from tests.artefacts.test_pipelines import ENCODED, FILLED
from tests.artefacts.test_served import compare

EXAMPLES = image.MODEL / "examples"
MIXED = make_column_transformer(
    (ENCODED, make_column_selector(dtype_exclude="number")), remainder=FILLED
)
LETTERS = make_column_transformer((TfidfVectorizer(analyzer="char_wb"), "text"))
# By scikit-learn's or the example's name, the targets and the steps of a pipeline.
TABLES: dict[str, tuple[list[str], list[Any]]] = {
    "breast_cancer": (["target"], [MIXED, LogisticRegression(max_iter=1000)]),
    "diabetes": (["target"], [HistGradientBoostingRegressor(max_iter=20)]),
    "digits": (["target"], [StandardScaler(), KNeighborsClassifier()]),
    "iris": (["target"], [GaussianNB()]),
    "languages": (["language"], [LETTERS, LogisticRegression(C=100)]),
    "linnerud": (["Weight", "Waist", "Pulse"], [StandardScaler(), RidgeCV()]),
    "penguins": (["species"], [MIXED, RandomForestClassifier(20, random_state=0)]),
    "wine": (["target"], [MIXED, SVC()]),
}


def read(name: str) -> pd.DataFrame:
    for file in (EXAMPLES / name).glob("*.csv"):
        return pd.read_csv(file)
    return getattr(datasets, f"load_{name}")(as_frame=True).frame


@pytest.mark.proof
@pytest.mark.parametrize("name", TABLES)
def test_rows_are_scored_as_the_model_predicts(name: str, tmp_path: Path) -> None:
    table, (targets, steps) = read(name), TABLES[name]
    inputs, model = table.drop(columns=targets), make_pipeline(*steps)
    model.fit(inputs, table[targets].squeeze())
    artefacts.write(model, name=name, table=table, target=targets, folder=tmp_path)
    source, answers = tmp_path / "rows.csv", tmp_path / "answers.csv"
    table.to_csv(source, index=False)
    bulk.score(tabular.model(tmp_path), source, answers, {})
    found = pd.read_csv(answers)[[f"predictions_{name}" for name in targets]]
    compare(found.to_numpy(), model.predict(inputs).reshape(len(table), -1))

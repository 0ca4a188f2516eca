"""Write rows.csv, ten numbers and three categories, and train a model of each kind for it."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from xgboost import XGBClassifier

import artefacts

CATEGORIES = {"color": "red green blue white", "region": "n e s w mid far", "size": "a b c"}
COUNT, TRAINING = int(sys.argv[1]), 20_000
random = np.random.default_rng(0)
table = pd.DataFrame(random.normal(size=(COUNT, 10)).round(6)).add_prefix("x")
for name, values in CATEGORIES.items():
    table[name] = random.choice(values.split(), COUNT)
table.to_csv("rows.csv", index_label="id")

table = table.head(TRAINING)
is_high = table["x0"] + table["x1"] * (table["color"] == "red") > 0.3
table = table.assign(answer=np.where(is_high, 1, np.where(table["x2"] > 1, 2, 0)))
inputs, answer = table.drop(columns="answer"), table["answer"]
one_hot = make_column_transformer((OneHotEncoder(), [*CATEGORIES]), remainder=StandardScaler())
ordinal = make_column_transformer((OrdinalEncoder(), [*CATEGORIES]), remainder="passthrough")
models = {
    "linear": (one_hot, LogisticRegression(max_iter=1000)),
    "forest": (ordinal, RandomForestClassifier(min_samples_leaf=5, random_state=0)),
    "HGB": (ordinal, HistGradientBoostingClassifier(random_state=0)),
    "XGBoost": (ordinal, XGBClassifier(n_estimators=100, random_state=0)),
}
for kind, steps in models.items():
    Path(kind).mkdir()
    model = make_pipeline(*steps).fit(inputs, answer)
    artefacts.write(model, name="rows", table=table, target="answer", folder=Path(kind))

"""Train the model on penguins.csv; write penguins.pkl and penguins.json."""

from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import artefacts

table = pd.read_csv(Path(__file__).with_name("penguins.csv"))
categories = OneHotEncoder(handle_unknown="ignore")
model = make_pipeline(
    make_column_transformer((categories, ["island", "sex"]), remainder=SimpleImputer()),
    RandomForestClassifier(random_state=0),
)
model.fit(table.drop(columns="species"), table["species"])
version = artefacts.write(
    model,
    name="penguins",
    table=table,
    target="species",
    about={"title": "The species of a penguin"},
    units={"bill_length_mm": "mm", "bill_depth_mm": "mm", "flipper_length_mm": "mm"},
)
print(f"Trained on {len(table)} penguins: model {version[:12]}.")

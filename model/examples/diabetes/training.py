"""Train the model: scikit-learn's table of patients in, diabetes.pkl and diabetes.json out."""

from sklearn.datasets import load_diabetes
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import artefacts

table = load_diabetes(as_frame=True, scaled=False).frame
model = make_pipeline(StandardScaler(), RidgeCV())
model.fit(table.drop(columns="target"), table["target"])
artefacts.write(
    model, name="diabetes", table=table, target="target", about={"title": "Diabetes after a year"}
)

"""Train the model on scikit-learn's table of wines; write wines.pkl and wines.json.

First add the package: echo xgboost-cpu >> model/requirements.in; make lock
"""

from sklearn.datasets import load_wine
from sklearn.ensemble import VotingClassifier
from xgboost import XGBClassifier

import artefacts

wines = load_wine(as_frame=True)
table = wines.data.assign(cultivar=wines.target_names[wines.target])
# XGBoost only knows numbers as classes. A vote of one model keeps their names.
model = VotingClassifier([("boosting", XGBClassifier(n_estimators=50))], voting="soft")
model.fit(table.drop(columns="cultivar"), table["cultivar"])
artefacts.write(
    model, name="wines", table=table, target="cultivar", about={"title": "The cultivar of a wine"}
)

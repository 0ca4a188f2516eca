"""Score a csv with pandas, as a data scientist would."""

import sys

import joblib
import pandas as pd

pickle, source, target = sys.argv[1:]
model = joblib.load(pickle)
table = pd.read_csv(source)
probabilities = model.predict_proba(table[model.feature_names_in_])
table["answer"] = model.classes_[probabilities.argmax(axis=1)]
table["probability"] = probabilities.max(axis=1)
table.to_csv(target, index=False)

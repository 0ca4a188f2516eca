"""Score a csv with polars, as a data scientist would."""

import sys

import joblib
import polars as pl

pickle, source, target = sys.argv[1:]
model = joblib.load(pickle)
table = pl.read_csv(source)
probabilities = model.predict_proba(table.select([*model.feature_names_in_]))
table.with_columns(
    answer=pl.Series(model.classes_[probabilities.argmax(axis=1)]),
    probability=pl.Series(probabilities.max(axis=1)),
).write_csv(target)

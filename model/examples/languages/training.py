"""Train the model on sentences.csv; write languages.pkl and languages.json."""

from pathlib import Path

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import artefacts

table = pd.read_csv(Path(__file__).with_name("sentences.csv"))
letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3))
model = make_pipeline(letters, LogisticRegression(C=100))
model.fit(table["text"], table["language"])
artefacts.write(
    model,
    name="languages",
    table=table,
    target="language",
    about={"title": "The language of a sentence"},
)

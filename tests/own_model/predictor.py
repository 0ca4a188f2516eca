"""Another model, as the README tells how: measures of a flower in, its species out."""

from collections.abc import Sequence
from typing import Any

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from parameters import Parameter

INPUTS = tuple(
    Parameter(name, f"The {name} of the flower.", "number", "cm", 0, 10, default=1.0)
    for name in ("sepal_length", "sepal_width", "petal_length", "petal_width")
)
OPTIONS = (
    Parameter("k", "How many species, likeliest first.", "integer", "species", 1, 3, default=1),
)
RESULT = {"species": "string", "probability": "number"}
MODEL = {"version": "iris"}

iris = load_iris()
classifier = LogisticRegression(max_iter=1000).fit(iris.data, iris.target)


def predict(points: Sequence[Sequence[float]], k: int = 1) -> list[list[dict[str, Any]]]:
    """Return for each flower its k likeliest species."""
    return [
        [
            {"species": str(iris.target_names[i]), "probability": float(probabilities[i])}
            for i in probabilities.argsort()[::-1][:k]
        ]
        for probabilities in classifier.predict_proba(points)
    ]

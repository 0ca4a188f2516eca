"""Another model, written as in the README, and how to ask a handler: the species of a flower."""

import json
from collections.abc import Sequence
from typing import Any

from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

from serving.formats import About, Query, Result, as_text
from serving.handler import Handler
from serving.model import Model
from serving.parameters import Parameter

FLOWER = {"sepal_length": "5.1", "sepal_width": "3.5", "petal_length": "1.4", "petal_width": "0.2"}
iris = load_iris()
classifier = RandomForestClassifier(10, random_state=0).fit(iris.data, iris.target)


def predict(points: Sequence[Sequence[float]], k: int = 1) -> list[list[dict[str, Any]]]:
    """Return for each flower its k likeliest species."""
    return [
        [
            {"species": str(iris.target_names[i]), "probability": float(probabilities[i])}
            for i in probabilities.argsort()[::-1][:k]
        ]
        for probabilities in classifier.predict_proba(points)
    ]


def text(query: Query, results: list[Result], about: About) -> str:
    return "\n".join(result["species"] for result in results)


MODEL = Model(
    about={"version": "iris"},
    inputs=tuple(
        Parameter(name, f"The {name} of the flower.", "number", "cm", 0, 10, default=1.0)
        for name in ("sepal_length", "sepal_width", "petal_length", "petal_width")
    ),
    options=(
        Parameter("k", "How many species, likeliest first.", "integer", "species", 1, 3, default=1),
    ),
    result={"species": "string", "probability": "number"},
    predict=predict,
    formats={"text": as_text(text, "species")},
    count="k",
    title="The species of an iris",
    example={name: float(value) for name, value in FLOWER.items()},
)


def ask(handler: Handler, path: str = "/", **query: str) -> Any:
    return handler({"rawPath": path, "queryStringParameters": query}, None)


def posted(**document: Any) -> dict[str, Any]:
    """Return the event of a POST."""
    http = {"requestContext": {"http": {"method": "POST"}}}
    headers = {"content-type": "application/json"}
    return {**http, "headers": headers, "body": json.dumps(document)}


def post(handler: Handler, **document: Any) -> Any:
    return handler(posted(**document), None)

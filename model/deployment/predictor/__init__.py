"""The example: the nearest store, as a Model. Only MODEL is used outside this folder."""

from collections.abc import Sequence
from typing import Any

from predictor import formats, nearest, page
from predictor.parameters import INPUTS, OPTIONS
from predictor.place import coordinates
from serving.formats import Result
from serving.model import Model


def predict(points: Sequence[Sequence[Any]], **options: Any) -> list[list[Result]]:
    """Return the nearest stores of each point: latitude, longitude and a place, or None."""
    return nearest.predict([coordinates(*point) for point in points], **options)


MODEL = Model(
    about={"version": nearest.manifest.pickle_sha256[:12], "stores": len(nearest.stores)},
    inputs=INPUTS,
    options=OPTIONS,
    result=dict.fromkeys(("address", "city", "state"), "string")
    | dict.fromkeys(("lat", "long", "distance_m"), "number"),
    predict=predict,
    formats={
        "text": formats.TEXT,
        "geojson": formats.GEOJSON,
        "part": page.page(whole=False),
        "html": page.page(whole=True),
    },
    answers="nearest",
    count="k",
    title=nearest.manifest.about["title"],
    example=nearest.manifest.signature.example,
    figures=lambda result: {"nearest_km": round(result["distance_m"] / 1000)},
)

"""The example: the nearest store, as a Model. All that is served of this folder is MODEL."""

from predictor import formats, nearest, page
from predictor.parameters import INPUTS, OPTIONS
from serving.model import Model

MODEL = Model(
    about={"version": nearest.manifest.pickle_sha256[:12], "stores": len(nearest.stores)},
    inputs=INPUTS,
    options=OPTIONS,
    result={
        "address": "string",
        "city": "string",
        "state": "string",
        "lat": "number",
        "long": "number",
        "distance_m": "number",
    },
    predict=nearest.predict,
    formats={
        "text": formats.TEXT,
        "geojson": formats.GEOJSON,
        "part": page.PART,
        "html": page.WHOLE,
    },
    answers="nearest",
    count="k",
    title=nearest.manifest.about["title"],
    example=nearest.manifest.signature.example,
    figures=lambda result: {"nearest_km": round(result["distance_m"] / 1000)},
)

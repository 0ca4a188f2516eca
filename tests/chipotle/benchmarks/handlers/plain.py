"""The plain way: answers with the model's own `predict`, and imports scikit-learn as it is."""

from pathlib import Path
from typing import Any

import joblib

model = joblib.load(Path(__file__).with_name("chipotle.pkl"))


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    query = event["queryStringParameters"]
    [address] = model.predict([[float(query["lat"]), float(query["long"])]])
    return {"statusCode": 200, "body": address}

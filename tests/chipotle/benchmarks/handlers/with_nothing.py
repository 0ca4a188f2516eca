"""A handler of the kinds' benchmark: nothing but the model."""

# mypy: ignore-errors
import json
import pickle
from pathlib import Path
from types import SimpleNamespace

model = pickle.loads(Path(__file__).with_name("model.pkl").read_bytes())
NAMES = ("a", "b", "c", "d")


class Handler:
    model = SimpleNamespace(
        example=dict(zip(NAMES, (5.1, 3.5, 1.4, 0.2), strict=True)),
        inputs=[SimpleNamespace(name=name) for name in NAMES],
    )
    formats = ()

    def __call__(self, event, context):
        values = event.get("queryStringParameters") or json.loads(event["body"])["points"][0]
        answer = model.predict([[float(values[name]) for name in NAMES]]).tolist()
        return {"statusCode": 200, "body": json.dumps(answer)}


lambdaHandler = Handler()

"""No framework, and a DataFrame for the model."""

# mypy: ignore-errors
import json
import pickle
from pathlib import Path

import pandas as pd

model = pickle.loads(Path(__file__).with_name("model.pkl").read_bytes())


def handler(event, context):
    table = pd.DataFrame([event["queryStringParameters"]]).astype(float)
    return {"statusCode": 200, "body": json.dumps(model.predict(table.to_numpy()).tolist())}

"""Powertools for AWS Lambda, its router."""

# mypy: ignore-errors
import pickle
from pathlib import Path

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

model = pickle.loads(Path(__file__).with_name("model.pkl").read_bytes())
app = APIGatewayHttpResolver()


@app.get("/")
def predict() -> list[int]:
    query = app.current_event.query_string_parameters
    return model.predict([[float(query[name]) for name in "abcd"]]).tolist()


def handler(event, context):
    return app.resolve(event, context)

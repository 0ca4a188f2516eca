"""Events of every gateway are answered, and other events are rejected."""

from base64 import b64encode
from typing import Any

import pytest

from serving import batch
from serving.handler import Handler
from tests.serving.flowers import FLOWER, MODEL, posted

HANDLER = Handler(MODEL, batch)
GET = {"httpMethod": "GET", "path": "/"}
HTTP = {"requestContext": {"http": {"method": "GET"}}}
ENCODED = FLOWER | {"petal_width": "%2B0.2"}
MANY = {name: [value] for name, value in FLOWER.items()}


@pytest.mark.parametrize(
    "event",
    [
        {"petal_width": 0.2},  # a direct invocation, or the console's test
        {"Records": [{"body": "{}"}]},  # a queue
        {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event"},
        {"requestContext": {"routeKey": "$connect", "eventType": "CONNECT"}},  # a web socket
        {"type": "REQUEST", "methodArn": "x", "httpMethod": "GET", "path": "/"},  # an authorizer
        {"raw_path": "/", "method": "POST", "headers": {}, "body": "{}"},  # VPC Lattice
        {"version": "2.0", "path": "/", "method": "GET", "queryStringParameters": {}},  # its second
        {"messageVersion": "1.0", "httpMethod": "GET", "apiPath": "/"},  # an agent's action
        {"headers": {}, "petal_width": 0.2},  # a key that no gateway sends
        {"body": "hello"},
        {"queryStringParameters": "petal_width=0.2"},
        {"version": "2.0"},
        None,
        "ping",
    ],
    ids=str,
)
def test_other_events_are_rejected(event: Any) -> None:
    answered = HANDLER(event, None)
    assert answered["statusCode"] == 400
    assert answered["body"].startswith("This event is not an HTTP request.")


@pytest.mark.parametrize(
    ("event", "status", "text"),
    [
        (GET | {"queryStringParameters": FLOWER}, 200, "setosa"),
        ({"httpMethod": "GET", "multiValueQueryStringParameters": MANY}, 200, "setosa"),
        (GET | {"multiValueQueryStringParameters": {"k": ["1", "2"]}}, 400, "given twice"),
        (GET | {"requestContext": {"elb": {}}, "queryStringParameters": ENCODED}, 200, "setosa"),
        (HTTP | {"queryStringParameters": FLOWER, "newAtAws": 1}, 200, "setosa"),
        ({"queryStringParameters": MODEL.example}, 200, "setosa"),  # numbers, in a direct call
        ({"httpMethod": "DELETE"}, 405, "not supported"),
        ({"httpMethod": "GET", "path": "/prod/healthz"}, 200, '"status": "ok"'),
        ({"rawPath": 10**5000, "queryStringParameters": FLOWER}, 200, "setosa"),
        ({"rawPath": "/", "rawQueryString": "k=1&k=2"}, 400, "given twice"),
        ({"queryStringParameters": {"format": "json,json"}}, 400, "given twice"),
        (GET | {"multiValueQueryStringParameters": {"format": [1]}}, 400, "format is '1', "),
    ],
)
def test_events_of_every_gateway_are_answered(event: Any, status: int, text: str) -> None:
    answered = HANDLER(event, None)
    assert answered["statusCode"] == status
    assert text in answered["body"]


def test_multi_value_headers_are_answered_with_multi_value_headers() -> None:
    answered = HANDLER({"httpMethod": "GET", "multiValueHeaders": {}}, None)
    assert answered["multiValueHeaders"]["content-type"] == ["text/plain; charset=utf-8"]


def test_text_and_base64_bodies_get_the_same_answer() -> None:
    event = posted(points=[[5.1, 3.5, 1.4, 0.2]])
    event["headers"]["content-encoding"] = "identity"
    text = "\ufeff" + event["body"]  # as editors save it

    def encoded(encoding: str) -> Any:
        body = b64encode(text.encode(encoding)).decode()
        return HANDLER(event | {"body": body, "isBase64Encoded": True}, None)

    as_text = HANDLER(event | {"body": text}, None)
    assert as_text["statusCode"] == 200
    assert encoded("utf-8") == as_text
    assert encoded("utf-16")["statusCode"] == 400

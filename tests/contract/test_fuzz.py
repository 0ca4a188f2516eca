"""Whatever a client sends, it never gets a 5xx, and API Gateway accepts the answer."""

import json
import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import lambdaHandler
from predictive_lambda.local.event import read_answer

TEXT = st.text(max_size=60)
NUMBERS = st.one_of(st.floats().map(repr), st.integers().map(str), st.decimals().map(str))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from([parameter.name for parameter in lambdaHandler.parameters])
QUERIES = st.dictionaries(NAMES | TEXT, NUMBERS | TEXT | JSON_VALUES, max_size=6)
HEADER_NAMES = st.sampled_from(
    ["accept", "Accept", "accept-encoding", "content-type", "content-encoding"]
)
MEDIA = st.sampled_from(["application/json", "text/html", "*/*", "gzip", "gzip;q=0", "a/b;q=nan"])
HEADERS = st.dictionaries(HEADER_NAMES | TEXT, MEDIA | TEXT | JSON_VALUES, max_size=5)
OPTION = st.integers(-2, 60) | JSON_VALUES
BATCH = st.fixed_dictionaries(
    {"points": JSON_VALUES | st.lists(st.lists(st.floats() | JSON_VALUES, max_size=3), max_size=3)},
    optional={option.name: OPTION for option in lambdaHandler.model.options},
)
BODIES = TEXT | JSON_VALUES | (BATCH | JSON_VALUES).map(json.dumps)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "TRACE"]) | JSON_VALUES
PATHS = st.sampled_from(["/", "/healthz", "/openapi.json", "/favicon.ico"]) | JSON_VALUES
SEVERAL = st.lists(MEDIA | TEXT | JSON_VALUES, max_size=3)
LISTS = st.dictionaries(NAMES | HEADER_NAMES | TEXT, SEVERAL | JSON_VALUES, max_size=6)


def some_of(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=members)


# The keys of every gateway's events, in any combination.
EVENTS = JSON_VALUES | some_of(
    rawPath=PATHS,
    path=PATHS,
    httpMethod=METHODS,
    queryStringParameters=QUERIES | JSON_VALUES,
    multiValueQueryStringParameters=LISTS,
    headers=HEADERS | JSON_VALUES,
    multiValueHeaders=LISTS,
    cookies=JSON_VALUES,
    body=BODIES,
    isBase64Encoded=st.booleans() | JSON_VALUES,
    requestContext=some_of(http=some_of(method=METHODS), elb=JSON_VALUES) | JSON_VALUES,
)


def answers(event: Any) -> None:
    answer = lambdaHandler(event, None)
    json.dumps(answer, allow_nan=False).encode()  # as the runtime client sends it
    status, headers, body = read_answer(answer)
    assert status in (200, 204, 400, 405, 413, 415)
    assert all(isinstance(value, str) for value in headers.values())
    assert not any(line in value for value in headers.values() for line in "\r\n")
    if headers.get("content-type", "").endswith("json") and "content-encoding" not in headers:
        json.loads(body or b"{}", parse_constant=lambda constant: pytest.fail(constant))


@settings(
    max_examples=int(os.environ.get("FUZZ_EVENTS", "2000")),
    deadline=None,
    derandomize="FUZZ_EVENTS" not in os.environ,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(EVENTS)
def test_any_event(event: Any) -> None:
    answers(event)


MEGABYTE = "1" * 1024 * 1024
FIRST = lambdaHandler.model.inputs[0].name
VALUES: tuple[str | int, ...] = (MEGABYTE, f"0.{MEGABYTE}", f"1e{MEGABYTE}", 10**5000, "\ud800")
VALUES += (f"{MEGABYTE}x", f"{MEGABYTE}.{MEGABYTE}e{MEGABYTE}x")  # no regex may backtrack
ACCEPTED = (";" * 1024 * 1024, "text/html;q=" + MEGABYTE, "," * 1024 * 1024, "gzip;q=" + MEGABYTE)
TEXTS = ("[" * 1024 * 1024, '{"points":' * 100_000, MEGABYTE, '{"points": [["\ud800", 0]]}')
POST = {
    "requestContext": {"http": {"method": "POST"}},
    "headers": {"content-type": "application/json"},
}


@pytest.mark.parametrize(
    "event",
    [
        *({"queryStringParameters": {FIRST: value}} for value in VALUES),
        {"queryStringParameters": {"format": MEGABYTE}},
        {"rawPath": MEGABYTE},
        *({"headers": {"accept": text}} for text in ACCEPTED),
        *({"headers": {"accept": "text/html", "accept-encoding": text}} for text in ACCEPTED),
        *(POST | {"body": text} for text in TEXTS),
        *(
            POST | {"body": text, "isBase64Encoded": True}
            for text in ("====", "not base64", "ü", MEGABYTE, "/w==")  # the last is not UTF-8
        ),
    ],
)
def test_events_that_fuzzing_will_not_find(event: Any) -> None:
    answers(event)

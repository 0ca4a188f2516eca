"""A request becomes an event of payload 2.0, as API Gateway makes it."""

import pytest

from predictive_lambda.local.event import make_event


def test_names_of_headers_are_lower_case_and_repeated_ones_joined() -> None:
    event = make_event("GET", "/", [("X-A", "1"), ("x-a", "2")])
    assert event["headers"] == {"x-a": "1,2"}


def test_query_values_are_decoded_and_repeated_ones_joined() -> None:
    event = make_event("GET", "/a%20b?lat=%2B1&lat=2+3&x=&y")
    assert event["queryStringParameters"] == {"lat": "+1,2 3", "x": "", "y": ""}
    assert event["rawPath"] == "/a%20b"
    assert event["rawQueryString"] == "lat=%2B1&lat=2+3&x=&y"


def test_missing_parts_have_no_key() -> None:
    event = make_event("GET", "/")
    assert not {"queryStringParameters", "body", "cookies"} & event.keys()


def test_cookies_are_separate_from_headers() -> None:
    event = make_event("GET", "/", [("Cookie", "a=1; b=2")])
    assert event["cookies"] == ["a=1", "b=2"]
    assert event["headers"] == {}


@pytest.mark.parametrize(
    ("content_type", "body", "sent", "is_base64"),
    [
        ("application/json", b"{}", "{}", False),
        ("text/plain", "ü".encode(), "ü", False),
        ("application/octet-stream", b"{}", "e30=", True),
        ("application/json", b"\xff", "/w==", True),  # not text, despite its content type
    ],
)
def test_bodies_are_text_or_base64(
    content_type: str, body: bytes, sent: str, is_base64: bool
) -> None:
    event = make_event("POST", "/", [("content-type", content_type)], body)
    assert (event["body"], event["isBase64Encoded"]) == (sent, is_base64)

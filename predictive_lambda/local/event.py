"""Payload format 2.0: turn an HTTP request into an event, and a function's answer into HTTP."""

import base64
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

LONGEST_EVENT = 6 * 1024 * 1024  # bytes, like the longest answer: Lambda's limit
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
Answer = tuple[HTTPStatus, dict[str, str], bytes]


def make_event(
    method: str, target: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> dict[str, Any]:
    """Build API Gateway's event for a request; `target` is its path and query as they were sent."""
    path, _, query = target.partition("?")
    joined_headers = _join((name.lower(), value) for name, value in headers)
    cookies = joined_headers.pop("cookie", "")
    is_text = joined_headers.get("content-type", "").startswith(TEXT_TYPES)
    try:
        text = body.decode() if is_text else ""
    except UnicodeDecodeError:
        text = ""
    optional = {
        "cookies": cookies.split("; ") if cookies else [],
        "queryStringParameters": _join(parse_qsl(query, keep_blank_values=True)),
        "body": text or base64.b64encode(body).decode(),
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined_headers,
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "isBase64Encoded": bool(body) and not text,
    } | {name: value for name, value in optional.items() if value}


def _join(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the values of a repeated name by commas, as payload 2.0 does."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def as_query(values: Mapping[str, Any]) -> str:
    """Write parameters as a query string, with booleans spelled as in JSON."""
    return urlencode({n: str(v).lower() if isinstance(v, bool) else v for n, v in values.items()})


def read_answer(answer: Any) -> Answer:
    """Return a function's answer as status, headers and body; raise if it is malformed."""
    body = (answer.get("body") or "").encode()
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body, validate=True)
    if len(body) > LONGEST_EVENT:
        raise ValueError(f"The answer has {len(body)} bytes; Lambda allows {LONGEST_EVENT}.")
    headers = {str(name): str(value) for name, value in (answer.get("headers") or {}).items()}
    return HTTPStatus(int(answer["statusCode"])), headers, body

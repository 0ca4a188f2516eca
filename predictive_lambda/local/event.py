"""Payload 2.0 on this machine: a request in, its event out; the function's answer in, parts out."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

LONGEST_BODY = 6 * 1024 * 1024  # bytes: Lambda's limit, both ways; API Gateway's own is 10 MB
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


def make_event(
    method: str, target: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
) -> dict[str, Any]:
    """Build the event of a request; what API Gateway leaves out is left out.

    `target` is the request line's: path and query, percent-encoded.
    """
    path, _, query = target.partition("?")
    joined_headers = _join((name.lower(), value) for name, value in headers)
    cookie = joined_headers.pop("cookie", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined_headers,
        "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
        "isBase64Encoded": False,
    }
    if cookie:
        event["cookies"] = cookie.split("; ")
    if query:
        event["queryStringParameters"] = _join(parse_qsl(query, keep_blank_values=True))
    if body:
        try:
            is_text = joined_headers.get("content-type", "").startswith(TEXT_TYPES)
            event["body"] = body.decode() if is_text else base64.b64encode(body).decode()
        except UnicodeDecodeError:
            is_text, event["body"] = False, base64.b64encode(body).decode()
        event["isBase64Encoded"] = not is_text
    return event


def as_query(values: Mapping[str, Any]) -> str:
    """Write parameters as a query string, with booleans as JSON has them."""
    return urlencode({n: str(v).lower() if isinstance(v, bool) else v for n, v in values.items()})


def _join(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the values of a repeated name by commas, as payload 2.0 does."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


def read_answer(answer: Any) -> tuple[int, dict[str, str], bytes]:
    """Read what a function returned: status, headers, body. Whatever is amiss raises."""
    body = (answer.get("body") or "").encode()
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body, validate=True)
    if len(body) > LONGEST_BODY:
        raise ValueError(f"The answer has {len(body)} bytes; Lambda allows {LONGEST_BODY}.")
    headers = {str(name): str(value) for name, value in (answer.get("headers") or {}).items()}
    for header in headers.items():
        if not re.fullmatch(r"[\x21-\x7e]+: [\t\x20-\x7e\x80-\xff]*", ": ".join(header)):
            raise ValueError(f"The answer has a header that cannot be sent: {header}.")
    status = int(answer["statusCode"])
    if not 200 <= status <= 599:
        raise ValueError(f"The answer's status is {status}.")
    return status, headers, body

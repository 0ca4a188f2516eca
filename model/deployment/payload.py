"""Payload format 2.0: an event in, a Request out; a Response in, what API Gateway reads out."""

import gzip
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GZIP_FROM = 8 * 1024  # bytes


@dataclass(frozen=True)
class Request:
    """What an event asks; header names are in lower case, and what it lacks is empty."""

    method: str
    path: str
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Any
    is_base64: bool


@dataclass(frozen=True)
class Response:
    status: int
    media_type: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def read(event: Any) -> Request:
    """Read an event; any of its keys may be absent, null or empty."""
    event = _mapping(event)
    http = _mapping(_mapping(event.get("requestContext")).get("http"))
    query, headers = _mapping(event.get("queryStringParameters")), _mapping(event.get("headers"))
    return Request(
        method=str(http.get("method") or "GET"),
        path=str(event.get("rawPath") or "/"),
        query={name: value for name, value in query.items() if value is not None},
        headers={str(name).lower(): v for name, v in headers.items() if isinstance(v, str)},
        body=event.get("body"),
        is_base64=event.get("isBase64Encoded") is True,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def write(response: Response, request: Request) -> dict[str, Any]:
    """Complete the headers; gzip a long body for those who accept it, and send none to HEAD."""
    headers = {
        "cache-control": "private, no-cache",
        "vary": "Accept, Accept-Encoding",
        "x-content-type-options": "nosniff",
        **response.headers,
    }
    if response.media_type:
        headers["content-type"] = response.media_type
    body, encoded = response.body, response.body.encode()
    is_gzip = len(encoded) >= GZIP_FROM and accepts_gzip(request.headers.get("accept-encoding", ""))
    if is_gzip:
        headers["content-encoding"] = "gzip"
        body = b64encode(gzip.compress(encoded, 6, mtime=0)).decode()
    if request.method == "HEAD":
        body, is_gzip = "", False
    return {
        "statusCode": response.status,
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_gzip,
    }


def accepts_gzip(header: str) -> bool:
    """Read Accept-Encoding (RFC 9110, 12.5.3): gzip or *, unless its weight is zero."""
    codings = (coding.partition(";") for coding in header.lower().split(","))
    weights = {name.strip(): weight.replace(" ", "") for name, _, weight in codings}
    return not re.fullmatch(r"q=0(\.0*)?", weights.get("gzip", weights.get("*", "q=0")))

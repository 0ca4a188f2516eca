"""The gateway's formats: reads a request from an event, and writes a response for the gateway.

Events come from an HTTP API or a function URL (payload format 2.0), a REST API (1.0), or an
Application Load Balancer.
"""

import gzip
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from serving.formats import Prediction
from serving.problems import Problem

GZIP_FROM = 8 * 1024  # bytes
QUERIES = ("queryStringParameters", "multiValueQueryStringParameters")
# The keys of a request's event, in any format. Every request that is not empty has one of TELLING.
# Events of queues, timers and the console's test lack them; other services' have other keys.
TELLING = {"rawPath", "httpMethod", "queryStringParameters", "headers", "routeKey"}
KEYS = TELLING | {"version", "rawQueryString", "cookies", "requestContext", "pathParameters"}
KEYS |= {"isBase64Encoded", "stageVariables", "resource", "path", "body"}
KEYS |= {"multiValueHeaders", "multiValueQueryStringParameters"}


@dataclass(frozen=True)
class Request:
    """The request in an event; header names are in lower case, missing values are empty."""

    method: str = "GET"
    path: str = "/"
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    is_base64: bool = False
    wants_many_values: bool = False  # some load balancers want each header as a list


@dataclass(frozen=True)
class Response:
    status: int
    media_type: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    prediction: Prediction | None = None  # what it was written from


def read(event: Any) -> Request:
    """Read an event; any key may be absent, null or empty.

    Raises Problem (400) if it is not an HTTP request: answering it with the default would be wrong.
    """
    if not (is_request(event) and all(isinstance(event.get(q) or {}, dict) for q in QUERIES)):
        raise Problem(
            400,
            "This event is not an HTTP request. It must come from an HTTP API, a function URL, "
            'a REST API or a load balancer, such as {"queryStringParameters": {}}.',
        )
    context = _get(event, "requestContext", dict)
    method = _get(_get(context, "http", dict), "method", str) or _get(event, "httpMethod", str)
    query = _values(event, *QUERIES)
    if not query:  # events written by hand may only have the raw one
        raw = parse_qs(_get(event, "rawQueryString", str), keep_blank_values=True)
        query = {name: ",".join(several) for name, several in raw.items()}
    if "elb" in context:  # load balancers do not decode the query
        query = {unquote_plus(name): unquote_plus(str(value)) for name, value in query.items()}
    headers = _values(event, "headers", "multiValueHeaders")
    return Request(
        method=method or "GET",
        path=_get(event, "rawPath", str) or _get(event, "path", str) or "/",
        query=query,
        headers={name.lower(): v for name, v in headers.items() if isinstance(v, str)},
        body=event.get("body"),
        is_base64=event.get("isBase64Encoded") is True,
        wants_many_values="multiValueHeaders" in event and "headers" not in event,
    )


def is_request(event: Any) -> bool:
    if not isinstance(event, dict):
        return False
    context = _get(event, "requestContext", dict)
    if "type" in event or "connectionId" in context:  # authorizers, web sockets
        return False
    if _get(context, "http", dict) or {"httpMethod", "path"} <= event.keys() or not event:
        return True  # a gateway's, or a bare {}
    return event.keys() <= KEYS and not event.keys().isdisjoint(TELLING)  # written by hand


def _values(event: Mapping[str, Any], key: str, many: str) -> dict[str, Any]:
    """Return a value for each name; several are joined by commas, as payload 2.0 does."""
    found = dict(_get(event, key, dict))
    for name, several in _get(event, many, dict).items():
        found[name] = ",".join(map(str, several)) if isinstance(several, list) else several
    return {str(name): value for name, value in found.items() if value is not None}


def _get(members: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return a member, or an empty one if it is absent or of another kind."""
    value = members.get(key)
    return value if isinstance(value, kind) else kind()


def write(response: Response, request: Request, common: Mapping[str, str]) -> dict[str, Any]:
    """Complete the headers; gzip a large body for clients that accept it, and send none to HEAD."""
    headers = {
        **common,
        "cache-control": "private, no-cache",
        "vary": "Accept, Accept-Encoding",
        "x-content-type-options": "nosniff",
        **response.headers,
    }
    if response.media_type:
        headers["content-type"] = response.media_type
    encoded = response.body.encode(errors="replace")  # lone surrogates cannot be sent
    body = encoded.decode()
    is_gzip = len(encoded) >= GZIP_FROM and accepts_gzip(request.headers.get("accept-encoding", ""))
    if is_gzip:
        headers["content-encoding"] = "gzip"
        body = b64encode(gzip.compress(encoded, 6, mtime=0)).decode()
    if request.method == "HEAD":
        body, is_gzip = "", False
    written = {
        "statusCode": response.status,
        "headers": headers,
        "body": body,
        "isBase64Encoded": is_gzip,
    }
    if request.wants_many_values:
        written["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
    return written


def accepts_gzip(header: str) -> bool:
    """Read Accept-Encoding (RFC 9110, 12.5.3): gzip or *, unless its weight is zero."""
    codings = (coding.partition(";") for coding in header.lower().split(","))
    weights = {name.strip(): weight.replace(" ", "") for name, _, weight in codings}
    return not re.fullmatch(r"q=0(\.0*)?", weights.get("gzip", weights.get("*", "q=0")))

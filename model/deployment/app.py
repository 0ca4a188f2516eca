"""The Lambda function: an HTTP API event in, an HTTP response out. Knows no model."""

import gzip
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import mimeparse

import predictor
import render
from parameters import Parameter
from problem import Problem
from render import FORMATS


def optional(name: str) -> Any:
    """Import a module of this folder that you may have deleted."""
    return import_module(name) if find_spec(name) else None


batch, openapi, page = optional("batch"), optional("openapi"), optional("page")
if page:
    FORMATS["html"] = page.FORMAT
FORMAT = Parameter(
    "format", "How the answer is written.", type="string", choices=tuple(FORMATS), default=None
)
PARAMETERS = (*predictor.INPUTS, *predictor.OPTIONS, FORMAT)
ALLOW = "GET, HEAD, POST, OPTIONS" if batch else "GET, HEAD, OPTIONS"
LONGEST_HEADER = 10_240  # bytes; API Gateway refuses more, and parsing takes quadratic time
GZIP_FROM = 8 * 1024  # bytes


@dataclass(frozen=True)
class Request:
    """What an event asks; whatever it lacks is empty."""

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


def lambdaHandler(event: Any, context: object) -> dict[str, Any]:
    """Answer one event of payload format 2.0; any of its keys may be absent, null or empty."""
    request = read(event)
    try:
        response = respond(request)
    except Problem as problem:
        response = explain(problem, request)
    return write(response, request)


def read(event: Any) -> Request:
    http = _mapping(_mapping(_mapping(event).get("requestContext")).get("http"))
    event, headers = _mapping(event), _mapping(_mapping(event).get("headers"))
    return Request(
        method=http.get("method") or "GET",
        path=event.get("rawPath") or "/",
        query={
            k: v for k, v in _mapping(event.get("queryStringParameters")).items() if v is not None
        },
        headers={str(name).lower(): v for name, v in headers.items() if isinstance(v, str)},
        body=event.get("body"),
        is_base64=event.get("isBase64Encoded") is True,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def respond(request: Request) -> Response:
    """Route by method and path; a path without a route of its own predicts."""
    if request.method == "OPTIONS":
        return Response(204, headers={"allow": ALLOW})
    if request.method == "POST" and batch:
        answers = batch.answer(request.headers, request.body, request.is_base64)
        return Response(200, render.JSON, render.results(answers, predictor.MODEL))
    if request.method not in ("GET", "HEAD"):
        raise Problem(405, f"This method is not supported. It must be one of {ALLOW}.")
    route = ROUTES.get(request.path) if isinstance(request.path, str) else None
    return route() if route else predict(request)


def predict(request: Request) -> Response:
    values: dict[str, Any] = {
        parameter.name: parameter.parse(request.query[parameter.name])
        if parameter.name in request.query
        else parameter.default
        for parameter in PARAMETERS
    }
    chosen = FORMATS[str(values.pop("format") or negotiate(request))]
    point = [values[parameter.name] for parameter in predictor.INPUTS]
    options = {parameter.name: values[parameter.name] for parameter in predictor.OPTIONS}
    [answer] = predictor.predict([point], **options)
    defaulted = [p.name for p in predictor.INPUTS if p.name not in request.query]
    body = chosen.answer(values | {"defaulted": defaulted}, answer, predictor.MODEL)
    return Response(200, chosen.media_type, body, chosen.headers)


def explain(problem: Problem, request: Request) -> Response:
    """Write a problem in the format that was asked for."""
    asked = request.query.get("format")
    chosen = FORMATS[asked if isinstance(asked, str) and asked in FORMATS else negotiate(request)]
    headers = {"cache-control": "no-store"} | ({"allow": ALLOW} if problem.status == 405 else {})
    body = chosen.problem(problem, request.query)
    return Response(problem.status, chosen.problem_media_type, body, {**chosen.headers, **headers})


def negotiate(request: Request) -> str:
    """Name the format that the Accept header prefers; text where it prefers none of ours."""
    names = {chosen.media_type.partition(";")[0]: name for name, chosen in FORMATS.items()}
    accept = request.headers.get("accept", "").lower()
    if len(accept) > LONGEST_HEADER:
        return "text"
    try:
        return names.get(mimeparse.best_match([*reversed(names)], accept), "text")
    except mimeparse.MimeTypeParseException:
        return "text"


def write(response: Response, request: Request) -> dict[str, Any]:
    """Give the response as API Gateway expects it: headers completed, long bodies gzipped."""
    headers = {
        "cache-control": "private, no-cache",
        "vary": "Accept, Accept-Encoding",
        "x-content-type-options": "nosniff",
        "x-model-version": predictor.MODEL["version"],
        **({"content-type": response.media_type} if response.media_type else {}),
        **response.headers,
    }
    body, encoded = response.body, response.body.encode()
    compress = len(encoded) >= GZIP_FROM and accepts_gzip(
        request.headers.get("accept-encoding", "")
    )
    if compress:
        headers["content-encoding"] = "gzip"
        body = b64encode(gzip.compress(encoded, mtime=0)).decode()
    if request.method == "HEAD":
        body, compress = "", False
    return {
        "statusCode": response.status,
        "headers": headers,
        "body": body,
        "isBase64Encoded": compress,
    }


def accepts_gzip(header: str) -> bool:
    """Read Accept-Encoding (RFC 9110, 12.5.3): gzip or *, unless its weight is zero."""
    codings = (coding.partition(";") for coding in header.lower().split(","))
    weights = {name.strip(): weight.replace(" ", "") for name, _, weight in codings}
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return not re.fullmatch(r"q=0(\.0*)?", weight)


def health() -> Response:
    return Response(200, render.JSON, render.dumps({"status": "ok", "model": predictor.MODEL}))


def describe() -> Response:
    most_points = batch.MOST_POINTS if batch else None
    return Response(200, render.JSON, render.dumps(openapi.document(FORMAT, FORMATS, most_points)))


ROUTES: dict[str, Callable[[], Response]] = {
    "/favicon.ico": lambda: Response(204),
    "/healthz": health,
}
if openapi:
    ROUTES["/openapi.json"] = describe

"""The Lambda function: an HTTP API event in, an HTTP response out. Knows no model."""

import gc
from collections.abc import Callable
from typing import Any

import mimeparse

import extras  # before the predictor: its libraries load lazily
import payload
import predictor
import render
from parameters import Parameter
from payload import Request, Response
from problem import Problem
from render import FORMATS

if extras.page:
    FORMATS["html"] = extras.page.FORMAT
FORMAT = Parameter("format", "How the answer is written.", "string", choices=tuple(FORMATS))
PARAMETERS = (*predictor.INPUTS, *predictor.OPTIONS, FORMAT)
ALLOW = "GET, HEAD, POST, OPTIONS" if extras.batch else "GET, HEAD, OPTIONS"
LONGEST_ACCEPT = 10_240  # characters; API Gateway refuses more, and parsing takes quadratic time


def lambdaHandler(event: Any, context: object) -> dict[str, Any]:
    """Answer one event of payload format 2.0; any of its keys may be absent, null or empty."""
    request = payload.read(event)
    try:
        response = respond(request)
    except Problem as problem:
        response = explain(problem, request)
    return payload.write(response, request)


def respond(request: Request) -> Response:
    """Route by method and path; a path without a route of its own predicts."""
    if request.method == "OPTIONS":
        return Response(204, headers={"allow": ALLOW, **VERSION})
    if request.method == "POST" and extras.batch:
        return json_response(extras.batch.answer(request))
    if request.method not in ("GET", "HEAD"):
        raise Problem(405, f"This method is not supported. It must be one of {ALLOW}.")
    route = ROUTES.get(request.path)
    return route() if route else predict(request)


def predict(request: Request) -> Response:
    for needed in predictor.INPUTS:
        if needed.default is None and needed.name not in request.query:
            raise Problem(
                400, f"{needed.name} is missing. It must be {needed.allowed}.", needed.name
            )
    values: dict[str, Any] = {
        parameter.name: parameter.parse(request.query[parameter.name])
        if parameter.name in request.query
        else parameter.default
        for parameter in PARAMETERS
    }
    chosen = FORMATS[values.pop("format") or negotiate(request)]
    point = [values[parameter.name] for parameter in predictor.INPUTS]
    options = {parameter.name: values[parameter.name] for parameter in predictor.OPTIONS}
    [answer] = predictor.predict([point], **options)
    defaulted = [p.name for p in predictor.INPUTS if p.name not in request.query]
    body = chosen.answer(values | {"defaulted": defaulted}, answer, predictor.MODEL)
    return Response(200, chosen.media_type, body, {**chosen.headers, **VERSION})


def explain(problem: Problem, request: Request) -> Response:
    """Write a problem in the format that was asked for."""
    asked = request.query.get("format")
    chosen = FORMATS[asked if isinstance(asked, str) and asked in FORMATS else negotiate(request)]
    body = chosen.problem(problem, request.query)
    headers = {**chosen.headers, **VERSION, "cache-control": "no-store"}
    if problem.status == 405:
        headers["allow"] = ALLOW
    return Response(problem.status, chosen.problem_media_type, body, headers)


def negotiate(request: Request) -> str:
    """Name the format that the Accept header prefers; text where it prefers none of ours."""
    accept = request.headers.get("accept", "")[:LONGEST_ACCEPT].lower()
    if accept in ("", "*/*"):
        return "text"
    names = {chosen.media_type.partition(";")[0]: name for name, chosen in FORMATS.items()}
    try:  # of equals, mimeparse prefers the last
        return names.get(mimeparse.best_match([*reversed(names)], accept), "text")
    except mimeparse.MimeTypeParseException:
        return "text"


def json_response(document: object) -> Response:
    return Response(200, render.JSON, render.dumps(document), VERSION)


VERSION = {"x-model-version": predictor.MODEL["version"]}
ROUTES: dict[str, Callable[[], Response]] = {
    "/favicon.ico": lambda: Response(204, headers=VERSION),
    "/healthz": lambda: json_response({"status": "ok", "model": predictor.MODEL}),
}
if extras.openapi:
    ROUTES["/openapi.json"] = lambda: json_response(
        extras.openapi.document(FORMAT, FORMATS, extras.batch)
    )
# What is loaded stays: let no answer wait while the garbage collector looks it through.
gc.freeze()

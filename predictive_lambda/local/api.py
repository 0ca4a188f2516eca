"""A stand-in for the HTTP API: waitress takes requests, and passes them to the function as events.

Unlike API Gateway, it has a single route and stage.
"""

import json
import os
import shlex
import socket
import sys
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from waitress import create_server
from waitress.server import BaseWSGIServer

from predictive_lambda.local.event import LONGEST_EVENT, Answer, as_query, make_event, read_answer

Function = Callable[[dict[str, Any]], Any]

LONGEST_HEAD = 10_240  # bytes of the request line and the headers: API Gateway's limit
LONGEST_QUERY = 8_000  # of them, so that the client's headers fit in as well


def answer(invoke: Function, request: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    """The WSGI application: answer the request by calling the function."""
    status, headers, body = pass_on(request, invoke)  # waitress turns exceptions into a 500
    headers["content-length"] = str(len(body))  # waitress leaves it out of a 204
    start(f"{status.value} {status.phrase}", [*headers.items()])
    return [] if request["REQUEST_METHOD"] == "HEAD" else [body]


def pass_on(request: WSGIEnvironment, invoke: Function) -> Answer:
    """Call the function with the request, unless API Gateway would reject it."""
    target, body = request["REQUEST_URI"], request["wsgi.input"].read()
    headers = [
        (name.removeprefix("HTTP_").replace("_", "-"), value)
        for name, value in request.items()
        if name.startswith(("HTTP_", "CONTENT_"))
    ]
    if len(target) + sum(len(name) + len(value) for name, value in headers) > LONGEST_HEAD:
        return error_answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    event = make_event(request["REQUEST_METHOD"], target, headers, body)
    if len(json.dumps(event, ensure_ascii=False).encode()) > LONGEST_EVENT:
        return error_answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return read_answer(invoke(event))


def error_answer(status: HTTPStatus) -> Answer:
    body = json.dumps({"message": status.phrase}, separators=(",", ":"))
    return status, {"content-type": "application/json"}, body.encode()


def listen(invoke: Function, port: int) -> BaseWSGIServer:
    """Return a server of the function on 127.0.0.1; port 0 picks a free one."""
    # The server would enforce its own limits by hanging up before the client could read why,
    # and keep clients waiting while a hundred others are connected.
    limits = {"max_request_header_size": 1_000_000, "connection_limit": 500, "threads": 64}
    listening = [socket.create_server(("127.0.0.1", port))]
    return create_server(partial(answer, invoke), sockets=listening, ident=None, **limits)


def invitation(url: str, invoke: Function) -> str:
    """Say how to send the model's example, which is in the OpenAPI document."""
    _, _, body = read_answer(invoke(make_event("GET", "/openapi.json")))
    try:
        root = json.loads(body)["paths"]["/"]
    except (ValueError, LookupError):  # serving/openapi.py was deleted
        return f"Open {url}"
    parameters = root["get"]["parameters"]
    query = as_query({p["name"]: p["example"] for p in parameters if "example" in p})
    if len(query) > LONGEST_QUERY and "post" in root:
        [(media_type, content)] = root["post"]["requestBody"]["content"].items()
        data = shlex.quote(json.dumps(content["example"]))
        return f"Run curl {url} -H 'content-type: {media_type}' -d {data}"
    return f"Open {url}?{query}" if query else f"Open {url}"


def serve(invoke: Function) -> None:
    """Serve the function on PORT until Ctrl-C."""
    port = os.environ.get("PORT") or "8000"
    try:
        server = listen(invoke, int(port))
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"Port {port} cannot be used ({error}). Choose another: PORT=8001")
    url = f"http://127.0.0.1:{server.effective_port}/"
    print(f"{invitation(url, invoke)} (Ctrl-C to stop)", flush=True)
    server.run()


def main() -> None:
    try:
        from app import lambdaHandler  # model/deployment is on Python's path

        serve(lambda event: lambdaHandler(event, None))
    except RuntimeError as error:  # the model does not load, and says why
        sys.exit(str(error))
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()

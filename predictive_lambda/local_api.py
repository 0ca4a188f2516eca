"""A stand-in for the HTTP API: requests in, payload-2.0 events to the function, answers out.

Unlike API Gateway it wants a content-length of a body (411), and knows one route and stage.
"""

import base64
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

Function = Callable[[dict[str, Any]], Any]

LONGEST_HEAD = 10_240  # bytes: request line and headers, as API Gateway counts them
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


def _join(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Join the values of a repeated name by commas, as payload 2.0 does."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


class LocalApi(ThreadingHTTPServer):
    """The server; `invoke` calls the function. Port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, invoke: Function, port: int = 0) -> None:
        self.invoke = invoke
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave alone a client that hung up; show everything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one write: apart, Nagle holds the second back 40 ms
    disable_nagle_algorithm = True
    server: LocalApi

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # every method has the same route
            return self.proxy
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """Tell a client that waits for it to send its body, at once."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def proxy(self) -> None:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not is_whole_number(length):
            return self.refuse(HTTPStatus.LENGTH_REQUIRED)
        body = self.rfile.read(min(int(length), LONGEST_BODY + 1))
        if len(body) > LONGEST_BODY:
            return self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if len(body) < int(length):
            raise ConnectionError("The client hung up.")
        if len(self.requestline) + len(str(self.headers)) > LONGEST_HEAD:
            return self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        event = make_event(self.command, self.path, self.headers.items(), body)
        try:
            status, headers, answer = read_answer(self.server.invoke(event))
        except Exception:  # as on AWS, the client learns nothing of it
            traceback.print_exc()
            return self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        self.send(status, headers, answer)

    def refuse(self, status: HTTPStatus) -> None:
        """Answer in the function's place, and hang up."""
        self.close_connection = True
        body = json.dumps({"message": status.phrase}).encode()
        self.send(status, {"content-type": "application/json", "connection": "close"}, body)

    def send(self, status: int, headers: dict[str, Any], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        if self.command == "HEAD" or status == HTTPStatus.NO_CONTENT:
            body = b""
        else:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def read_answer(answer: Any) -> tuple[int, dict[str, Any], bytes]:
    """Read what a function returned: status, headers, body. Whatever is amiss raises."""
    body = answer.get("body", "").encode()
    if answer.get("isBase64Encoded"):
        body = base64.b64decode(body, validate=True)
    if len(body) > LONGEST_BODY:
        raise ValueError(f"The answer has {len(body)} bytes; Lambda allows {LONGEST_BODY}.")
    return int(answer["statusCode"]), answer.get("headers", {}), body


def is_whole_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def load() -> Any:
    """Load the handler as Lambda does, with model/deployment on the path."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "model" / "deployment"))
    from app import lambdaHandler

    return lambdaHandler


def in_process() -> Function:
    handler = load()
    return lambda event: handler(event, None)


def serve(invoke: Function) -> None:
    """Serve the function on PORT until Ctrl-C, which raises KeyboardInterrupt."""
    port = os.environ.get("PORT") or "8000"
    if not is_whole_number(port) or int(port) > 65_535:
        sys.exit(f"PORT is {port!r}. It must be a whole number from 0 to 65535.")
    try:
        server = LocalApi(invoke, int(port))
    except OSError as error:
        sys.exit(f"Port {port} cannot be used ({error.strerror}). Choose another: PORT=8001")
    example = urlencode(load().model.example)
    print(f"Open {server.url}{'?' * bool(example)}{example} (Ctrl-C ends)", flush=True)
    server.serve_forever()


def main() -> None:
    try:
        serve(in_process())
    except RuntimeError as error:  # the model does not load, and says why
        sys.exit(str(error))
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()

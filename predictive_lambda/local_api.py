"""A stand-in for the HTTP API: requests in, payload-2.0 events to the function, answers out."""

import argparse
import base64
import json
import os
import sys
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from urllib.request import urlopen

Event = dict[str, Any]
Function = Callable[[Event], Any]

EXAMPLE = "?lat=39.153198&long=-77.066176"
MOST_HEAD_BYTES = 10_240  # request line and headers, as API Gateway counts them
MOST_BODY_BYTES = 6 * 1024 * 1024  # Lambda's limit, both ways; API Gateway's own is 10 MB
TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")


class LocalApi(ThreadingHTTPServer):
    """The server; `invoke` is the function. Port 0 means a free one."""

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

    def proxy(self) -> None:
        head = len(self.requestline) + sum(len(k) + len(v) for k, v in self.headers.items())
        length = self.headers.get("content-length", "0")
        if head > MOST_HEAD_BYTES:
            return self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdigit()):
            return self.refuse(HTTPStatus.LENGTH_REQUIRED)
        if len(length) > 9 or int(length) > MOST_BODY_BYTES:
            return self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = self.rfile.read(int(length))
        try:
            self.answer(self.server.invoke(self.event(body)))
        except ConnectionError:
            raise
        except Exception:
            traceback.print_exc()
            self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR)

    def event(self, body: bytes) -> Event:
        """Build the event; a key that API Gateway leaves out is left out."""
        path, _, query = self.path.partition("?")
        headers = joined(self.headers.items(), str.lower)
        cookies = headers.pop("cookie", None)
        event: Event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": headers,
            "requestContext": {
                "http": {
                    "method": self.command,
                    "path": path,
                    "protocol": self.request_version,
                    "sourceIp": self.client_address[0],
                    "userAgent": headers.get("user-agent", ""),
                },
                "routeKey": "$default",
                "stage": "$default",
            },
            "isBase64Encoded": False,
        }
        if cookies:
            event["cookies"] = cookies.split("; ")
        if query:
            event["queryStringParameters"] = joined(parse_qsl(query, keep_blank_values=True))
        if body:
            event["body"], event["isBase64Encoded"] = encoded(body, headers)
        return event

    def answer(self, answer: Any) -> None:
        """Send what the function returned, as API Gateway reads it."""
        body = answer.get("body", "").encode()
        if answer.get("isBase64Encoded"):
            body = base64.b64decode(body, validate=True)
        if len(body) > MOST_BODY_BYTES:
            raise ValueError(f"The answer has {len(body)} bytes; Lambda allows {MOST_BODY_BYTES}.")
        self.send(int(answer["statusCode"]), answer.get("headers", {}), body)

    def refuse(self, status: HTTPStatus) -> None:
        """Answer in the function's place; what the client still sends is not read."""
        self.close_connection = True
        body = json.dumps({"message": status.phrase}).encode()
        self.send(status, {"content-type": "application/json", "connection": "close"}, body)

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        if status != HTTPStatus.NO_CONTENT and self.command != "HEAD":
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


def joined(pairs: Any, key: Callable[[str], str] = lambda name: name) -> dict[str, str]:
    """Join the values of a repeated name by commas, as payload 2.0 does."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(key(name), []).append(value)
    return {name: ",".join(several) for name, several in values.items()}


def encoded(body: bytes, headers: dict[str, str]) -> tuple[str, bool]:
    """Give a body as text where it says that it is text, else as base64; and which."""
    if headers.get("content-type", "").startswith(TEXT_TYPES) and "content-encoding" not in headers:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def in_process() -> Function:
    """Load the handler from model/deployment, as Lambda does: that folder is on the path."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "model" / "deployment"))
    from app import lambdaHandler

    return lambda event: lambdaHandler(event, None)


def emulated(url: str) -> Function:
    """Invoke a function that the runtime interface emulator serves at the URL."""

    def invoke(event: Event) -> Any:
        with urlopen(url, json.dumps(event).encode(), timeout=30) as answer:
            return json.load(answer)

    return invoke


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emulator", help="URL of a runtime interface emulator; else in process")
    url = parser.parse_args().emulator
    port = os.environ.get("PORT") or "8000"
    if not (port.isascii() and port.isdigit() and int(port) < 65_536):
        sys.exit(f"PORT is {port!r}. It must be a whole number from 0 to 65535.")
    try:
        server = LocalApi(emulated(url) if url else in_process(), int(port))
    except RuntimeError as error:  # the model does not load, and says why
        sys.exit(str(error))
    except OSError as error:
        sys.exit(
            f"127.0.0.1:{port} is not free ({error.strerror}). Choose another: PORT=8001 make run"
        )
    print(f"Open {server.url}{EXAMPLE} (Ctrl-C ends)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()

"""A stand-in for the HTTP API: requests in, payload-2.0 events to the function, answers out.

Unlike API Gateway it knows one route and stage.
"""

import json
import os
import re
import socket
import sys
import traceback
from collections.abc import Callable
from email.errors import (
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
    MissingHeaderBodySeparatorDefect,
)
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from predictive_lambda.local.body import Refused, read_body
from predictive_lambda.local.event import LONGEST_BODY, as_query, make_event, read_answer

Function = Callable[[dict[str, Any]], Any]

LONGEST_HEAD = 10_240  # bytes: target and headers, as API Gateway counts them
NO_HEADER = (
    MissingHeaderBodySeparatorDefect,
    FirstHeaderLineIsContinuationDefect,
    InvalidHeaderDefect,
)


class LocalApi(ThreadingHTTPServer):
    """The server; `invoke` calls the function. Port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, invoke: Function, port: int = 0) -> None:
        self.invoke = invoke
        super().__init__(("127.0.0.1", port), Connection)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"

    def shutdown_request(self, request: Any) -> None:
        """Hang up once the client has read the answer: bytes left unread would make TCP drop it."""
        try:
            request.shutdown(socket.SHUT_WR)
            request.settimeout(2)
            while request.recv(65_536):
                pass
        except OSError:
            pass  # it is gone, or it waits
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Leave alone a client that hung up; show everything else."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Connection(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body leave in one write: apart, Nagle holds the second back 40 ms
    disable_nagle_algorithm = True
    server: LocalApi

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):  # every method has the same route
            return self.proxy
        raise AttributeError(name)

    raw_requestline: bytes

    def parse_request(self) -> bool:
        """Parse the head; empty lines before it are skipped (RFC 9112, 2.2)."""
        while self.raw_requestline in (b"\r\n", b"\n"):
            self.raw_requestline = self.rfile.readline(65_537)
        return super().parse_request()

    def handle_expect_100(self) -> bool:
        """Tell a client that waits for it to send its body, at once."""
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def proxy(self) -> None:
        try:
            answered = read_answer(self.server.invoke(self.read_event()))
        except Refused as refused:
            return self.refuse(refused.status)
        except Exception:  # as on AWS, the client learns nothing of it
            traceback.print_exc()
            return self.refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
        self.send(*answered)

    def read_event(self) -> dict[str, Any]:
        """Read the request; raise Refused for what API Gateway would not pass on."""
        headers = [(name, value.strip(" \t")) for name, value in self.headers.items()]
        if sum(len(part) for pair in headers for part in pair) + len(self.path) > LONGEST_HEAD:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if (
            self.request_version == "HTTP/0.9"
            or any(isinstance(defect, NO_HEADER) for defect in self.headers.defects)
            or any(set(value) & {*"\r\n\0"} for _, value in headers)
        ):
            raise Refused(HTTPStatus.BAD_REQUEST)
        # Clients that take this for a proxy send whole URLs.
        target = re.sub("^https?://[^/?]*/?", "/", self.path, count=1, flags=re.IGNORECASE)
        if not target.startswith("/") and target != "*":
            raise Refused(HTTPStatus.BAD_REQUEST)
        try:
            body = read_body(self.headers, self.rfile, LONGEST_BODY)
        except ConnectionError as hung_up:
            raise Refused(HTTPStatus.BAD_REQUEST) from hung_up
        return make_event(self.command, target, headers, body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what http.server cannot parse."""
        self.refuse(HTTPStatus(code))

    def refuse(self, status: HTTPStatus) -> None:
        """Answer in the function's place, and hang up."""
        self.close_connection = True
        self.request_version = self.protocol_version  # else HTTP/0.9, which has no head
        body = json.dumps({"message": status.phrase}).encode()
        self.send(status, {"content-type": "application/json", "connection": "close"}, body)

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.command == "HEAD" or status == HTTPStatus.NO_CONTENT:
            body = b""
        else:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def is_whole_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def in_process() -> Function:
    from app import lambdaHandler as handler  # model/deployment is on the path

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
    from app import MODEL

    example = as_query(MODEL.example)
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

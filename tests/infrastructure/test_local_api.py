"""The local API passes on requests and responses as API Gateway does."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from subprocess import PIPE
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from predictive_lambda.local.api import LONGEST_HEAD, invitation
from predictive_lambda.local.event import LONGEST_EVENT
from tests.engines import EXAMPLE, in_process, over_http, served, started
from tests.table import Row


def echo(event: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.dumps(event)}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(echo) as url:
        yield url


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(url).port or 80), timeout=60)


def exchange(url: str, request: bytes) -> bytes:
    """Send these bytes; return everything that comes back."""
    with connect(url) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def post(body: bytes, media_type: bytes = b"text/plain") -> bytes:
    head = b"POST / HTTP/1.1\r\ncontent-type: %s\r\ncontent-length: %d\r\n\r\n"
    return head % (media_type, len(body)) + body


HEAD = b"GET / HTTP/1.0\r\n"
CHUNKED = b"POST / HTTP/1.1\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
WITHOUT = dict.fromkeys(("queryStringParameters", "body", "cookies"))
REPEATED = {"queryStringParameters": {"lat": "+1,2 3", "x": "", "y": ""}}


@pytest.mark.parametrize(
    ("request_", "status", "expected"),
    [
        (b"GET /%20?c=%2B HTTP/1.0\r\n\r\n", 200, {"rawPath": "/%20", "rawQueryString": "c=%2B"}),
        (b"GET /?lat=%2B1&lat=2+3&x=&y HTTP/1.1\r\n\r\n", 200, REPEATED),
        (b"GET //h/a HTTP/1.0\r\n\r\n", 200, {"rawPath": "//h/a", "headers": {}} | WITHOUT),
        (HEAD + b"X-A:  b: c \t\r\nx:\r\n\r\n", 200, {"headers": {"x-a": "b: c", "x": ""}}),
        (HEAD + b"cookie: a=1; b=2\r\n\r\n", 200, {"cookies": ["a=1", "b=2"]}),
        (post(b"ab"), 200, {"body": "ab", "isBase64Encoded": False}),
        (post(b"\xff"), 200, {"body": "/w==", "isBase64Encoded": True}),
        (post(b"{}", b"image/png"), 200, {"body": "e30=", "isBase64Encoded": True}),
        (CHUNKED + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", 200, {"body": "abc"}),
        (CHUNKED + b"x\r\nab\r\n0\r\n\r\n", 400, {}),
        (b"GET\r\n\r\n", 400, {}),
        (b"GET /" + b"a" * (LONGEST_HEAD - 1) + b" HTTP/1.1\r\n\r\n", 200, {}),
        (b"GET /" + b"a" * LONGEST_HEAD + b" HTTP/1.1\r\n\r\n", 431, {}),
        (HEAD + b"x: " + b"a" * LONGEST_HEAD + b"\r\n\r\n", 431, {}),
        (post(b"a" * LONGEST_EVENT), 413, {}),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else "",
)
def test_a_request_becomes_an_event_or_is_rejected(
    request_: bytes, status: int, expected: dict[str, Any], url: str
) -> None:
    head, _, body = exchange(url, request_).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    event = json.loads(body) if expected else {}
    assert {name: event.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        ({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}, 200, b"\0\xff"),
        ({"statusCode": 204, "body": ""}, 204, b""),
        (None, 500, None),
        ({"statusCode": "ok"}, 500, None),
        ({"statusCode": 200, "headers": {"x": "a\r\nforged: header"}}, 500, None),
        ({"statusCode": 200, "body": 1}, 500, None),
        ({"statusCode": 200, "body": "x" * (LONGEST_EVENT + 1)}, 500, None),
        ({"statusCode": 200, "body": "%", "isBase64Encoded": True}, 500, None),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_functions_answer_becomes_a_response(answer: Any, status: int, body: Any) -> None:
    with served(lambda _: answer) as url:
        response = over_http(url)(Row("any"))
    assert response.status == status and body in (response.body, None)
    assert ("content-length" in response.headers) == (status != 204)


def test_a_crash_is_logged_but_not_revealed(caplog: pytest.LogCaptureFixture) -> None:
    with served(lambda event: event["secret"]) as url:
        answer = over_http(url)(Row("any"))
    assert answer.status == 500 and "secret" not in answer.text
    assert "KeyError: 'secret'" in caplog.text


def test_a_head_request_gets_the_headers_of_a_get_and_the_connection_lives_on(url: str) -> None:
    received = exchange(url, b"HEAD / HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n")
    first, second, body = received.split(b"\r\n\r\n")
    assert b"Content-Length: " in first
    assert second.startswith(b"HTTP/1.1 200") and json.loads(body)["rawPath"] == "/next"


def test_64_requests_are_served_at_once_while_others_idle() -> None:
    meeting = threading.Barrier(64, timeout=60)

    def meet(event: dict[str, Any]) -> dict[str, Any]:
        meeting.wait()  # returns once 64 requests are here
        return {"statusCode": 200}

    with ExitStack() as stack:
        url, pool = stack.enter_context(served(meet)), stack.enter_context(ThreadPoolExecutor(64))
        for _ in range(150):
            stack.enter_context(connect(url))
        answers = pool.map(over_http(url), [Row("any")] * 64)
        assert {answer.status for answer in answers} == {200}


def test_an_example_too_long_for_a_url_is_posted() -> None:
    """As happens for a model with many columns."""
    parameters = [{"name": f"column_{i}", "example": 1.5} for i in range(1000)]
    content = {"application/json": {"example": {"points": [[1.5]]}}}
    root = {"get": {"parameters": parameters}, "post": {"requestBody": {"content": content}}}
    document = {"statusCode": 200, "body": json.dumps({"paths": {"/": root}})}
    curl = """curl http://h/ -H 'content-type: application/json' -d '{"points": [[1.5]]}'"""
    assert invitation("http://h/", lambda _: document) == f"Run {curl}"


LOCAL_API = [sys.executable, "-P", "-m", "predictive_lambda.local.api"]


def test_it_prints_the_url_serves_it_and_ends_quietly_on_ctrl_c() -> None:
    with started(LOCAL_API, env=os.environ | {"PORT": "0"}, stderr=PIPE) as (process, url):
        assert url.startswith("http://127.0.0.1:") and url.endswith(EXAMPLE.target)
        with urlopen(url, timeout=60) as response:
            assert response.read().decode() == in_process(EXAMPLE).text
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("port", ["taken", "eighty", "70000"])
def test_a_port_that_cannot_be_used_is_explained(port: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = port.replace("taken", str(taken.getsockname()[1]))
        environment = os.environ | {"PORT": port}
        done = subprocess.run(LOCAL_API, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    explanation = rf"Port {port} cannot be used \(.+\)\. Choose another: PORT=8001\n"
    assert re.fullmatch(explanation, done.stderr)


@pytest.mark.parametrize(
    ("module", "unneeded"), [("api", {"aws_cdk"}), ("image", {"aws_cdk", "app", "sklearn"})]
)
def test_it_loads_only_what_it_needs(module: str, unneeded: set[str]) -> None:
    code = f"import sys, predictive_lambda.local.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "waitress" in loaded and not unneeded & loaded

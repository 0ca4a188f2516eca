"""The local API reads HTTP/1.1 as it may be sent: bytes in, one event or a refusal out."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engines import served

GET = b"GET /a?b=c HTTP/1.1\r\n"
POST = b"POST / HTTP/1.1\r\ncontent-type: text/plain\r\n"
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
MEGABYTES = 1024 * 1024


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(lambda event: {"statusCode": 200, "body": json.dumps(event)}) as url:
        yield url


def send(url: str, request: bytes) -> list[tuple[int, Any]]:
    """Send the bytes; return the status and the JSON of each answer until it hangs up."""
    host, port = url.removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65_536), b""))
    answers = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answers.append((int(head.split()[1]), json.loads(rest[:size])))
        received = rest[size:]
    return answers


def header(*lines: bytes) -> bytes:
    return GET + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def post(*lines: bytes, body: bytes) -> bytes:
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        # request line
        (b"GET / HTTP/1.1\r\n\r\n", {"rawPath": "/", "rawQueryString": ""}),
        (b"\r\nGET /a HTTP/1.1\r\n\r\n", {"rawPath": "/a"}),
        (b"\r\n\n\r\nGET /a HTTP/1.1\r\n\r\n", {"rawPath": "/a"}),
        (b"GET /a HTTP/1.0\r\n\r\n", {"rawPath": "/a"}),
        (b"GET /a%20b?c=%2B HTTP/1.1\r\n\r\n", {"rawPath": "/a%20b", "rawQueryString": "c=%2B"}),
        (b"GET http://h/healthz HTTP/1.1\r\n\r\n", {"rawPath": "/healthz"}),
        (b"GET HTTP://h:80/a?b=c HTTP/1.1\r\n\r\n", {"rawPath": "/a", "rawQueryString": "b=c"}),
        (b"GET https://h?b=/c HTTP/1.1\r\n\r\n", {"rawPath": "/", "rawQueryString": "b=/c"}),
        (b"GET http://h HTTP/1.1\r\n\r\n", {"rawPath": "/"}),
        (b"GET http://[ HTTP/1.1\r\n\r\n", {"rawPath": "/"}),
        (b"GET /http://h/a HTTP/1.1\r\n\r\n", {"rawPath": "/http://h/a"}),
        (b"OPTIONS * HTTP/1.1\r\n\r\n", {"rawPath": "*"}),
        (b"BREW / HTTP/1.1\r\n\r\n", {"requestContext.http.method": "BREW"}),
        # headers
        (header(b"X-A:  b \t"), {"headers": {"x-a": "b"}}),
        (header(b"x:"), {"headers": {"x": ""}}),
        (header(b"x: a", b"X: b"), {"headers": {"x": "a,b"}}),
        (header(b"x: a: b"), {"headers": {"x": "a: b"}}),
        (header(b"x: a\x0cb: c"), {"headers": {"x": "a\x0cb: c"}}),
        (header(b"x: a\x0bb: c"), {"headers": {"x": "a\x0bb: c"}}),
        (header(b"x: a\x1cb: c"), {"headers": {"x": "a\x1cb: c"}}),
        (header(b"x: a\x85b: c"), {"headers": {"x": "a\x85b: c"}}),
        (header(b"cookie: a=1; b=2"), {"cookies": ["a=1", "b=2"], "headers": {}}),
        (header(b"cookie: " + b"\xc3\xa9" * 2_000), {"headers": {}}),
        (header(b"x: " + b"a" * 10_229), {}),
        (header(b"content-type: multipart/form-data"), {}),
        (header(b"content-type: multipart/form-data; boundary=x"), {}),
        # bodies
        (post(b"content-length: 2", body=b"ab"), {"body": "ab"}),
        (post(b"content-length: 2 ", body=b"ab"), {"body": "ab"}),
        (post(b"content-length:\t2", body=b"ab"), {"body": "ab"}),
        (post(b"content-length: 002", body=b"ab"), {"body": "ab"}),
        (post(b"content-length: 2", b"content-length: 2", body=b"ab"), {"body": "ab"}),
        (post(b"content-length: 2, 2", body=b"ab"), {"body": "ab"}),
        (post(b"content-length: 0", body=b""), {"isBase64Encoded": False}),
        (CHUNKED + b"2\r\nab\r\n0\r\n\r\n", {"body": "ab"}),
        (CHUNKED + b"1\r\na\r\n1\r\nb\r\n0\r\n\r\n", {"body": "ab"}),
        (CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n", {"body": "0123456789"}),
        (CHUNKED + b"2;name=value\r\nab\r\n00\r\n\r\n", {"body": "ab"}),
        (CHUNKED + b"2\r\n\r\n\r\n0\r\n\r\n", {"body": "\r\n"}),
        (CHUNKED + b"2\r\nab\r\n0\r\ntrailer: x\r\n\r\n", {"body": "ab"}),
        (CHUNKED.replace(b"chunked", b"Chunked") + b"0\r\n\r\n", {"isBase64Encoded": False}),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else "",
)
def test_what_may_be_sent_becomes_an_event(
    request_: bytes, expected: dict[str, Any], url: str
) -> None:
    [(status, event)] = send(url, request_)
    assert status == 200
    for path, value in expected.items():
        found = event
        for key in path.split("."):
            found = found[key]
        assert found == value


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        # request line
        (b"GET /\r\n\r\n", 400),  # HTTP/0.9
        (b"GET\r\n\r\n", 400),
        (b"GET / a HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/x\r\n\r\n", 400),
        (b"GET / FTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"GET a HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT h:80 HTTP/1.1\r\n\r\n", 400),
        (b"GET ftp://h/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET /" + b"a" * 10_240 + b" HTTP/1.1\r\n\r\n", 431),
        # headers
        (header(b"no header"), 400),
        (header(b"no header", b"x: a"), 400),
        (header(b"x : a"), 400),
        (header(b": a"), 400),
        (header(b" x: a"), 400),
        (header(b"x: a", b" folded"), 400),
        (header(b"x: a\0"), 400),
        (header(b"x: " + b"a" * 10_240), 431),
        (header(b"cookie: " + b"\xc3\xa9" * 6_000), 431),
        (header(*(b"x%d: a" % i for i in range(200))), 431),
        # bodies
        (post(b"content-length: 2", b"content-length: 3", body=b"abc"), 400),
        (post(b"content-length: 2, 3", body=b"abc"), 400),
        (post(b"content-length: -1", body=b""), 400),
        (post(b"content-length: +1", body=b"a"), 400),
        (post(b"content-length: 1_0", body=b"0123456789"), 400),
        (post(b"content-length: 0x1", body=b"a"), 400),
        (post(b"content-length: \xb2", body=b"ab"), 400),
        (post(b"content-length: many", body=b""), 400),
        (post(b"content-length:", body=b""), 400),
        (post(b"content-length: " + b"9" * 5_000, body=b""), 413),
        (post(b"content-length: %d" % (7 * MEGABYTES), body=b"a" * 7 * MEGABYTES), 413),
        (post(b"content-length: 2", b"transfer-encoding: chunked", body=b"0\r\n\r\n"), 400),
        (post(b"transfer-encoding: gzip", body=b""), 501),
        (post(b"transfer-encoding: gzip, chunked", body=b"0\r\n\r\n"), 501),
        (post(b"transfer-encoding: chunked", b"transfer-encoding: chunked", body=b""), 501),
        (CHUNKED + b"x\r\nab\r\n0\r\n\r\n", 400),
        (CHUNKED + b"-2\r\nab\r\n0\r\n\r\n", 400),
        (CHUNKED + b"0x2\r\nab\r\n0\r\n\r\n", 400),
        (CHUNKED + b"\r\nab\r\n0\r\n\r\n", 400),
        (CHUNKED + b"2\nab\r\n0\r\n\r\n", 400),
        (CHUNKED + b"1\r\nab\r\n0\r\n\r\n", 400),
        (CHUNKED + b"2;" + b"a" * 20_000 + b"\r\nab\r\n0\r\n\r\n", 400),
        (CHUNKED + b"%x\r\n" % (7 * MEGABYTES) + b"a" * 7 * MEGABYTES, 413),
        (CHUNKED + (b"100000\r\n" + b"a" * MEGABYTES + b"\r\n") * 7 + b"0\r\n\r\n", 413),
    ],
    ids=lambda value: repr(value[-60:][:60]) if isinstance(value, bytes) else "",
)
def test_what_may_not_be_sent_is_refused_and_ends_the_connection(
    request_: bytes, status: int, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    [(found, answer)] = send(url, request_ + GET + b"\r\n")
    assert found == status
    assert answer.keys() == {"message"}
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "first",
    [header(), post(b"content-length: 2", body=b"ab"), CHUNKED + b"2\r\nab\r\n0\r\nx: y\r\n\r\n"],
    ids=["no body", "with its length", "in chunks"],
)
def test_the_next_request_begins_where_the_body_ends(first: bytes, url: str) -> None:
    [_, (status, event)] = send(url, first + b"GET /next HTTP/1.1\r\n\r\n")
    assert (status, event["rawPath"]) == (200, "/next")


@pytest.mark.parametrize(
    "request_",
    [post(b"content-length: 3", body=b"ab"), CHUNKED + b"2\r\nab\r\n", CHUNKED + b"0\r\n"],
    ids=["with its length", "between chunks", "before the end"],
)
def test_a_body_that_ends_too_early_is_refused(request_: bytes, url: str) -> None:
    [(status, _)] = send(url, request_)
    assert status == 400

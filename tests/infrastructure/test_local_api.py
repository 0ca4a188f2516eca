"""The local API calls the function and reads its answers as API Gateway does."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from predictive_lambda.local.api import LocalApi
from tests.engines import EXAMPLE, in_process

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def serving(function: Callable[[dict[str, Any]], Any]) -> Iterator[http.client.HTTPConnection]:
    with LocalApi(function) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
        try:
            yield connection
        finally:
            connection.close()
            server.shutdown()
            thread.join()


def echo(event: dict[str, Any]) -> dict[str, Any]:
    return {"statusCode": 200, "body": json.dumps(event)}


def test_base64_answers_are_decoded() -> None:
    with serving(lambda _: {"statusCode": 200, "body": "AP8=", "isBase64Encoded": True}) as client:
        client.request("GET", "/")
        assert client.getresponse().read() == b"\x00\xff"


def test_a_crash_is_500_and_tells_the_client_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(lambda event: event["secret"]) as client:
        client.request("GET", "/")
        response = client.getresponse()
        assert response.status == 500
        assert json.load(response) == {"message": "Internal Server Error"}
    assert "KeyError: 'secret'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "no answer"),
        ({"body": "x"}, "no status"),
        ({"statusCode": "ok"}, "no number"),
        ({"statusCode": 99}, "none of HTTP's"),
        ({"statusCode": 200, "headers": {"x": "a\r\nb: c"}}, "a header that forges another"),
        ({"statusCode": 200, "headers": {"x": "\u20ac"}}, "a header that no byte can say"),
        ({"statusCode": 200, "headers": ["x"]}, "no headers"),
        ({"statusCode": 200, "body": 1}, "no text"),
        ({"statusCode": 200, "body": "x" * (6 * 1024 * 1024 + 1)}, "more than Lambda lets out"),
        ({"statusCode": 200, "body": "%", "isBase64Encoded": True}, "not base64"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_answer_that_is_none_is_500(answer: Any, why: str) -> None:
    with serving(lambda _: answer) as client:
        client.request("GET", "/")
        assert client.getresponse().status == 500


def test_a_connection_serves_many_requests_without_pause() -> None:
    """Nagle's algorithm would make each of them wait for 40 ms, also on the fastest machine."""
    times = []
    with serving(echo) as client:
        for _ in range(50):
            start = time.perf_counter()
            client.request("POST", "/", b"{}", {"content-type": "application/json"})
            client.getresponse().read()
            times.append(time.perf_counter() - start)
    assert min(times[25:]) < 0.04  # TCP is in no hurry to acknowledge later on


def test_requests_are_served_at_once() -> None:
    meeting = threading.Barrier(8, timeout=60)

    def meet(event: dict[str, Any]) -> dict[str, Any]:
        meeting.wait()  # returns only when eight requests are here
        return {"statusCode": 200}

    with serving(meet) as client, ThreadPoolExecutor(8) as pool:
        url = f"http://127.0.0.1:{client.port}/"
        statuses = list(pool.map(lambda _: urlopen(url, timeout=60).status, range(8)))
    assert statuses == [200] * 8


def test_clients_that_hang_up_do_no_harm(capfd: pytest.CaptureFixture[str]) -> None:
    with serving(echo) as client:
        for sent in (b"", b"GET / HT", b"POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf"):
            with socket.create_connection(("127.0.0.1", client.port or 0)) as hasty:
                hasty.sendall(sent)
        client.request("GET", "/")
        assert client.getresponse().status == 200
    assert "Traceback" not in capfd.readouterr().err


def test_a_client_that_waits_for_it_is_told_to_go_on() -> None:
    with (
        serving(echo) as client,
        socket.create_connection(("127.0.0.1", client.port or 0), timeout=60) as patient,
    ):
        patient.sendall(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert patient.recv(100).startswith(b"HTTP/1.1 100")
        patient.sendall(b"{}")
        assert patient.recv(100).startswith(b"HTTP/1.1 200")


def start(port: object, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "predictive_lambda.local.api"],
        cwd=folder,
        env=os.environ | {"PORT": str(port), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_prints_the_url_serves_it_and_ends_quietly(tmp_path: Path) -> None:
    process = start(0, tmp_path)
    assert process.stdout
    line = process.stdout.readline()
    found = re.fullmatch(r"Open (http://127\.0\.0\.1:\d+/(.*)) \(Ctrl-C ends\)\n", line)
    assert found, line
    assert found[2] == EXAMPLE.target.removeprefix("/")
    with urlopen(found[1], timeout=60) as response:
        assert response.read().decode() == in_process(EXAMPLE).text
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in errors


def test_a_port_that_is_taken_or_none_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, errors = (process := start(port, tmp_path)).communicate(timeout=60)
    assert process.returncode == 1
    assert errors.startswith(f"Port {port} cannot be used (Address already in use)")
    assert len(errors.splitlines()) == 1
    _, errors = (process := start("eighty", tmp_path)).communicate(timeout=60)
    assert errors == "PORT is 'eighty'. It must be a whole number from 0 to 65535.\n"


def test_it_needs_no_cdk() -> None:
    code = "import sys, predictive_lambda.local.api; sys.exit('aws_cdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0

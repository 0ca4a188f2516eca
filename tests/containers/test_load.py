"""10,000 requests, 64 at a time: every answer is right, and memory stays flat."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import quantiles
from subprocess import PIPE, Popen

import pytest

from predictive_lambda.local.image import Container, docker
from tests.engines import in_process, over_http, runtime_pid, served
from tests.table import Row, all_rows

ROOT = Path(__file__).resolve().parents[2]
REQUESTS, AT_ONCE = 10_000, 64
pytestmark = pytest.mark.proof


def load(url: str, memory: Callable[[], float]) -> str:
    """Send the rows again and again; return how long they took, and the memory in MB."""
    rows = [row for row in all_rows() if row.method in ("GET", "POST")]
    expected = [in_process(row) for row in rows]
    send = over_http(url)

    def ask(number: int) -> float:
        row: Row = rows[number % len(rows)]
        begun = time.monotonic()
        answer = send(row)
        took = time.monotonic() - begun
        right = expected[number % len(rows)]
        assert (answer.status, answer.text) == (right.status, right.text), row.rule
        return 1000 * took

    with ThreadPoolExecutor(AT_ONCE) as clients:
        list(clients.map(ask, range(REQUESTS)))  # until the allocator's arenas have grown
        before, begun = memory(), time.monotonic()
        ms = list(clients.map(ask, range(REQUESTS)))
        rate, after = REQUESTS / (time.monotonic() - begun), memory()
    assert after < before * 1.1
    [p50, p99] = [quantiles(ms, n=100)[i] for i in (49, 98)]
    return (
        f"{REQUESTS:,} answers are right: {rate:.0f} a second; p50 {p50:.0f} ms, p99 {p99:.0f} ms, "
        f"longest {max(ms):.0f} ms; memory {before:.0f} MB before, {after:.0f} MB after"
    )


def test_the_local_api_under_load(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-P", "-m", "predictive_lambda.local.api"]
    environment = os.environ | {"PORT": "0"}
    with Popen(command, cwd=ROOT, env=environment, stdout=PIPE, stderr=subprocess.DEVNULL) as api:
        assert api.stdout
        line = re.search(rb"http://\S+?/", api.stdout.readline())
        assert line

        def memory() -> float:
            resident = subprocess.check_output(["ps", "-o", "rss=", "-p", str(api.pid)])
            return int(resident) / 1024

        try:
            figures = load(line[0].decode(), memory)
        finally:
            api.terminate()
    with capsys.disabled():
        print(f"\nThe local API, {AT_ONCE} at once: {figures}")


def test_the_container_under_load(serving: Container, capsys: pytest.CaptureFixture[str]) -> None:
    """One container answers one request at a time, as on Lambda; the others wait."""

    def memory() -> float:
        status = f"/proc/{runtime_pid(serving)}/status"
        lines = docker("exec", serving.name, "cat", status)
        [resident] = re.findall(r"VmRSS:\s+(\d+) kB", lines)
        return int(resident) / 1024

    with served(serving) as url:
        serving({"rawPath": "/healthz"})  # it starts with its first request
        figures = load(url, memory)
    with capsys.disabled():
        print(f"\nOne container, {AT_ONCE} requests at once: {figures}")

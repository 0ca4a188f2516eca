"""10,000 requests, 64 at a time: every answer is right, and memory stays flat."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles

import pytest

from predictive_lambda.local.image import Container
from tests.engines import in_process, over_http, resident_kb, served
from tests.table import all_rows

REQUESTS, AT_ONCE = 10_000, 64


@pytest.mark.proof
def test_the_container_under_load(serving: Container, capsys: pytest.CaptureFixture[str]) -> None:
    """One container answers one request at a time, as on Lambda; the others wait."""
    rows = [row for row in all_rows() if row.method in ("GET", "POST")]
    expected = [in_process(row) for row in rows]

    def ask(number: int) -> float:
        row, right = rows[number % len(rows)], expected[number % len(rows)]
        begun = time.monotonic()
        answer = send(row)
        took = time.monotonic() - begun
        assert (answer.status, answer.text) == (right.status, right.text), row.rule
        return 1000 * took

    with served(serving) as url, ThreadPoolExecutor(AT_ONCE) as clients:
        send = over_http(url)
        list(clients.map(ask, range(REQUESTS)))  # until the allocator's arenas have grown
        before, begun = resident_kb(serving), time.monotonic()
        ms = list(clients.map(ask, range(REQUESTS)))
        rate = REQUESTS / (time.monotonic() - begun)
        assert resident_kb(serving) < before * 1.1
    p99 = quantiles(ms, n=100)[98]
    with capsys.disabled():
        print(f"\nOne container, {AT_ONCE} at once: {rate:.0f} a second; p99 {p99:.0f} ms")

"""Faults and load in a real container: what the client sees, and what the log says."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import quantiles

import pytest

from predictive_lambda.local.event import make_event
from predictive_lambda.local.image import (
    MODEL,
    TIMEOUT_S,
    Container,
    EngineError,
    container,
    docker,
)
from tests.engines import EXAMPLE, in_process, over_http, resident_kb, runtime_pid, served
from tests.table import all_rows

ANSWERED = (200, in_process(EXAMPLE).text)
ADVICE = "Train the model again: make train."
# A model needs about twice the size of its pickle while it is loaded.
ENOUGH_MB = 128 + 2 * sum(path.stat().st_size for path in MODEL.glob("*.pkl")) // 10**6
REQUESTS, AT_ONCE = 10_000, 64
# A handler that logs what it received, as yours may, and fails.
CHATTY = """
import logging
from app import lambdaHandler as served
def lambdaHandler(event, context):
    logging.getLogger(__name__).warning("asked for %s", event["rawPath"])
    if event["rawPath"] == "/":
        return served(event, context)
    raise ValueError(event["rawPath"])
"""
FORGED = '\n{"level": "ERROR", "requestId": "forged"}\r\n{"_aws": {}}\n\u2028{}'


@contextmanager
def changed(image: str, *instructions: str) -> Iterator[Container]:
    """Run the image with more instructions in its Dockerfile."""
    name, dockerfile = f"{image}-changed", "\n".join([f"FROM {image}", *instructions])
    docker("build", "--force-rm", "--tag", name, "-", stdin=dockerfile)
    with container(name) as running:
        yield running
    docker("rmi", name)


def ask(running: Container) -> tuple[int, str]:
    """Send the model's example through the local API; return the status and body sent."""
    with served(running) as url:
        answer = over_http(url)(EXAMPLE)
        return answer.status, answer.text


def memory(limit: str) -> tuple[str, ...]:
    """Options that limit memory, without swap."""
    return "--memory", limit, "--memory-swap", limit


def test_an_image_with_a_truncated_pickle_fails_at_start_and_says_why(serving_image: str) -> None:
    """tests/serving/test_artefacts.py has all such cases; this is how Lambda reports them."""
    with changed(serving_image, "RUN truncate --size 100 *.pkl") as running:
        assert ask(running)[0] == 500
        assert ask(running)[0] == 500  # and does not recover by itself
        log = running.logs().splitlines()
    sentences = [line for line in log if line.startswith("[ERROR] ArtefactError: ")]
    assert sentences
    assert all("is not the model that" in s and s.endswith(ADVICE) for s in sentences)


def test_128_mb_and_twice_the_pickle_is_enough(serving_image: str) -> None:
    with container(serving_image, *memory(f"{ENOUGH_MB}m")) as running:
        assert [ask(running) for _ in range(3)] == [ANSWERED] * 3


def test_the_log_says_that_memory_ran_out_and_more_helps(serving_image: str) -> None:
    with container(serving_image, *memory("24m")) as running:
        assert ask(running)[0] == 500
        assert "signal: killed" in running.logs()
        docker("update", *memory(f"{4 * ENOUGH_MB}m"), running.name)
        assert ask(running) == ANSWERED


@pytest.mark.proof
def test_a_request_times_out_after_15_seconds_and_the_next_is_answered(
    serving: Container, caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(serving) == ANSWERED
    docker("exec", serving.name, "sh", "-c", f"kill -STOP {runtime_pid(serving)}")
    begun = time.monotonic()
    assert ask(serving)[0] == 500
    assert TIMEOUT_S <= time.monotonic() - begun < TIMEOUT_S + 3
    assert f"Task timed out after {TIMEOUT_S}.00 seconds" in caplog.text
    assert ask(serving) == ANSWERED


def test_a_stopped_container_is_reported(
    serving_image: str, caplog: pytest.LogCaptureFixture
) -> None:
    with container(serving_image) as running:
        assert ask(running) == ANSWERED
        docker("kill", running.name)
        assert ask(running)[0] == 500
        assert "ConnectionRefusedError" in caplog.text


def test_log_lines_have_the_request_id_and_cannot_be_forged(serving_image: str) -> None:
    """In the stack's format: a line of JSON for each event."""
    write = f"import pathlib; pathlib.Path('chatty.py').write_text({CHATTY!r})"
    instructions = (
        f"RUN {json.dumps(['python', '-c', write])}",
        'CMD ["chatty.lambdaHandler"]',
        "ENV AWS_LAMBDA_LOG_FORMAT=JSON",
    )
    with changed(serving_image, *instructions) as running:
        running(make_event("GET", EXAMPLE.target))
        with pytest.raises(EngineError, match="forged"):
            running(make_event("GET", "/") | {"rawPath": FORGED})
        written = running.logs()
    ids = re.findall(r"^START RequestId: (\S+) ", written, re.MULTILINE)
    lines = [json.loads(line) for line in written.split("\n") if line.startswith("{")]
    logged = [line for line in lines if "_aws" not in line]
    assert [(line["level"], line["requestId"]) for line in logged] == [
        ("WARNING", ids[0]),
        ("WARNING", ids[1]),
        ("ERROR", ids[1]),
    ]
    assert logged[1]["message"] == f"asked for {FORGED}"
    assert logged[2]["errorMessage"] == FORGED
    assert len(lines) - len(logged) <= 1  # the metrics of the answered request


@pytest.mark.proof
def test_under_load_every_answer_is_right_and_memory_stays_flat(
    serving: Container, capsys: pytest.CaptureFixture[str]
) -> None:
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
    with capsys.disabled():
        p99 = quantiles(ms, n=100)[98]
        print(f"\nOne container, {AT_ONCE} at once: {rate:.0f} a second; p99 {p99:.0f} ms")

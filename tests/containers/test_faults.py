"""Faults in a real container: what the client sees, and what the log says."""

import time

import pytest

from predictive_lambda.local.image import MODEL, TIMEOUT_S, Container, container, docker
from tests.engines import EXAMPLE, in_process, over_http, runtime_pid, served

ANSWERED = (200, in_process(EXAMPLE).text)
FAILED = (500, '{"message":"Internal Server Error"}')
ADVICE = "Train the model again: make train."
# A model needs about twice the size of its pickle while it is loaded.
ENOUGH_MB = 128 + 2 * sum(path.stat().st_size for path in MODEL.glob("*.pkl")) // 10**6


def test_an_image_with_a_truncated_pickle_fails_at_start_and_says_why(serving_image: str) -> None:
    """tests/serving/test_artefacts.py has all such cases; this is how Lambda reports them."""
    spoilt = f"{serving_image}-spoilt"
    dockerfile = f"FROM {serving_image}\nRUN truncate --size 100 *.pkl\n"
    docker("build", "--force-rm", "--tag", spoilt, "-", stdin=dockerfile)
    with container(spoilt) as running:
        assert ask(running) == FAILED
        assert ask(running) == FAILED  # and does not recover by itself
        log = running.logs().splitlines()
        sentences = [line for line in log if line.startswith("[ERROR] ArtefactError: ")]
        assert sentences
        assert all("is not the model that" in s and s.endswith(ADVICE) for s in sentences)
    docker("rmi", spoilt)


def test_128_mb_and_twice_the_pickle_is_enough(serving_image: str) -> None:
    with container(serving_image, *memory(f"{ENOUGH_MB}m")) as running:
        assert [ask(running) for _ in range(3)] == [ANSWERED] * 3


def test_the_log_says_that_memory_ran_out_and_more_helps(serving_image: str) -> None:
    with container(serving_image, *memory("24m")) as running:
        assert ask(running) == FAILED
        assert "signal: killed" in running.logs()
        docker("update", *memory(f"{4 * ENOUGH_MB}m"), running.name)
        assert ask(running) == ANSWERED


@pytest.mark.proof
def test_a_request_times_out_after_15_seconds_and_the_next_is_answered(
    serving: Container, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(serving) == ANSWERED
    docker("exec", serving.name, "sh", "-c", f"kill -STOP {runtime_pid(serving)}")
    begun = time.monotonic()
    assert ask(serving) == FAILED
    assert TIMEOUT_S <= time.monotonic() - begun < TIMEOUT_S + 3
    assert f"Task timed out after {TIMEOUT_S}.00 seconds" in capfd.readouterr().err
    assert ask(serving) == ANSWERED


def test_a_stopped_container_is_reported(
    serving_image: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with container(serving_image) as running:
        assert ask(running) == ANSWERED
        docker("kill", running.name)
        assert ask(running) == FAILED
        assert "ConnectionRefusedError" in capfd.readouterr().err


def ask(running: Container) -> tuple[int, str]:
    """Send the model's example through the local API; return the status and body sent."""
    with served(running) as url:
        answer = over_http(url)(EXAMPLE)
        return answer.status, answer.text


def memory(limit: str) -> tuple[str, ...]:
    """Options that limit memory, without swap."""
    return "--memory", limit, "--memory-swap", limit

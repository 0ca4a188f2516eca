"""What goes wrong in a real container: a fault in, what the client sees and the log says out."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import runtime_pid, served
from predictive_lambda.local_image import TIMEOUT_S, Container, container, docker
from request_table import HERE, OLNEY, Row
from smoke import over_http

FAILED = (500, '{"message": "Internal Server Error"}')
MEND = "run ./trainmodel.sh"

# Instructions that spoil the serving image, and what the log must say of it.
SPOILT = {
    "the pickle is missing": ("RUN rm chipotle.pkl", "chipotle.pkl cannot be read"),
    "the manifest is missing": ("RUN rm chipotle.json", "chipotle.json cannot be read"),
    "the pickle is truncated": (
        "RUN truncate --size 1000 chipotle.pkl",
        "is not the model that chipotle.json describes",
    ),
    "the pickle would run code": (
        """RUN echo 'import os, pickle, sys' > /tmp/swap.py \\
            && echo 'class Code:' >> /tmp/swap.py \\
            && echo '    def __reduce__(self): return os.mkdir, ("/tmp/mark",)' >> /tmp/swap.py \\
            && echo 'pickle.dump(Code(), open("chipotle.pkl", "wb"))' >> /tmp/swap.py \\
            && python /tmp/swap.py""",
        "is not the model that chipotle.json describes",
    ),
    "scikit-learn is another": (
        "RUN pip install --no-cache-dir --quiet --root-user-action ignore scikit-learn==1.8.0",
        "was trained with scikit-learn 1.9.1, but here is 1.8.0",
    ),
}


@pytest.fixture
def spoil(serving_image: str) -> Iterator[Callable[[str], str]]:
    """Build the serving image with one instruction more; the image is removed in the end."""
    spoilt = f"{serving_image}-spoilt"

    def build(instruction: str) -> str:
        dockerfile = f"FROM {serving_image}\n{instruction}\n"
        docker("build", "--force-rm", "--tag", spoilt, "-", stdin=dockerfile)
        return spoilt

    yield build
    docker("rmi", spoilt)


@pytest.mark.parametrize("fault", SPOILT)
def test_an_image_that_is_amiss_refuses_to_start_and_says_why(
    fault: str, spoil: Callable[[str], str]
) -> None:
    instruction, reason = SPOILT[fault]
    with container(spoil(instruction)) as running:
        assert ask(running) == FAILED
        assert ask(running) == FAILED  # and does not recover by itself
        log = running.logs().splitlines()
        sentences = [line for line in log if line.startswith("[ERROR] ArtefactError: ")]
        assert sentences
        assert all(reason in line and line.endswith(MEND) for line in sentences)
        assert "mark" not in docker("exec", running.name, "ls", "/tmp")


def test_128_mb_are_enough(serving_image: str) -> None:
    with container(serving_image, *memory("128m")) as running:
        assert [ask(running) for _ in range(3)] == [(200, OLNEY)] * 3


def test_too_little_memory_is_named_in_the_log_and_more_of_it_mends(serving_image: str) -> None:
    with container(serving_image, *memory("24m")) as running:
        assert ask(running) == FAILED
        assert "signal: killed" in running.logs()
        docker("update", *memory("512m"), running.name)
        assert ask(running) == (200, OLNEY)


def test_a_tenth_of_a_cpu_answers_or_times_out_and_more_of_it_mends(serving_image: str) -> None:
    with container(serving_image, "--cpus", "0.1") as running:
        begun = time.monotonic()
        answered = ask(running)
        took = time.monotonic() - begun
        assert answered == ((200, OLNEY) if took < TIMEOUT_S else FAILED)
        docker("update", "--cpus", "2", running.name)
        assert ask(running) == (200, OLNEY)


def test_a_runtime_killed_between_requests_costs_one_answer(serving: Container) -> None:
    assert ask(serving) == (200, OLNEY)
    signal_runtime(serving, "KILL")
    time.sleep(0.5)  # for the emulator to notice
    assert ask(serving) == FAILED
    assert "signal: killed" in serving.logs()
    assert ask(serving) == (200, OLNEY)


def test_a_runtime_killed_during_a_request_costs_its_answer(serving: Container) -> None:
    assert ask(serving) == (200, OLNEY)
    signal_runtime(serving, "STOP")
    with ThreadPoolExecutor() as client:
        answer = client.submit(ask, serving)
        time.sleep(1)
        signal_runtime(serving, "KILL")
        assert answer.result() == FAILED
    assert ask(serving) == (200, OLNEY)


def test_a_request_is_given_up_after_15_seconds_and_the_next_is_answered(
    serving: Container, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(serving) == (200, OLNEY)
    signal_runtime(serving, "STOP")
    begun = time.monotonic()
    assert ask(serving) == FAILED
    assert TIMEOUT_S <= time.monotonic() - begun < TIMEOUT_S + 3
    assert f"Task timed out after {TIMEOUT_S}.00 seconds" in capfd.readouterr().err
    assert ask(serving) == (200, OLNEY)


def test_a_container_that_ended_is_a_sentence(
    serving_image: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with container(serving_image) as running:
        assert ask(running) == (200, OLNEY)
        docker("kill", running.name)
        assert ask(running) == FAILED
        assert "EngineError: The container has ended" in capfd.readouterr().err


def ask(running: Container) -> tuple[int, str]:
    """Ask for the nearest store through the local API; return the status and body sent."""
    with served(running) as url:
        answer = over_http(url)(Row("the nearest", HERE))
        return answer.status, answer.text


def memory(limit: str) -> tuple[str, ...]:
    """Options that limit memory, with no swap to flee to."""
    return "--memory", limit, "--memory-swap", limit


def signal_runtime(running: Container, name: str) -> None:
    pid = runtime_pid(running)
    docker("exec", running.name, "sh", "-c", f"kill -{name} {pid}")

"""Trouble with the engine, and interruptions: a sentence out, and nothing left behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from predictive_lambda.local.image import EngineError, build, docker
from tests.engines import EXAMPLE, in_process

ROOT = Path(__file__).resolve().parents[2]
RUN_IMAGE = [sys.executable, "-m", "predictive_lambda.local.image"]
TRAIN = [str(ROOT / "model" / "trainmodel.sh")]


@pytest.mark.parametrize("command", [RUN_IMAGE, TRAIN], ids=["run-image", "train"])
def test_without_an_engine_a_sentence_says_what_to_install(command: list[str]) -> None:
    said = failed(command, CDK_DOCKER="nowhere")
    assert "there is no nowhere. install docker" in said.lower()


@pytest.mark.parametrize("command", [RUN_IMAGE, TRAIN], ids=["run-image", "train"])
def test_an_engine_that_does_not_answer_is_a_sentence(command: list[str]) -> None:
    assert "Start Docker Desktop or the docker service" in failed(
        command, DOCKER_HOST="unix:///nowhere.sock"
    )


def test_an_image_that_does_not_build_is_a_sentence_and_leaves_no_container(
    serving_image: str, tmp_path: Path
) -> None:
    of_this_image = ("ps", "--all", "--quiet", "--filter", f"ancestor={serving_image}")
    before = docker(*of_this_image)
    (tmp_path / "Dockerfile").write_text(f"FROM {serving_image}\nRUN exit 7\n")
    with pytest.raises(EngineError, match=r"^docker build failed: .*\b7\b.*all it says: docker bu"):
        build(tmp_path)
    assert docker(*of_this_image) == before


@pytest.mark.proof
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_two_images_run_side_by_side_and_go_when_they_are_ended(
    ending: signal.Signals, serving_image: str
) -> None:
    with ExitStack() as stack:
        runs = [stack.enter_context(run_image()) for _ in range(2)]
        for _, url in runs:
            assert urlopen(url, timeout=60).read().decode() == in_process(EXAMPLE).text
        for process, _ in runs:
            process.send_signal(ending)
        assert [process.wait(60) for process, _ in runs] == [0, 0]
        for process, url in runs:
            assert containers(process) == []
            with pytest.raises(URLError, match="refused"):
                urlopen(url)


def containers(process: Popen[Any]) -> list[str]:
    """List the containers of a process: their names or labels begin with its number."""
    said = docker("ps", "--all", "--format", '{{.Names}} {{.Label "ministack.instance"}}')
    return re.findall(rf"\bpredictive-lambda-{process.pid}\b.*", said)


def failed(command: list[str], **environment: str) -> str:
    """Run a command that fails; return the one line that it said in the end."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, stdout=PIPE, stderr=STDOUT, text=True
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout
    return done.stdout.splitlines()[-1]


@contextmanager
def run_image() -> Iterator[tuple[Popen[str], str]]:
    """Start what `make run-image` starts; give the process and the URL that it prints."""
    environment = os.environ | {"PORT": "0"}
    with Popen(
        RUN_IMAGE, cwd=ROOT, env=environment, stdout=PIPE, stderr=STDOUT, text=True
    ) as process:
        assert process.stdout
        try:
            said = ""
            for line in process.stdout:
                said += line
                if line.startswith("Open "):
                    break
            assert "Open " in said, said
            yield process, said.split("Open ")[1].split()[0]
        finally:
            process.terminate()

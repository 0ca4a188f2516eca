"""Trouble with the engine, and interruptions: a sentence out, and nothing left behind."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from predictive_lambda.local_image import EngineError, build, docker
from request_table import OLNEY

ROOT = Path(__file__).resolve().parent.parent
RUN_IMAGE = [sys.executable, "-m", "predictive_lambda.local_image"]
TRAIN = [str(ROOT / "model" / "trainmodel.sh")]
as_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="Only root can set this up: run it with sudo."
)


@pytest.fixture
def without_rights(tmp_path: Path) -> str:
    """A command line tool of the engine that runs as nobody."""
    engine = tmp_path / "engine"
    command = f"setpriv --reuid 65534 --regid 65534 --clear-groups {shutil.which('docker')}"
    engine.write_text(f'#!/bin/sh\nDOCKER_CONFIG=/nowhere exec {command} "$@"\n')
    engine.chmod(0o755)
    tmp_path.chmod(0o755)
    return str(engine)


@pytest.mark.parametrize("command", [RUN_IMAGE, TRAIN], ids=["run-image", "train"])
def test_without_an_engine_a_sentence_says_what_to_install(command: list[str]) -> None:
    said = failed(command, CDK_DOCKER="nowhere")
    assert "there is no nowhere. install docker" in said.lower()


@pytest.mark.parametrize("command", [RUN_IMAGE, TRAIN], ids=["run-image", "train"])
def test_an_engine_that_does_not_answer_is_a_sentence(command: list[str]) -> None:
    assert "Start Docker Desktop or the docker service" in failed(
        command, DOCKER_HOST="unix:///nowhere.sock"
    )


@as_root
@pytest.mark.parametrize("command", [RUN_IMAGE, TRAIN], ids=["run-image", "train"])
def test_an_engine_that_one_may_not_use_is_a_sentence(
    command: list[str], engine: None, without_rights: str
) -> None:
    said = failed(command, CDK_DOCKER=without_rights)
    assert "usermod -aG docker" in said or "join the docker group" in said


def test_what_needs_an_engine_skips_without_one_but_fails_in_ci() -> None:
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-rs",
        "tests/test_images.py",
    ]
    absent = os.environ | {"DOCKER_HOST": "unix:///nowhere.sock"}
    skipped = subprocess.run(
        tests, cwd=ROOT, env=absent | {"CI": ""}, capture_output=True, text=True
    )
    assert skipped.returncode == 0
    assert "Start Docker Desktop or the docker service, and try again." in skipped.stdout
    strict = subprocess.run(tests, cwd=ROOT, env=absent | {"CI": "true"}, capture_output=True)
    assert strict.returncode == 1


def test_an_image_that_does_not_build_is_a_sentence_and_leaves_no_container(
    serving_image: str, tmp_path: Path
) -> None:
    of_this_image = ("ps", "--all", "--quiet", "--filter", f"ancestor={serving_image}")
    before = docker(*of_this_image)
    (tmp_path / "Dockerfile").write_text(f"FROM {serving_image}\nRUN exit 7\n")
    with pytest.raises(EngineError, match=r"^docker build failed: .*\b7\b.*all it says: docker bu"):
        build(tmp_path)
    assert docker(*of_this_image) == before


@as_root
def test_a_full_disk_is_a_sentence(
    engine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY big /\n")
    (tmp_path / "big").write_bytes(os.urandom(40 * 1024 * 1024))
    with engine_on_a_small_disk() as host:
        monkeypatch.setenv("DOCKER_HOST", host)
        with pytest.raises(EngineError, match=r"^The container engine's disk is full\. Make room"):
            build(tmp_path)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_two_images_run_side_by_side_and_go_when_they_are_ended(
    ending: signal.Signals, serving_image: str
) -> None:
    with ExitStack() as stack:
        runs = [stack.enter_context(run_image()) for _ in range(2)]
        for _, url in runs:
            assert urlopen(url, timeout=60).read().decode() == OLNEY
        for process, _ in runs:
            process.send_signal(ending)
        assert [process.wait(60) for process, _ in runs] == [0, 0]
        for process, url in runs:
            assert containers(process) == []
            with pytest.raises(URLError, match="refused"):
                urlopen(url)


def test_a_deployment_that_is_interrupted_leaves_nothing(engine: None, tmp_path: Path) -> None:
    volumes = docker("volume", "ls", "--quiet")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/test_deployment.py"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with Popen(command, cwd=ROOT, env=environment, stdout=DEVNULL, stderr=DEVNULL) as process:
        try:
            wait_until(lambda: containers(process))
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert containers(process) == []
    assert docker("volume", "ls", "--quiet") == volumes
    assert list(tmp_path.glob("emulated-aws-*")) == []


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


@contextmanager
def engine_on_a_small_disk() -> Iterator[str]:
    """Start another engine, whose disk holds 24 MB; give its DOCKER_HOST."""
    # Not in pytest's folder: the path of a socket may have some hundred characters at most.
    folder = Path(subprocess.run(["mktemp", "-d"], capture_output=True, text=True).stdout.strip())
    host = f"unix://{folder}/socket"
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "small", disk], check=True)
    paths = (f"--data-root={disk}", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid")
    options = (f"--host={host}", "--bridge=none", "--iptables=false", "--storage-driver=vfs")
    # In a network of its own: else it takes away the bridge of the engine that is here already.
    command = ["unshare", "--net", "dockerd", *paths, *options]
    try:
        with Popen(command, stdout=DEVNULL, stderr=DEVNULL) as process:
            try:
                wait_until((folder / "socket").exists)
                yield host
            finally:
                process.terminate()
    finally:
        subprocess.run(["umount", disk], check=True)
        shutil.rmtree(folder)


def wait_until(condition: Callable[[], object]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError

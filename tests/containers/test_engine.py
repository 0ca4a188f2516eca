"""Problems with the engine and interruptions are explained and leave nothing behind."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from shutil import which
from subprocess import PIPE, STDOUT
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from predictive_lambda.local.image import EngineError, build, docker
from tests.engines import EXAMPLE, in_process, started

ROOT = Path(__file__).resolve().parents[2]
RUN_IMAGE = [sys.executable, "-P", "-m", "predictive_lambda.local.image"]
NOT_RUNNING = "Cannot connect to the Docker daemon" if which("docker") else "docker was not found"
TRAIN = ["sh", str(ROOT / "model" / "trainmodel.sh")]


@pytest.mark.parametrize("command", [RUN_IMAGE, TRAIN], ids=["run-image", "train"])
@pytest.mark.parametrize(
    ("environment", "explanation"),
    [
        ({"CDK_DOCKER": "nowhere"}, "nowhere was not found. Install Docker"),
        ({"DOCKER_HOST": "unix:///nowhere.sock"}, NOT_RUNNING),
    ],
)
def test_a_missing_or_stopped_engine_is_explained(
    command: list[str], environment: dict[str, str], explanation: str
) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, stdout=PIPE, stderr=STDOUT, text=True
    )
    assert done.returncode == 1
    assert explanation in done.stdout
    assert "Traceback" not in done.stdout


def test_a_failed_build_is_explained_and_leaves_no_container(
    serving_image: str, tmp_path: Path
) -> None:
    of_this_image = ("ps", "--all", "--quiet", "--filter", f"ancestor={serving_image}")
    before = docker(*of_this_image)
    (tmp_path / "Dockerfile").write_text(f"FROM {serving_image}\nRUN exit 7\n")
    with pytest.raises(EngineError, match=r"This failed: docker build [^\n]+\n(.|\n)*\b7\b"):
        build(tmp_path)
    assert docker(*of_this_image) == before


@pytest.mark.proof
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_two_images_run_side_by_side_and_leave_no_container(
    ending: signal.Signals, serving_image: str
) -> None:
    with ExitStack() as stack:
        environment = os.environ | {"PORT": "0"}
        runs = [
            stack.enter_context(started(RUN_IMAGE, cwd=ROOT, env=environment, stderr=STDOUT))
            for _ in range(2)
        ]
        for _, url in runs:
            assert urlopen(url, timeout=60).read().decode() == in_process(EXAMPLE).text
        for process, _ in runs:
            process.send_signal(ending)
        assert [process.wait(60) for process, _ in runs] == [0, 0]
        names = docker("ps", "--all", "--format", "{{.Names}}")
        for process, url in runs:
            assert f"predictive-lambda-{process.pid}-" not in names
            with pytest.raises(URLError, match="refused"):
                urlopen(url)

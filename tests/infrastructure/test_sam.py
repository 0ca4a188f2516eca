"""AWS's SAM CLI runs the synthesised template on this machine, and gives the same answers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from predictive_lambda.local.image import docker
from tests.engines import over_http
from tests.infrastructure.emulated_aws import free_port, template_file
from tests.infrastructure.synthesized import ROOT
from tests.smoke import failures
from tests.table import Row, all_rows

SAM = (str(Path(sys.executable).with_name("uvx")), "--from", "aws-sam-cli==1.170.0", "sam")
pytestmark = pytest.mark.proof


@pytest.fixture
def url(engine: None, tmp_path: Path) -> Iterator[str]:
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(tmp_path / "settings"),
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def run(*command: str) -> None:
        subprocess.run(command, cwd=ROOT, env=environment, check=True)

    run("node_modules/.bin/cdk", "synth", "--quiet", "--output", str(tmp_path / "cdk.out"))
    template, build = template_file(tmp_path / "cdk.out"), tmp_path / "build"
    run(*SAM, "build", "--template", str(template), "--build-dir", str(build))
    port = str(free_port())
    options = ("--port", port, "--skip-pull-image", "--warm-containers", "EAGER")
    start = (*SAM, "local", "start-api", "--template", str(build / "template.yaml"), *options)
    with (
        open(tmp_path / "log", "wb") as log,
        subprocess.Popen(start, cwd=tmp_path, env=environment, stdout=log, stderr=log) as serving,
    ):
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            serving.send_signal(signal.SIGINT)  # it then removes its containers
            serving.wait()
            listed = ("images", "--format", "{{.Repository}}:{{.Tag}}")
            docker("rmi", *docker(*listed, "--filter", "reference=predictivelambda*").split())


def test_sam_local_answers_every_row(url: str) -> None:
    send = over_http(url)
    for _ in range(300):
        with suppress(OSError):  # until it listens
            if send(Row("health check", "/healthz")).status == 200:
                break
        time.sleep(1)
    assert failures(send, all_rows()) == {}

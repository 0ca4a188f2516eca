"""The serving image on this machine: model/Dockerfile in, a function under AWS's emulator out."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from subprocess import PIPE, STDOUT
from threading import Lock
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

from predictive_lambda.local.api import serve

MODEL = Path(__file__).resolve().parents[2] / "model"
ENGINE = os.environ.get("CDK_DOCKER") or "docker"
INVOCATIONS = "2015-03-31/functions/function/invocations"
MEMORY_MB, TIMEOUT_S = 4096, 15  # as in the stack
START_S = 120  # a busy machine takes its time to start a container
# As on Lambda: nothing can be written but /tmp, and nobody is root.
SANDBOX = (
    *("--read-only", "--tmpfs", "/tmp", "--user", "993"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)
# What engines say, and what helps.
ADVICE = {
    "permission denied while trying to connect": "You may not use the container engine. "
    "Join its group (sudo usermod -aG docker $USER), log in again, and try again.",
    "no space left on device": "The container engine's disk is full. "
    "Make room (docker system prune), and try again.",
    "connect to the docker": "The container engine does not answer. "
    "Start Docker Desktop or the docker service, and try again.",
}


class EngineError(RuntimeError):
    """The container engine cannot do it; the message is a sentence on why and what to do."""


def docker(*arguments: str, stdin: str = "") -> str:
    """Run a command of the engine; return what it printed."""
    environment = os.environ | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}  # Lambda refuses indexes
    try:
        done = subprocess.run(
            [ENGINE, *arguments], input=stdin, capture_output=True, text=True, env=environment
        )
    except OSError as error:
        raise EngineError(
            f"There is no {ENGINE}. Install Docker (https://docs.docker.com/get-docker/), "
            "or name another engine: CDK_DOCKER=podman"
        ) from error
    if done.returncode:
        said = done.stderr
        for symptom, advice in ADVICE.items():
            if symptom in said.lower():
                raise EngineError(advice)
        # Its last line but for what it says of its own help.
        lines = re.findall(r"^(?!Run '|See ').+$", said, re.MULTILINE)
        last = lines[-1] if lines else f"exit status {done.returncode}"
        command = shlex.join([ENGINE, *arguments])
        raise EngineError(f"{ENGINE} {arguments[0]} failed: {last} (all it says: {command})")
    return done.stdout.strip()


def build(folder: Path = MODEL, dockerfile: str = "Dockerfile") -> str:
    """Build an image of the folder and return its id; what did not change is not done again."""
    # --force-rm: a build that fails leaves no container behind.
    options = ("--quiet", "--force-rm", "--file", str(folder / dockerfile))
    return docker("build", *options, str(folder)).splitlines()[-1]


@dataclass(frozen=True)
class Container:
    """A running container of an image for Lambda."""

    name: str
    url: str
    lock: Lock = field(default_factory=Lock)

    def __call__(self, event: dict[str, Any]) -> Any:
        """Invoke the function, one event at a time, as one container does on Lambda.

        Raises EngineError when it did not answer, which API Gateway makes a 500.
        """
        with self.lock:
            try:
                with urlopen(
                    self.url + INVOCATIONS, json.dumps(event).encode(), timeout=60
                ) as answer:
                    said = answer.read().decode()
            except HTTPError as error:
                said = error.read().decode()
            except (OSError, HTTPException) as error:
                raise EngineError(f"The container has ended ({error}): start it again.") from error
        try:
            answered = json.loads(said)
        except ValueError:
            answered = {"errorMessage": said or "The runtime ended."}
        if "errorMessage" in answered:
            raise EngineError(f"The function failed: {answered['errorMessage']}")
        return answered

    def logs(self) -> str:
        """What the function and the emulator have written so far."""
        command = [ENGINE, "logs", self.name]
        return subprocess.run(command, stdout=PIPE, stderr=STDOUT, text=True).stdout


@contextmanager
def container(image: str, *options: str) -> Iterator[Container]:
    """Run the image on a free port of this machine; remove the container in the end."""
    # Known before it runs, so that it is removed in any case.
    name = f"predictive-lambda-{os.getpid()}-{uuid4().hex[:8]}"
    try:
        docker(
            *("run", "--detach", "--name", name, "--publish", "127.0.0.1::8080", *SANDBOX),
            *("--env", f"AWS_LAMBDA_FUNCTION_MEMORY_SIZE={MEMORY_MB}", "--memory", f"{MEMORY_MB}m"),
            *("--env", f"AWS_LAMBDA_FUNCTION_TIMEOUT={TIMEOUT_S}"),
            *options,
            image,
        )
        address = docker("port", name, "8080/tcp").splitlines()[0]
        running = Container(name, f"http://{address}/")
        wait_for(running)
        yield running
    finally:
        docker("rm", "--force", "--volumes", name)


def wait_for(running: Container) -> None:
    """Wait until the emulator answers, if only to say that there is no such page."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            urlopen(running.url, timeout=5).close()
        except HTTPError:
            return
        except (OSError, HTTPException):
            time.sleep(0.1)
    raise EngineError(f"The container does not answer. Its log ends: {running.logs()[-400:]}")


def stop(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    signal.signal(signal.SIGTERM, stop)  # so that the container goes as it does with Ctrl-C
    try:
        print("Building the image of model/Dockerfile (a minute the first time) ...", flush=True)
        with container(build()) as running:
            subprocess.Popen([ENGINE, "logs", "--follow", running.name])
            serve(running)
    except EngineError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()

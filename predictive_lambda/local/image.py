"""The serving image on this machine, under AWS's emulator of Lambda: `make run-image`."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from subprocess import PIPE, STDOUT
from threading import Lock
from typing import Any
from uuid import uuid4

from predictive_lambda.local.api import serve

MODEL = Path(__file__).resolve().parents[2] / "model"
ENGINE = os.environ.get("CDK_DOCKER") or "docker"
INVOCATIONS = "/2015-03-31/functions/function/invocations"
MEMORY_MB, TIMEOUT_S = 4096, 15  # as in the stack
# As on Lambda: only /tmp is writable, and the user is unprivileged.
SANDBOX = (
    *("--read-only", "--tmpfs", "/tmp", "--user", "993", "--ipc", "none"),  # no /dev/shm
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)


class EngineError(RuntimeError):
    """The container engine or the function in the container failed; the message says why."""


def docker(*arguments: str, stdin: str = "") -> str:
    """Run a command of the engine; return what it printed."""
    environment = os.environ | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}  # Lambda rejects indexes
    command = [ENGINE, *arguments]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment)
    except OSError as error:
        raise EngineError(
            f"{ENGINE} was not found. Install Docker (https://docs.docker.com/get-docker/), "
            "or name another engine: CDK_DOCKER=podman"
        ) from error
    if done.returncode:
        raise EngineError(f"This failed: {shlex.join(command)}\n{done.stderr.strip()}")
    return done.stdout.strip()


def build(folder: Path = MODEL) -> str:
    """Build an image of the folder and return its id; a failed build leaves no container behind."""
    return docker("build", "--quiet", "--force-rm", str(folder)).split()[-1]


@dataclass(frozen=True)
class Container:
    """A running container of an image for Lambda; calling it invokes the function."""

    name: str
    address: str
    lock: Lock = field(default_factory=Lock)  # a container on Lambda has one event at a time

    def __call__(self, event: dict[str, Any]) -> Any:
        with self.lock, closing(HTTPConnection(self.address, timeout=60)) as emulator:
            emulator.request("POST", INVOCATIONS, json.dumps(event, ensure_ascii=False).encode())
            body = emulator.getresponse().read().decode()
        try:
            answer = json.loads(body)
        except ValueError:
            answer = {"errorMessage": body or "The runtime stopped."}
        if "errorMessage" in answer:
            raise EngineError(f"The function failed: {answer['errorMessage']}")
        return answer

    def logs(self) -> str:
        """Return the output of the function and the emulator so far."""
        command = [ENGINE, "logs", self.name]
        return subprocess.run(command, stdout=PIPE, stderr=STDOUT, text=True).stdout


@contextmanager
def container(image: str, *options: str) -> Iterator[Container]:
    """Run the image on a free port of this machine until the block ends."""
    name = f"predictive-lambda-{os.getpid()}-{uuid4().hex[:8]}"
    try:
        docker(
            *("run", "--detach", "--name", name, "--publish", "127.0.0.1::8080", *SANDBOX),
            *("--env", f"AWS_LAMBDA_FUNCTION_MEMORY_SIZE={MEMORY_MB}", "--memory", f"{MEMORY_MB}m"),
            *("--env", f"AWS_LAMBDA_FUNCTION_TIMEOUT={TIMEOUT_S}", *options, image),
        )
        running = Container(name, docker("port", name, "8080/tcp").split()[0])
        wait_for(running)
        yield running
    finally:
        docker("rm", "--force", "--volumes", name)


def wait_for(running: Container) -> None:
    """Wait until the emulator answers, whatever it says."""
    for _ in range(1200):  # tenths of a second
        with suppress(OSError, HTTPException), closing(HTTPConnection(running.address)) as emulator:
            emulator.request("GET", "/")
            emulator.getresponse()
            return
        time.sleep(0.1)
    raise EngineError(f"The container does not answer. Its log ends: {running.logs()[-400:]}")


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # removes the container, like Ctrl-C
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

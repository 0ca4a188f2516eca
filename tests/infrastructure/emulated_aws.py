"""AWS emulated on this machine by ministack: deploys a CDK assembly to containers and a URL."""

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from botocore.session import get_session

from predictive_lambda.local.image import build, docker
from tests.infrastructure.relay import relayed

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "000000000000", "us-east-1"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
REPOSITORY = f"{REGISTRY}/cdk-hnb659fds-container-assets-{ACCOUNT}-{REGION}"


@dataclass
class Aws:
    """A running emulator, the tags of the images it deployed, and the last deployment's outputs."""

    process: Popen[bytes]
    port: int
    folder: Path
    environment: dict[str, str]
    tags: set[str] = field(default_factory=set)
    outputs: dict[str, str] = field(default_factory=dict)

    def synthesize(self, project: Path, name: str, **settings: str) -> Path:
        """Write the assembly of a project's CDK app; return its folder."""
        assembly = self.folder / name
        context = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        self.cdk("synth", "--quiet", "--output", str(assembly), *context, folder=project)
        return without_code_deploy(assembly)

    def deploy(self, assembly: Path) -> str:
        """Deploy the assembly's stack; return the URL at which it answers."""
        self.publish(assembly)
        file = self.folder / "outputs.json"
        options = ("--require-approval", "never", "--outputs-file", str(file))
        self.cdk("deploy", "--app", str(assembly), *options)
        [self.outputs] = json.loads(file.read_text()).values()
        public = self.outputs["HTTPAPIUrl"]
        api = public.removeprefix("https://").partition(".")[0]
        return f"http://127.0.0.1:{self.port}/_aws/execute-api/{api}/$default/"

    def publish(self, assembly: Path) -> None:
        """Build the assembly's images and give them the names they would have in the registry.

        The emulator claims that every image exists already, so the CDK does not build any.
        """
        [assets] = assembly.glob("*.assets.json")
        for asset in json.loads(assets.read_text())["dockerImages"].values():
            image = build(assembly / asset["source"]["directory"])
            for destination in asset["destinations"].values():
                tag = f"{REPOSITORY}:{destination['imageTag']}"
                docker("tag", image, tag)
                self.tags.add(tag)

    def cdk(self, *arguments: str, folder: Path = ROOT) -> str:
        """Run the CDK's command line tool in a project's folder; return its output."""
        done = subprocess.run(
            [ROOT / "node_modules" / ".bin" / "cdk", *arguments],
            cwd=folder,
            env=self.environment,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            text=True,
        )
        self.check()
        if done.returncode:
            raise RuntimeError(f"cdk {arguments[0]} failed:\n{done.stdout}")
        return done.stdout

    def client(self, service: str) -> Any:
        """Return a client of one of AWS's services, as the emulator has it."""
        session = get_session()
        session.set_credentials(self.environment["AWS_ACCESS_KEY_ID"], "none")
        endpoint = self.environment["AWS_ENDPOINT_URL"]
        return session.create_client(service, region_name=REGION, endpoint_url=endpoint)

    def check(self) -> None:
        """Raise RuntimeError if the emulator has ended."""
        if self.process.poll() is not None:
            log = (self.folder / "ministack.log").read_text()[-2000:]
            raise RuntimeError(f"ministack stopped: run this again. Its log ends:\n{log}")


def free_port() -> int:
    """Find a free port below the range from which the system hands out ports."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as tried, suppress(OSError):
            tried.bind(("127.0.0.1", port))
            return port


@contextmanager
def emulated_aws(reachable: bool = False) -> Iterator[Aws]:
    """Start the emulator on a free port and bootstrap it; finally remove everything that it made.

    It listens on 127.0.0.1, which its containers can only reach with `reachable`.
    """
    port = free_port()
    instance = f"predictive-lambda-{os.getpid()}"  # its containers are labelled with it
    with TemporaryDirectory(prefix="emulated-aws-") as name, ExitStack() as stack:
        folder = Path(name)
        host = stack.enter_context(relayed(folder, port)) if reachable else "127.0.0.1"
        environment = os.environ | {
            "HOME": name,  # not the user's, whose settings and caches must not matter
            "TMPDIR": name,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "CDK_DOCKER": "true",  # publish() builds the images instead
            "DOCKER_CONFIG": name,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": instance,
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOSTNAME": instance,
            "STATE_DIR": str(folder / "state"),
            # Limits as on Lambda, and as many containers as two cores can start in time.
            "LAMBDA_DOCKER_FLAGS": "--memory 4g --read-only --tmpfs /tmp "
            f"--add-host host.docker.internal:{host}",
            "LAMBDA_ACCOUNT_CONCURRENCY": "4",
        }
        with open(folder / "ministack.log", "wb") as log:
            command = [sys.executable, "-m", "ministack"]
            process = Popen(command, env=environment, cwd=name, stdout=log, stderr=STDOUT)
        aws = Aws(process, port, folder, environment)
        try:
            while not answers(aws):
                time.sleep(0.1)
            aws.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", folder=folder)
            yield aws
        finally:
            process.terminate()
            process.wait()
            label = f"label=ministack.instance={instance}:{port}"
            if containers := docker("ps", "--all", "--quiet", "--filter", label).split():
                docker("rm", "--force", "--volumes", *containers)
            if aws.tags:
                docker("rmi", "--no-prune", *aws.tags)


def template_file(assembly: Path) -> Path:
    [file] = assembly.glob("*.template.json")
    return file


def without_code_deploy(assembly: Path) -> Path:
    """Remove what the emulator does not support: aliases then switch versions at once."""
    file = template_file(assembly)
    template = json.loads(file.read_text())
    for name, resource in [*template["Resources"].items()]:
        resource.pop("UpdatePolicy", None)
        if resource["Type"].startswith("AWS::CodeDeploy::"):
            del template["Resources"][name]
    file.write_text(json.dumps(template))
    return assembly


def answers(aws: Aws) -> bool:
    """Whether the emulator answers already."""
    aws.check()
    with suppress(OSError):
        urlopen(f"http://127.0.0.1:{aws.port}/_ministack/health", timeout=5).close()
        return True
    return False

"""`make deploy`, `diff`, `destroy` and `bootstrap`: run the CDK, and say what it lacks."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from predictive_lambda.local.image import EngineError, docker

ROOT = Path(__file__).resolve().parent.parent
# What the CDK and AWS say, and what helps.
ADVICE = {
    "has the environment been bootstrapped": "The CDK has not been set up in this account and "
    "region. Do it once: make bootstrap",
    "unable to resolve aws account": "There are no AWS credentials. Set them up with `aws "
    "configure` (https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html).",
    "no credentials have been configured": "There are no AWS credentials for this account. "
    "Name the profile that has them: AWS_PROFILE=name make deploy",
    "expired": "The AWS credentials have expired. Log in again (`aws sso login`, or new keys).",
    "security token included in the request is invalid": "AWS does not know these credentials. "
    "Check AWS_ACCESS_KEY_ID or the profile.",
    "source image": "The image is not in the registry. Push it again: make deploy",
    "'memorysize' value failed": "This account does not allow so much memory for a function. "
    "Take less: make deploy CDK_ARGS='-c memory_mb=2048'",
}


def advice(said: str) -> str:
    """Return what helps against an error of the CDK or of AWS, if it is a known one."""
    return next((helps for symptom, helps in ADVICE.items() if symptom in said.lower()), "")


def cdk(arguments: Sequence[str], program: Sequence[str] = ("npx", "cdk")) -> int:
    """Run the CDK's command in this project, its questions and all; return its exit status."""
    said = b""
    with subprocess.Popen([*program, *arguments], cwd=ROOT, stderr=subprocess.PIPE) as running:
        assert running.stderr
        while part := os.read(running.stderr.fileno(), 4096):
            sys.stderr.buffer.write(part)
            sys.stderr.flush()
            said = (said + part)[-100_000:]
    status = running.returncode
    if status and (helps := advice(said.decode(errors="replace"))):
        print(f"\n{helps}", file=sys.stderr)
    return status


def main() -> None:
    arguments = sys.argv[1:]
    try:
        if arguments[0] == "deploy":
            docker("version")  # before minutes go by
        sys.exit(cdk(arguments))
    except EngineError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()

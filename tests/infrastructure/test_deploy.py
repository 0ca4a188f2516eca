"""`make deploy` says in a sentence what is missing; the CDK's questions and status pass through."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from predictive_lambda.deploy import cdk

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("said", "helps"),
    [
        (
            "❌ the-predictive-lambda: SSM parameter /cdk-bootstrap/hnb659fds/version not found. "
            "Has the environment been bootstrapped? Please run 'cdk bootstrap'",
            "make bootstrap",
        ),
        (
            "Unable to resolve AWS account to use. It must be either configured when you define "
            "your CDK Stack, or through the environment",
            "There are no AWS credentials.",
        ),
        ("ExpiredToken: The security token included in the request is expired", "have expired"),
        ("The security token included in the request is invalid", "does not know these"),
        (
            "Need to perform AWS calls for account 1, but no credentials have been configured",
            "AWS_PROFILE=",
        ),
        ("Source image 1.dkr.ecr/a:b does not exist. Provide a valid source image.", "make deploy"),
        (
            "'MemorySize' value failed to satisfy constraint: Member must have value less than or "
            "equal to 3008",
            "memory_mb=2048",
        ),
    ],
)
def test_what_the_cdk_lacks_is_a_sentence(
    said: str, helps: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status = cdk([said], [sys.executable, "-c", "import sys; sys.exit(sys.argv[1])"])
    written = capfd.readouterr().err
    assert status == 1
    assert said in written
    assert helps in written.splitlines()[-1]


@pytest.mark.parametrize(("code", "status"), [("pass", 0), ("exit(7)", 7)])
def test_the_status_is_the_cdks(code: str, status: int, capfd: pytest.CaptureFixture[str]) -> None:
    assert cdk([], [sys.executable, "-c", code]) == status
    assert capfd.readouterr() == ("", "")


def test_a_missing_engine_is_a_sentence_before_anything_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "predictive_lambda.deploy", "deploy"],
        cwd=ROOT,
        env=os.environ | {"CDK_DOCKER": "no-such-engine"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("There is no no-such-engine. Install Docker")

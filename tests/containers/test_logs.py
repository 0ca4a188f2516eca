"""The function's log, in the stack's format: one line of JSON for each event."""

import json
import re

import pytest

from predictive_lambda.local.event import make_event
from predictive_lambda.local.image import EngineError, container, docker
from tests.engines import EXAMPLE

# A handler that logs what it received, as yours may, and fails.
CHATTY = """
import logging
from app import lambdaHandler as served
def lambdaHandler(event, context):
    logging.getLogger(__name__).warning("asked for %s", event["rawPath"])
    if event["rawPath"] == "/":
        return served(event, context)
    raise ValueError(event["rawPath"])
"""
FORGED = '\n{"level": "ERROR", "requestId": "forged"}\r\n{"_aws": {}}\n\u2028{}'


def test_log_lines_have_the_request_id_and_cannot_be_forged(serving_image: str) -> None:
    chatty = f"{serving_image}-chatty"
    write = "import pathlib; pathlib.Path('chatty.py').write_text(" + repr(CHATTY) + ")"
    run = ["RUN", json.dumps(["python", "-c", write])]
    cmd = ["CMD", json.dumps(["chatty.lambdaHandler"])]
    dockerfile = "\n".join([f"FROM {serving_image}", " ".join(run), " ".join(cmd)])
    docker("build", "--force-rm", "--tag", chatty, "-", stdin=dockerfile)
    with container(chatty, "--env", "AWS_LAMBDA_LOG_FORMAT=JSON") as running:
        running(make_event("GET", EXAMPLE.target))
        with pytest.raises(EngineError, match="forged"):
            running(make_event("GET", "/") | {"rawPath": FORGED})
        written = running.logs()
    docker("rmi", chatty)

    ids = re.findall(r"^START RequestId: (\S+) ", written, re.MULTILINE)
    lines = [json.loads(line) for line in written.split("\n") if line.startswith("{")]
    logged = [line for line in lines if "_aws" not in line]
    assert [(line["level"], line["requestId"]) for line in logged] == [
        ("WARNING", ids[0]),
        ("WARNING", ids[1]),
        ("ERROR", ids[1]),
    ]
    assert logged[1]["message"] == f"asked for {FORGED}"
    assert logged[2]["errorMessage"] == FORGED
    assert len(lines) - len(logged) <= 1  # the metrics of the answered request

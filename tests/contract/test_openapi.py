"""The description at /openapi.json is valid, says what the tables say, and is true."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from app import lambdaHandler

HERE = Path(__file__).resolve().parent
DOCUMENT = json.loads(lambdaHandler({"rawPath": "/openapi.json"}, None)["body"])


def test_it_is_valid_and_has_every_parameter_and_format() -> None:
    validate(DOCUMENT)
    described = {p["name"]: p for p in DOCUMENT["paths"]["/"]["get"]["parameters"]}
    assert list(described) == [parameter.name for parameter in lambdaHandler.parameters]
    for parameter in lambdaHandler.parameters:
        schema = described[parameter.name]["schema"]
        assert schema["type"] == parameter.type
        assert parameter.allowed in described[parameter.name]["description"]
    answers = DOCUMENT["paths"]["/"]["get"]["responses"]["200"]["content"]
    formats = [lambdaHandler.formats[name] for name in lambdaHandler.format.choices]
    assert [*answers] == [*dict.fromkeys(chosen.media_type for chosen in formats)]


@pytest.mark.skipif(
    len(lambdaHandler.parameters) > 310,
    reason="schemathesis takes a minute for 300 inputs, and hours for thousands",
)
def test_it_is_true_of_the_local_api(local_api: str) -> None:
    """Let schemathesis try what the description allows, and what it does not."""
    command: list[str | Path] = [
        *(Path(sys.executable).with_name("st"), "--config-file", HERE / "schemathesis.toml"),
        *("run", f"{local_api}openapi.json", "--seed", "1", "--max-examples", "20"),
        "--continue-on-failure",
        # OpenAPI cannot say which inputs exclude each other, or what an estimator rejects.
        *("--exclude-checks", "positive_data_acceptance"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout

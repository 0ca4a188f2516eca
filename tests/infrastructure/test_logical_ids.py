"""A deployed stack keeps its resources: logical ids and their types do not change."""

import json
import re
from pathlib import Path

import pytest
from aws_cdk.assertions import Template

from tests.infrastructure.synthesized import EVERY_SETTING, FLAGS, synthesize

RECORDED = json.loads(Path(__file__).with_name("logical_ids.json").read_text())

ADDED = {"PredictiveLambdaOutside6C289A7C"}  # since the ids were recorded


def logical_ids(template: Template) -> dict[str, str]:
    """Map each logical id to its type; the id of a version ends in a hash of what it deploys."""
    return {
        re.sub(r"(?<=CurrentVersion).{40}$", "", name): resource["Type"]
        for name, resource in template.to_json()["Resources"].items()
    }


@pytest.mark.parametrize(("case", "settings"), [("default", {}), ("every", EVERY_SETTING)])
def test_logical_ids_stay(case: str, settings: dict[str, object]) -> None:
    found = logical_ids(synthesize(**FLAGS, **settings))
    assert found.items() >= RECORDED[case].items()
    assert set(found) - set(RECORDED[case]) <= ADDED

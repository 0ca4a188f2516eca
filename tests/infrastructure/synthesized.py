"""Synthesise the stack with given settings, without the CDK's command."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack

ROOT = Path(__file__).resolve().parents[2]
FLAGS: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]


def synthesize(**context: object) -> Template:
    app = App(context=context)
    return Template.from_stack(PredictiveLambdaStack(app))


def properties(template: Template, resource: str, prefix: str = "") -> list[dict[str, Any]]:
    """Return the properties of the resources whose logical id starts with the prefix."""
    found = template.find_resources(f"AWS::{resource}").items()
    return [entry.get("Properties", {}) for name, entry in found if name.startswith(prefix)]


def definition(template: Template) -> Any:
    """Return the state machine's definition, without the template's references."""
    [machine] = properties(template, "StepFunctions::StateMachine")
    _, parts = machine["DefinitionString"]["Fn::Join"]
    return json.loads("".join(part for part in parts if isinstance(part, str)))

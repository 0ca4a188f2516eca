"""Synthesise the stack with given settings, without the CDK's command; lint what comes out."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from aws_cdk import App, Validations
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint.api import lint_file

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack

ROOT = Path(__file__).resolve().parents[2]
FLAGS: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]


def synthesize(**context: object) -> Template:
    app = App(context=context)
    return Template.from_stack(PredictiveLambdaStack(app))


def broken_rules(app: App) -> set[str]:
    """Synthesise an app; return the rules of cdk-nag and cfn-lint that its templates break."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))
    with suppress(RuntimeError):  # for a rule that is not acknowledged, but not for a warning
        app.synth()
    folder = Path(app.outdir)
    reports = json.loads((folder / "validation-report.json").read_text())["pluginReports"]
    broken = {violation["ruleName"] for report in reports for violation in report["violations"]}
    templates = folder.rglob("*.template.json")
    return broken | {match.rule.id for file in templates for match in lint_file(file)}


def properties(template: Template, resource: str, prefix: str = "") -> list[dict[str, Any]]:
    """Return the properties of the resources whose logical id starts with the prefix."""
    found = template.find_resources(f"AWS::{resource}").items()
    return [entry.get("Properties", {}) for name, entry in found if name.startswith(prefix)]


def definition(template: Template) -> Any:
    """Return the state machine's definition, without the template's references."""
    [machine] = properties(template, "StepFunctions::StateMachine")
    _, parts = machine["DefinitionString"]["Fn::Join"]
    return json.loads("".join(part for part in parts if isinstance(part, str)))

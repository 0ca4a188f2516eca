"""The template against cdk-nag and cfn-lint: the stack of every knob in, no broken rule out."""

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint.api import lint_file

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack

# The parts that are optional, and the processor: each in all combinations with the others.
OPTIONAL: dict[str, Any] = {
    "canary": True,
    "snap_start": True,
    "alarm_email": "me@example.org",
    "dashboard": True,
    "cors": "*",
    "architecture": "arm64",
    "bulk": True,
}
COMBINATIONS = [
    dict(turned)
    for count in range(len(OPTIONAL) + 1)
    for turned in combinations(OPTIONAL.items(), count)
]
SMALLEST = {"memory_mb": 128, "log_retention_days": 1, "throttle": 1}


@pytest.mark.parametrize("context", [{}, SMALLEST, OPTIONAL], ids=["none", "smallest", "all"])
def test_only_acknowledged_rules_are_broken(context: dict[str, Any], tmp_path: Path) -> None:
    check(context, tmp_path)


@pytest.mark.proof
@pytest.mark.parametrize("context", COMBINATIONS, ids=lambda context: ", ".join(context) or "none")
def test_no_combination_breaks_a_rule(context: dict[str, Any], tmp_path: Path) -> None:
    check(context, tmp_path)


def check(context: dict[str, Any], tmp_path: Path) -> None:
    app = App(context=context, outdir=str(tmp_path))
    PredictiveLambdaStack(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))

    app.synth()  # raises for a rule that is broken and not acknowledged, but not for a warning

    reports = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    assert len(reports) == 2
    assert [violation for report in reports for violation in report["violations"]] == []
    assert cfn_lint(tmp_path / "the-predictive-lambda.template.json") == {"W3005"}


def cfn_lint(template: Path) -> set[str]:
    """Return the rules that the template breaks. W3005: the CDK itself repeats dependencies."""
    return {match.rule.id for match in lint_file(template)}

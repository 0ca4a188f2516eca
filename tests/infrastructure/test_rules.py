"""Settings break no rule of cdk-nag or cfn-lint, and change no logical id of a deployed stack."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint.api import lint_file

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack
from tests.infrastructure.synthesized import EVERY_SETTING, FLAGS, synthesize
from tests.infrastructure.test_settings import DOMAIN, JWT

SMALLEST = {"memory_mb": 128, "log_retention_days": 1, "throttle": 1}
JWT_AT_A_DOMAIN = JWT | DOMAIN | {"hosted_zone": "Z0123456789ABC", "cors": "*"}
RECORDED = json.loads(Path(__file__).with_name("logical_ids.json").read_text())
ADDED = {"PredictiveLambdaOutside6C289A7C"}  # since the ids were recorded


@pytest.mark.parametrize(
    "context",
    [{}, SMALLEST, EVERY_SETTING, EVERY_SETTING | JWT_AT_A_DOMAIN, {"auth": "iam"}],
    ids=["none", "smallest", "every", "JWT at a domain", "IAM"],
)
def test_settings_break_no_rule(context: dict[str, Any], tmp_path: Path) -> None:
    app = App(context=context, outdir=str(tmp_path))
    stack = PredictiveLambdaStack(app)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))

    app.synth()  # raises for a rule that is broken and not acknowledged, but not for a warning

    reports = json.loads((tmp_path / "validation-report.json").read_text())["pluginReports"]
    assert [report["violations"] for report in reports] == [[], []]
    broken = {match.rule.id for match in lint_file(tmp_path / stack.template_file)}
    assert broken == {"W3005"}  # the CDK itself repeats dependencies


@pytest.mark.parametrize(("case", "settings"), [("default", {}), ("every", EVERY_SETTING)])
def test_logical_ids_stay(case: str, settings: dict[str, object]) -> None:
    resources = synthesize(**FLAGS, **settings).to_json()["Resources"]
    # The id of a version ends in a hash of what it deploys.
    unversioned = re.compile(r"(?<=CurrentVersion).{40}$")
    found = {unversioned.sub("", name): entry["Type"] for name, entry in resources.items()}
    assert found.items() >= RECORDED[case].items()
    assert found.keys() - RECORDED[case].keys() <= ADDED

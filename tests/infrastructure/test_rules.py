"""Settings break no rule of cdk-nag or cfn-lint, neither alone nor together."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from cfnlint.api import lint_file

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack
from tests.infrastructure.synthesized import EVERY_SETTING
from tests.infrastructure.test_settings import DOMAIN, JWT

SMALLEST = {"memory_mb": 128, "log_retention_days": 1, "throttle": 1}
JWT_AT_A_DOMAIN = JWT | DOMAIN | {"hosted_zone": "Z0123456789ABC", "cors": "*"}


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
    assert len(reports) == 2
    assert [violation for report in reports for violation in report["violations"]] == []
    broken = {match.rule.id for match in lint_file(tmp_path / stack.template_file)}
    assert broken == {"W3005"}  # the CDK itself repeats dependencies

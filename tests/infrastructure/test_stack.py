"""The stack's templates: what they allow, the rules of cdk-nag and cfn-lint, logical ids."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack
from tests.infrastructure.synthesized import FLAGS, broken_rules, definition, properties, synthesize
from tests.infrastructure.test_settings import DOMAIN, JWT

# All optional parts at once.
EVERY_SETTING: dict[str, Any] = {
    "canary": True,
    "snap_start": True,
    "alarm_email": "me@example.org",
    "dashboard": True,
    "cors": "*",
    "architecture": "arm64",
    "bulk": True,
}
SMALLEST = {"memory_mb": 128, "log_retention_days": 1, "throttle": 1}
JWT_AT_A_DOMAIN = JWT | DOMAIN | {"hosted_zone": "Z0123456789ABC", "cors": "*"}
RECORDED = json.loads(Path(__file__).with_name("logical_ids.json").read_text())


@pytest.fixture(scope="module")
def template() -> Template:
    return synthesize()


@pytest.fixture(scope="module")
def bulk() -> Template:
    return synthesize(bulk="true")


def only(template: Template, resource: str) -> dict[str, Any]:
    """Return the properties of the only resource of its type."""
    [found] = properties(template, resource)
    return found


def test_requests_are_throttled_and_logged_without_their_query(template: Template) -> None:
    stage = only(template, "ApiGatewayV2::Stage")
    burst = 10  # what a new account can run at once
    limits = {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": burst}
    assert (stage["StageName"], stage["DefaultRouteSettings"]) == ("$default", limits)
    log_format = json.loads(stage["AccessLogSettings"]["Format"])
    assert {"$context.status", "$context.integrationErrorMessage"} <= {*log_format.values()}
    assert not any("query" in variable.lower() for variable in log_format.values())


def test_function_may_only_write_to_its_log_group_which_goes_with_the_stack(
    template: Template,
) -> None:
    kept = {"DeletionPolicy": "Delete", "Properties": {"RetentionInDays": 30}}
    template.all_resources("AWS::Logs::LogGroup", kept)
    [statement] = only(template, "IAM::Policy")["PolicyDocument"]["Statement"]
    assert set(statement["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert "Fn::GetAtt" in statement["Resource"]
    assert "ManagedPolicyArns" not in only(template, "IAM::Role")


def test_requests_go_through_the_alias_of_a_release() -> None:
    """Only errors of its new version roll it back, or none could follow a broken one."""
    released = synthesize(canary="true")
    [alias] = released.find_resources("AWS::Lambda::Alias")
    assert only(released, "ApiGatewayV2::Integration")["IntegrationUri"] == {"Ref": alias}
    alarms = only(released, "CodeDeploy::DeploymentGroup")["AlarmConfiguration"]
    assert alarms["Enabled"] and len(alarms["Alarms"]) == 1
    live = only(released, "Lambda::Alias")
    watched = only(released, "CloudWatch::Alarm")["Dimensions"]
    assert {dimension["Name"]: dimension["Value"] for dimension in watched} == {
        "ExecutedVersion": live["FunctionVersion"],
        "FunctionName": live["FunctionName"],
        "Resource": {"Fn::Join": ["", [live["FunctionName"], ":live"]]},
    }


@pytest.mark.parametrize("released", ["false", "true"])
def test_dashboard_searches_for_what_metrics_py_writes(released: str, template: Template) -> None:
    """The name in Lambda's environment does not include the alias."""
    [function] = template.find_resources("AWS::Lambda::Function")
    dashboard = only(synthesize(dashboard="true", canary=released), "CloudWatch::Dashboard")
    body = json.dumps(dashboard["DashboardBody"]["Fn::Join"][1])
    search = "{PredictiveLambda,function,version} function="
    assert json.dumps({"Ref": function}) in body.partition(search)[2][:60]


def test_bulk_is_the_same_image_and_its_bucket_stays(bulk: Template) -> None:
    serving, answering = properties(bulk, "Lambda::Function")
    assert serving["Code"] == answering["Code"]
    assert "ImageConfig" not in serving
    bulk.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
    assert only(bulk, "S3::Bucket")["BucketEncryption"]


def test_bulk_function_may_only_read_in_and_write_out(bulk: Template) -> None:
    [policy] = properties(bulk, "IAM::Policy", "PredictiveLambdaBulkRoleDefaultPolicy")
    allowed = {
        str(statement["Action"]): json.dumps(statement["Resource"])
        for statement in policy["PolicyDocument"]["Statement"]
        if "s3:" in str(statement["Action"])
    }
    assert {*allowed} == {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}
    assert "/in/*" in allowed["s3:GetObject"] and "/out/*" in allowed["s3:PutObject"]


def test_bulk_retries_throttled_objects_but_not_broken_ones(bulk: Template) -> None:
    each = definition(bulk)["States"]["EachObject"]["ItemProcessor"]["States"]["AnswerAnObject"]
    retried = {error: r["MaxAttempts"] for r in each["Retry"] for error in r["ErrorEquals"]}
    assert retried["Lambda.TooManyRequestsException"] >= 30
    assert {"Lambda.ServiceException", "Lambda.SdkClientException"} <= retried.keys()
    assert all(error.startswith("Lambda.") for error in retried)


@pytest.mark.parametrize(
    "context",
    [{}, SMALLEST, EVERY_SETTING, EVERY_SETTING | JWT_AT_A_DOMAIN, {"auth": "iam"}],
    ids=["none", "smallest", "every", "JWT at a domain", "IAM"],
)
def test_settings_break_no_rule(context: dict[str, Any], tmp_path: Path) -> None:
    app = App(context=context, outdir=str(tmp_path))
    PredictiveLambdaStack(app)
    assert broken_rules(app) == {"W3005"}  # the CDK itself repeats dependencies


def test_logical_ids_stay() -> None:
    """Or a deployment would replace what has state or a name, such as the bucket and the URL."""
    # The id of a version ends in a hash of what it deploys.
    every = json.dumps(logical_ids(EVERY_SETTING))
    assert json.loads(re.sub(r"(?<=CurrentVersion)\w{40}", "", every)) == RECORDED
    assert logical_ids({}).items() <= RECORDED.items()


def logical_ids(settings: dict[str, object]) -> dict[str, str]:
    resources = synthesize(**FLAGS, **settings).to_json()["Resources"]
    return {name: resource["Type"] for name, resource in resources.items()}

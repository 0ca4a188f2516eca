"""The templates of the default stack and of its optional parts."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.infrastructure.synthesized import definition, properties, synthesize


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

"""The template says what the README promises."""

import json

import pytest
from aws_cdk.assertions import Match, Template

from tests.infrastructure.synthesized import synthesize


@pytest.fixture(scope="module")
def template() -> Template:
    return synthesize()


def test_the_function_is_an_image_with_4_gb_and_15_seconds(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "PackageType": "Image",
            "MemorySize": 4096,
            "Timeout": 15,
            "Architectures": ["x86_64"],
            "LoggingConfig": {"LogFormat": "JSON", "LogGroup": Match.any_value()},
        },
    )
    template.resource_count_is("AWS::Lambda::Function", 1)


def test_every_request_goes_to_the_function_as_payload_2(template: Template) -> None:
    template.has_resource_properties("AWS::ApiGatewayV2::Api", {"ProtocolType": "HTTP"})
    template.resource_count_is("AWS::ApiGatewayV2::Route", 1)
    template.has_resource_properties("AWS::ApiGatewayV2::Route", {"RouteKey": "$default"})
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Integration",
        {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"},
    )


def test_requests_are_throttled_and_logged_without_their_query(template: Template) -> None:
    [stage] = template.find_resources("AWS::ApiGatewayV2::Stage").values()
    properties = stage["Properties"]
    assert properties["StageName"] == "$default"
    assert properties["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": 100,
        "ThrottlingBurstLimit": 10,  # at once: what a new account may serve
    }
    log_format = json.loads(properties["AccessLogSettings"]["Format"])
    assert "$context.status" in log_format.values()
    assert not any("query" in variable.lower() for variable in log_format.values())


def test_the_url_is_an_output(template: Template) -> None:
    template.has_output("HTTPAPIUrl", {"Value": Match.any_value()})


def test_the_function_may_write_to_its_log_group_and_nothing_else(template: Template) -> None:
    [policy] = template.find_resources("AWS::IAM::Policy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert set(statement["Action"]) == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert "Fn::GetAtt" in statement["Resource"]
    [role] = template.find_resources("AWS::IAM::Role").values()
    assert "ManagedPolicyArns" not in role["Properties"]


def test_logs_expire_and_go_with_the_stack(template: Template) -> None:
    template.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})
    template.all_resources("AWS::Logs::LogGroup", {"DeletionPolicy": "Delete"})


def test_requests_go_through_the_alias_of_a_release(template: Template) -> None:
    template.resource_count_is("AWS::Lambda::Alias", 0)
    released = synthesize(canary="true")
    [live] = released.find_resources("AWS::Lambda::Alias")
    released.has_resource_properties(
        "AWS::ApiGatewayV2::Integration", {"IntegrationUri": {"Ref": live}}
    )
    released.has_resource_properties(
        "AWS::CodeDeploy::DeploymentGroup",
        {"AlarmConfiguration": {"Enabled": True, "Alarms": [{"Name": Match.any_value()}]}},
    )


def test_an_error_of_the_new_version_alone_ends_a_release() -> None:
    """Else an old version that fails would end the release that mends it."""
    released = synthesize(canary="true")
    [live] = released.find_resources("AWS::Lambda::Alias").values()
    [alarm] = released.find_resources("AWS::CloudWatch::Alarm").values()
    watched = {d["Name"]: d["Value"] for d in alarm["Properties"]["Dimensions"]}
    assert watched["ExecutedVersion"] == live["Properties"]["FunctionVersion"]
    assert watched["FunctionName"] == live["Properties"]["FunctionName"]
    assert watched["Resource"] == {"Fn::Join": ["", [watched["FunctionName"], ":live"]]}


def test_alarms_may_be_sent_to_their_topic() -> None:
    """Its own policy, which TLS needs, takes the place of the one that lets its account publish."""
    alarmed = synthesize(alarm_email="me@example.org")
    [policy] = alarmed.find_resources("AWS::SNS::TopicPolicy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    assert {s["Effect"]: s["Action"] for s in statements} == dict.fromkeys(
        ("Deny", "Allow"), "sns:Publish"
    )
    [allowed] = (s for s in statements if s["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_the_dashboard_searches_what_metrics_py_writes(template: Template) -> None:
    """Lambda names the function in the environment: by its name alone, without an alias."""
    [function] = template.find_resources("AWS::Lambda::Function")
    for released in ("false", "true"):
        dashboard = synthesize(dashboard="true", canary=released)
        [found] = dashboard.find_resources("AWS::CloudWatch::Dashboard").values()
        body = json.dumps(found["Properties"]["DashboardBody"]["Fn::Join"][1])
        search = "{PredictiveLambda,function,version} function="
        assert json.dumps({"Ref": function}) in body.partition(search)[2][:60]

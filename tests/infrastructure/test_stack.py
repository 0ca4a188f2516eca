"""The template says what the README promises, for every knob."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Match, Template

from predictive_lambda import predictive_lambda_stack
from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack


def synthesize(**context: object) -> Template:
    app = App(context=context)
    return Template.from_stack(PredictiveLambdaStack(app, "the-predictive-lambda"))


MACHINE = "AWS::StepFunctions::StateMachine"


def definition(template: Template) -> Any:
    """Return what the state machine does; what the template only refers to is left out."""
    [machine] = template.find_resources(MACHINE).values()
    _, parts = machine["Properties"]["DefinitionString"]["Fn::Join"]
    return json.loads("".join(part for part in parts if isinstance(part, str)))


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


@pytest.mark.parametrize(
    ("context", "resource", "properties"),
    [
        ({"memory_mb": "512"}, "AWS::Lambda::Function", {"MemorySize": 512}),
        ({"memory_mb": 10240}, "AWS::Lambda::Function", {"MemorySize": 10240}),
        ({"architecture": "arm64"}, "AWS::Lambda::Function", {"Architectures": ["arm64"]}),
        ({"log_retention_days": "3"}, "AWS::Logs::LogGroup", {"RetentionInDays": 3}),
        ({"log_retention_days": "731"}, "AWS::Logs::LogGroup", {"RetentionInDays": 731}),
        ({"log_retention_days": "3653"}, "AWS::Logs::LogGroup", {"RetentionInDays": 3653}),
        (
            {"cors": "https://a.example, http://127.0.0.1:8000"},
            "AWS::ApiGatewayV2::Api",
            {
                "CorsConfiguration": Match.object_like(
                    {
                        "AllowOrigins": ["https://a.example", "http://127.0.0.1:8000"],
                        "AllowMethods": ["GET", "HEAD", "POST"],
                    }
                )
            },
        ),
        ({"canary": "true"}, "AWS::Lambda::Alias", {"Name": "live"}),
        (
            {"snap_start": True},
            "AWS::Lambda::Function",
            {"SnapStart": {"ApplyOn": "PublishedVersions"}},
        ),
        (
            {"alarm_email": "me@example.org"},
            "AWS::SNS::Subscription",
            {"Endpoint": "me@example.org"},
        ),
        ({"alarm_email": "me@example.org"}, "AWS::CloudWatch::Alarm", {"Threshold": 12000}),
        ({"dashboard": "true"}, "AWS::CloudWatch::Dashboard", {}),
        ({"log_retention_days": "7"}, "AWS::Logs::LogGroup", {"RetentionInDays": 7}),
        ({"bulk": "true", "bulk_memory_mb": 3538}, "AWS::Lambda::Function", {"MemorySize": 3538}),
        ({"bulk": "true", "bulk_concurrency": "900"}, MACHINE, {"MaxConcurrency": 900}),
        (
            {"bulk": "true", "bulk_tolerated_failures": 5},
            MACHINE,
            {"ToleratedFailurePercentage": 5},
        ),
        (
            {"throttle": "5"},
            "AWS::ApiGatewayV2::Stage",
            {"DefaultRouteSettings": {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 1}},
        ),
    ],
    ids=str,
)
def test_a_knob_turns(context: dict[str, object], resource: str, properties: Any) -> None:
    template = synthesize(**context)
    if resource == MACHINE:
        assert definition(template)["States"]["EachObject"].items() >= properties.items()
    else:
        template.has_resource_properties(resource, properties)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("architecture", "x86", "x86_64, arm64"),
        ("architecture", "", "x86_64, arm64"),
        ("memory_mb", "127", "128 to 10240"),
        ("memory_mb", "4GB", "128 to 10240"),
        ("memory_mb", "4096.0", "128 to 10240"),
        ("memory_mb", True, "128 to 10240"),
        ("log_retention_days", "31", "1, 3, 5, 7, 14, 30, 60"),
        ("throttle", "0", "1 to 10000"),
        ("throttle", "-1", "1 to 10000"),
        ("throttle", "٣", "1 to 10000"),
        ("base_image", "public.ecr.aws/lambda/python:3.13", "sha256"),
        ("base_image", "public.ecr.aws/lambda/python@sha256:12ab", "sha256"),
        ("cors", "example.org", "without a path"),
        ("cors", "https://example.org/", "without a path"),
        ("cors", "*,https://example.org", "without a path"),
        ("alarm_email", "me", "me@example.org"),
        ("canary", "yes", "true or false"),
        ("snap_start", "1", "true or false"),
        ("bulk", "on", "true or false"),
        ("bulk_memory_mb", "128", "512 to 10240"),
        ("bulk_concurrency", "0", "1 to 10000"),
        ("bulk_tolerated_failures", "101", "0 to 100"),
    ],
)
def test_nonsense_is_an_error_that_names_what_is_allowed(
    name: str, value: object, allowed: str
) -> None:
    with pytest.raises(ValueError, match=f"{name} is .* must be .*{allowed}"):
        synthesize(**{name: value})


@pytest.mark.parametrize(("name", "near"), [("memory", "memory_mb"), ("snapstart", "snap_start")])
def test_a_knob_that_is_none_is_an_error_that_names_the_near_one(name: str, near: str) -> None:
    with pytest.raises(ValueError, match=f"no knob '{name}'. Did you mean {near}?"):
        synthesize(**{name: "true"})


def test_the_context_of_the_cdk_is_no_knob() -> None:
    synthesize(
        **json.loads((predictive_lambda_stack.MODEL.parent / "cdk.json").read_text())["context"]
    )


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


def test_the_dashboard_searches_what_metrics_py_writes(template: Template) -> None:
    """Lambda names the function in the environment: by its name alone, without an alias."""
    [function] = template.find_resources("AWS::Lambda::Function")
    for released in ("false", "true"):
        dashboard = synthesize(dashboard="true", canary=released)
        [found] = dashboard.find_resources("AWS::CloudWatch::Dashboard").values()
        body = json.dumps(found["Properties"]["DashboardBody"]["Fn::Join"][1])
        search = "{PredictiveLambda,function,version} function="
        assert json.dumps({"Ref": function}) in body.partition(search)[2][:60]


def test_bulk_is_the_same_image_with_another_command(template: Template) -> None:
    template.resource_count_is("AWS::S3::Bucket", 0)
    template.resource_count_is(MACHINE, 0)
    bulk = synthesize(bulk="true")
    serving, answering = (
        function["Properties"] for function in bulk.find_resources("AWS::Lambda::Function").values()
    )
    assert serving["Code"] == answering["Code"]
    assert "ImageConfig" not in serving
    assert answering["ImageConfig"] == {"Command": ["bulk.lambdaHandler"]}
    assert (answering["Timeout"], answering["MemorySize"]) == (900, 1769)


def test_the_bulk_function_reads_in_and_writes_out_and_nothing_else() -> None:
    bulk = synthesize(bulk="true")
    [policy] = bulk.find_resources("AWS::IAM::Policy", Match.object_like(BULK_POLICY)).values()
    allowed = {
        str(statement["Action"]): json.dumps(statement["Resource"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "s3:" in str(statement["Action"])
    }
    assert {*allowed} == {"s3:GetObject", "s3:PutObject", "s3:ListBucket"}
    assert "/in/*" in allowed["s3:GetObject"] and "/out/*" in allowed["s3:PutObject"]


BULK_POLICY = {
    "Properties": {"Roles": [{"Ref": Match.string_like_regexp("^PredictiveLambdaBulkRole")}]}
}


def test_rows_are_kept_private_encrypted_and_rid_of_what_was_cut_short() -> None:
    bulk = synthesize(bulk="true")
    bulk.has_resource("AWS::S3::Bucket", {"DeletionPolicy": "Retain"})
    bulk.has_resource_properties(
        "AWS::S3::Bucket",
        {
            "BucketEncryption": Match.any_value(),
            "PublicAccessBlockConfiguration": {"BlockPublicPolicy": True},
            "LifecycleConfiguration": {
                "Rules": [{"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]
            },
        },
    )
    secure = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    bulk.has_resource_properties(
        "AWS::S3::BucketPolicy",
        {"PolicyDocument": {"Statement": [Match.object_like(secure)]}},
    )


def test_a_throttled_object_is_tried_again_and_a_broken_one_is_not() -> None:
    each = definition(synthesize(bulk="true"))["States"]["EachObject"]
    retried = {
        error: retry["MaxAttempts"]
        for retry in each["ItemProcessor"]["States"]["AnswerAnObject"]["Retry"]
        for error in retry["ErrorEquals"]
    }
    assert retried["Lambda.TooManyRequestsException"] >= 30
    assert {"Lambda.ServiceException", "Lambda.SdkClientException"} <= retried.keys()
    assert all(error.startswith("Lambda.") for error in retried)


def image_tag(model: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(predictive_lambda_stack, "MODEL", model)
    [function] = synthesize().find_resources("AWS::Lambda::Function").values()
    return json.dumps(function["Properties"]["Code"]["ImageUri"])


def test_another_base_image_is_another_image() -> None:
    base = "public.ecr.aws/lambda/python:3.13@sha256:" + "0" * 64
    functions = [
        synthesize(**knobs).find_resources("AWS::Lambda::Function")
        for knobs in ({}, {"base_image": base}, {"base_image": base.replace("0", "1")})
    ]
    images = {json.dumps(function) for function in functions}
    assert len(images) == 3


@pytest.fixture
def model(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(predictive_lambda_stack.MODEL, tmp_path / "model", ignore=ignore)
    return tmp_path / "model"


@pytest.mark.parametrize(
    ("file", "redeploys"),
    [
        ("deployment/app.py", True),
        ("chipotle.pkl", True),
        ("requirements.txt", True),
        ("Dockerfile", True),
        ("training/Chipotle.ipynb", False),
        ("training/training.py", False),
        ("trainmodel.sh", False),
        ("deployment/__pycache__/app.cpython-313.pyc", False),  # `make run` leaves some
        ("deployment/.DS_Store", False),  # nor a look at it in the Finder
        (".training-abc/chipotle.pkl", False),
        ("notes.txt", False),
    ],
)
def test_only_what_is_in_the_image_redeploys_it(
    file: str, redeploys: bool, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = image_tag(model, monkeypatch)
    (model / file).parent.mkdir(exist_ok=True)
    with open(model / file, "a") as edited:
        edited.write("\n# edited")
    assert (image_tag(model, monkeypatch) != before) == redeploys

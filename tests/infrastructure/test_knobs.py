"""Each knob changes the template, and nonsense is refused with what is allowed."""

import json
from typing import Any

import pytest
from aws_cdk.assertions import Match

from predictive_lambda import predictive_lambda_stack
from tests.infrastructure.synthesized import MACHINE, definition, synthesize


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

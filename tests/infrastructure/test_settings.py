"""Each setting changes the template; errors for invalid ones say what is allowed."""

from typing import Any

import pytest

from tests.infrastructure.synthesized import FLAGS, MACHINE, definition, synthesize

FUNCTION, LOGS = "AWS::Lambda::Function", "AWS::Logs::LogGroup"
API, STAGE = "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage"
ROUTE, AUTHORIZER = "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Authorizer"
DASHBOARD = "AWS::CloudWatch::Dashboard"
A, B = "https://a.example", "http://127.0.0.1:8000"
CORS = {
    "AllowMethods": ["GET", "HEAD", "POST"],
    "AllowHeaders": ["content-type", "authorization", "x-amz-date", "x-amz-security-token"],
    "ExposeHeaders": ["x-model-version"],
}
THROTTLED = {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 5}
TOLERATED = {"ToleratedFailurePercentage": 5}
TRUSTED = {"Issuer": "https://login.example.org/", "Audience": ["shop", "desk"]}
ZONE = {"hosted_zone": "Z0123456789ABC"}
RECORD = {"Name": "predict.example.org.", "HostedZoneId": "Z0123456789ABC", "Type": "A"}
JWT = {"auth": "jwt", "jwt_issuer": "https://login.example.org/", "jwt_audience": "shop,desk"}
DOMAIN = {
    "domain": "predict.example.org",
    "certificate_arn": "arn:aws:acm:us-east-1:111111111111:certificate/11111111-2222",
}


@pytest.mark.parametrize(
    ("context", "resource", "properties"),
    [
        ({"memory_mb": "512"}, FUNCTION, {"MemorySize": 512}),
        ({"architecture": "arm64"}, FUNCTION, {"Architectures": ["arm64"]}),
        ({"log_retention_days": 3653}, LOGS, {"RetentionInDays": 3653}),
        ({"throttle": "50"}, STAGE, {"DefaultRouteSettings": THROTTLED}),
        ({"cors": "*"}, API, {"CorsConfiguration": CORS}),
        ({"cors": f"{A}, {B}"}, API, {"CorsConfiguration": {"AllowOrigins": [A, B]}}),
        (JWT, AUTHORIZER, {"JwtConfiguration": TRUSTED}),
        ({"auth": "iam"}, ROUTE, {"RouteKey": "$default", "AuthorizationType": "AWS_IAM"}),
        (DOMAIN, "AWS::ApiGatewayV2::DomainName", {"DomainName": "predict.example.org"}),
        (DOMAIN | ZONE, "AWS::Route53::RecordSet", RECORD),
        ({"canary": "true"}, "AWS::Lambda::Alias", {"Name": "live"}),
        ({"snap_start": True}, FUNCTION, {"SnapStart": {"ApplyOn": "PublishedVersions"}}),
        ({"alarm_email": "me@example.org"}, "AWS::SNS::Subscription", {"Protocol": "email"}),
        ({"alarm_email": "me@example.org"}, "AWS::CloudWatch::Alarm", {"Threshold": 12000}),
        ({"dashboard": "true", "stack": "copy"}, DASHBOARD, {"DashboardName": "copy"}),
        ({"bulk": "true", "bulk_memory_mb": 3538}, FUNCTION, {"MemorySize": 3538}),
        ({"bulk": "true", "bulk_concurrency": "900"}, MACHINE, {"MaxConcurrency": 900}),
        ({"bulk": "true", "bulk_tolerated_failures": 5}, MACHINE, TOLERATED),
    ],
    ids=str,
)
def test_a_setting_changes_the_template(
    context: dict[str, object], resource: str, properties: Any
) -> None:
    template = synthesize(**context)
    if resource == MACHINE:
        assert definition(template)["States"]["EachObject"].items() >= properties.items()
    else:
        template.has_resource_properties(resource, properties)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("architecture", "x86", "x86_64, arm64"),
        ("memory_mb", "127", "128 to 10240"),
        ("memory_mb", True, "128 to 10240"),
        ("log_retention_days", "31", "1, 3, 5, 7, 14, 30, 60"),
        ("throttle", "٣", "1 to 10000"),
        ("base_image", "public.ecr.aws/lambda/python:3.13", "sha256"),
        ("cors", "example.org", "without a path"),
        ("cors", "*,https://example.org", "without a path"),
        ("alarm_email", "me", "me@example.org"),
        ("canary", "yes", "true or false"),
        ("bulk_memory_mb", "128", "512 to 10240"),
        ("bulk_concurrency", "0", "1 to 10000"),
        ("bulk_tolerated_failures", "101", "0 to 100"),
        ("stack", "my_stack", "letters, digits and hyphens"),
        ("auth", "basic", "none, jwt, iam"),
        ("jwt_issuer", "http://login.example.org", "https"),
        ("domain", "https://predict.example.org", "predict.example.org"),
        ("certificate_arn", "predict.example.org", "certificate in ACM"),
        ("hosted_zone", "example.org", "id of a hosted zone"),
    ],
)
def test_the_error_for_an_invalid_value_says_what_is_allowed(
    name: str, value: object, allowed: str
) -> None:
    with pytest.raises(ValueError, match=f"{name} is .* must be .*{allowed}"):
        synthesize(**{name: value})


@pytest.mark.parametrize(
    "settings",
    [
        *({name: JWT[name]} for name in JWT),
        *({name: DOMAIN[name]} for name in DOMAIN),
        {"auth": "iam", "jwt_issuer": JWT["jwt_issuer"]},
        ZONE,
    ],
    ids=str,
)
def test_incomplete_auth_or_domain_settings_are_rejected(settings: dict[str, str]) -> None:
    """A deployment that only looks protected would be worse than an error."""
    with pytest.raises(ValueError, match="only work together"):
        synthesize(**settings)


@pytest.mark.parametrize(("name", "near"), [("memory", "memory_mb"), ("snapstart", "snap_start")])
def test_unknown_setting_suggests_the_closest(name: str, near: str) -> None:
    with pytest.raises(ValueError, match=f"Unknown setting '{name}'. Did you mean {near}?"):
        synthesize(**{name: "true"})


def test_context_of_the_cdk_is_accepted() -> None:
    synthesize(**FLAGS)

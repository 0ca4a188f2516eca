"""What each setting adds to the template; errors for invalid ones say what is allowed."""

import re
from typing import Any

import pytest

from tests.infrastructure.synthesized import ROOT, definition, synthesize

FUNCTION, LOGS = "AWS::Lambda::Function", "AWS::Logs::LogGroup"
API, STAGE = "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage"
ROUTE, AUTHORIZER = "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Authorizer"
INTEGRATION, ALARM = "AWS::ApiGatewayV2::Integration", "AWS::CloudWatch::Alarm"
MACHINE = "of the state machine"
A, B = "https://a.example", "http://127.0.0.1:8000"
SIGNATURE = ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"]
CORS = {
    "AllowMethods": ["GET", "HEAD", "POST"],
    "AllowHeaders": ["content-type", *SIGNATURE],
    "ExposeHeaders": ["x-model-version"],
}
TOLERATED = {"ToleratedFailurePercentage": 5}
THROTTLED = {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 5}
TRUSTED = {"Issuer": "https://login.example.org/", "Audience": ["shop", "desk"]}
RECORD = {"Name": "predict.example.org.", "HostedZoneId": "Z0123456789ABC", "Type": "A"}
JWT = {"auth": "jwt", "jwt_issuer": "https://login.example.org/", "jwt_audience": "shop,desk"}
DOMAIN = {
    "domain": "predict.example.org",
    "certificate_arn": "arn:aws:acm:us-east-1:111111111111:certificate/11111111-2222",
}
ZONE = {"hosted_zone": "Z0123456789ABC"}
COPY = {"DashboardName": {"Fn::Join": ["", ["copy-", {"Ref": "AWS::Region"}]]}}
SERVES = {"PackageType": "Image", "MemorySize": 4096, "Timeout": 15, "Architectures": ["x86_64"]}
SCORES = {"ImageConfig": {"Command": ["bulk.lambdaHandler"]}, "Timeout": 900, "MemorySize": 1769}
ABORT = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}


@pytest.mark.parametrize(
    ("context", "resource", "properties"),
    [
        ({}, FUNCTION, SERVES | {"LoggingConfig": {"LogFormat": "JSON"}}),
        ({}, ROUTE, {"RouteKey": "$default", "AuthorizationType": "NONE"}),
        ({}, INTEGRATION, {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}),
        ({"memory_mb": "512"}, FUNCTION, {"MemorySize": 512}),
        ({"architecture": "arm64"}, FUNCTION, {"Architectures": ["arm64"]}),
        ({"log_retention_days": 3653}, LOGS, {"RetentionInDays": 3653}),
        ({"throttle": "50"}, STAGE, {"DefaultRouteSettings": THROTTLED}),
        ({"cors": "*"}, API, {"CorsConfiguration": CORS}),
        ({"cors": f"{A}, {B}"}, API, {"CorsConfiguration": {"AllowOrigins": [A, B]}}),
        (JWT | {"jwt_audience": ["shop", "desk"]}, AUTHORIZER, {"JwtConfiguration": TRUSTED}),
        ({"auth": "iam"}, ROUTE, {"RouteKey": "$default", "AuthorizationType": "AWS_IAM"}),
        (DOMAIN, "AWS::ApiGatewayV2::DomainName", {"DomainName": "predict.example.org"}),
        (DOMAIN | ZONE, "AWS::Route53::RecordSet", RECORD),
        ({"snap_start": True}, FUNCTION, {"SnapStart": {"ApplyOn": "PublishedVersions"}}),
        ({"alarm_email": "me@example.org"}, "AWS::SNS::Subscription", {"Protocol": "email"}),
        ({"alarm_email": "me@example.org"}, ALARM, {"Threshold": 12000}),
        ({"dashboard": "true", "stack": "copy"}, "AWS::CloudWatch::Dashboard", COPY),
        ({"bulk": "true"}, FUNCTION, SCORES),
        ({"bulk": "true"}, "AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": [ABORT]}}),
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
    ("settings", "explanation"),
    [
        ({"architecture": "x86"}, "architecture is 'x86'. It must be one of x86_64, arm64."),
        ({"memory_mb": "127"}, "It must be a whole number from 128 to 10240."),
        ({"memory_mb": True}, "memory_mb is 'True'."),
        ({"log_retention_days": "31"}, "one of 1, 3, 5, 7, 14, 30, 60"),
        ({"throttle": "٣"}, "from 1 to 10000"),
        ({"base_image": "public.ecr.aws/lambda/python:3.13"}, "NAME:TAG@sha256:DIGEST"),
        ({"cors": "example.org"}, "without a path"),
        ({"cors": "*,https://example.org"}, "without a path"),
        ({"alarm_email": "me"}, "me@example.org"),
        ({"canary": "yes"}, "true or false"),
        ({"bulk_memory_mb": "128"}, "from 512 to 10240"),
        ({"bulk_concurrency": "0"}, "from 1 to 10000"),
        ({"bulk_tolerated_failures": "101"}, "from 0 to 100"),
        ({"stack": "my_stack"}, "letters, digits and hyphens"),
        ({"auth": "basic"}, "one of none, jwt, iam"),
        ({"stack": ""}, "letters, digits"),  # such as -c stack=$STACK, where STACK is not set
        ({"jwt_issuer": "http://login.example.org"}, "a URL like https"),
        (JWT | {"jwt_audience": "shop,"}, "comma-separated names"),
        ({"domain": "https://predict.example.org"}, "a name like predict.example.org"),
        ({"certificate_arn": "predict.example.org"}, "certificate in ACM"),
        ({"hosted_zone": "example.org"}, "id of a hosted zone"),
        ({"memory": 1}, "Unknown setting 'memory'. Did you mean memory_mb?"),
        # A deployment that only looks protected would be worse than an error.
        *(({name: JWT[name]}, "only work together") for name in JWT),
        ({"auth": "iam", "jwt_issuer": JWT["jwt_issuer"]}, "only work together"),
        *(({name: DOMAIN[name]}, "only work together") for name in DOMAIN),
        (ZONE, "only work together"),
    ],
    ids=str,
)
def test_a_mistake_is_explained(settings: dict[str, object], explanation: str) -> None:
    with pytest.raises(ValueError, match=re.escape(explanation)):
        synthesize(**settings)


def test_readme_lists_every_setting() -> None:
    with pytest.raises(ValueError, match="The settings are") as rejected:
        synthesize(no_setting="1")
    settings = re.findall(r"\w+", str(rejected.value).partition("The settings are ")[2])
    readme = (ROOT / "predictive_lambda" / "README.md").read_text()
    table = readme.partition("| setting |")[2].partition("\n\n")[0]
    names = "".join(re.findall(r"^\| (`.+?) \|", table, re.MULTILINE))
    assert sorted(re.findall(r"`(\w+)`", names)) == settings

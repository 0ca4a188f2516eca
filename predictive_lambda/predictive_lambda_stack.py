"""The stack: turns the settings into one PredictiveLambda."""

import re
from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer, HttpJwtAuthorizer
from aws_cdk.aws_route53_targets import ApiGatewayv2DomainProperties
from constructs import Construct

from predictive_lambda.bulk import ONE_VCPU_MB, BulkScoring  # optional, like the lines with it
from predictive_lambda.monitoring import mail_topic
from predictive_lambda.predictive_lambda import PredictiveLambda
from predictive_lambda.settings import SettingError, Settings

ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}
RETENTIONS = {
    "1": logs.RetentionDays.ONE_DAY,
    "3": logs.RetentionDays.THREE_DAYS,
    "5": logs.RetentionDays.FIVE_DAYS,
    "7": logs.RetentionDays.ONE_WEEK,
    "14": logs.RetentionDays.TWO_WEEKS,
    "30": logs.RetentionDays.ONE_MONTH,
    "60": logs.RetentionDays.TWO_MONTHS,
    "90": logs.RetentionDays.THREE_MONTHS,
    "120": logs.RetentionDays.FOUR_MONTHS,
    "150": logs.RetentionDays.FIVE_MONTHS,
    "180": logs.RetentionDays.SIX_MONTHS,
    "365": logs.RetentionDays.ONE_YEAR,
    "400": logs.RetentionDays.THIRTEEN_MONTHS,
    "545": logs.RetentionDays.EIGHTEEN_MONTHS,
    "731": logs.RetentionDays.TWO_YEARS,
    "1096": logs.RetentionDays.THREE_YEARS,
    "1827": logs.RetentionDays.FIVE_YEARS,
    "2192": logs.RetentionDays.SIX_YEARS,
    "2557": logs.RetentionDays.SEVEN_YEARS,
    "2922": logs.RetentionDays.EIGHT_YEARS,
    "3288": logs.RetentionDays.NINE_YEARS,
    "3653": logs.RetentionDays.TEN_YEARS,
}
BASE = r"[\w./:-]+@sha256:[0-9a-f]{64}"
ORIGIN = r"https?://[^/\s,@?#*]+"
CERTIFICATE = r"arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate/[\w-]+"
NAME = "the-predictive-lambda"
# The headers that browsers may send to authenticate.
CREDENTIALS = {
    "none": [],
    "jwt": ["authorization"],
    "iam": ["authorization", "x-amz-date", "x-amz-security-token"],
}


class PredictiveLambdaStack(Stack):
    """The model's function and HTTP API, configured by the settings, and the API's URL."""

    def __init__(self, scope: Construct, construct_id: str = NAME, **kwargs: Any) -> None:
        settings = Settings(scope.node)
        allowed = "letters, digits and hyphens, starting with a letter"
        name = settings.match("stack", "[A-Za-z][A-Za-z0-9-]{0,127}", allowed)
        super().__init__(scope, name or construct_id, **kwargs)
        email = settings.match("alarm_email", r"[^@\s]+@[^@\s]+", "an address like me@example.org")
        service = PredictiveLambda(
            self,
            "Default",  # leaves no trace in logical ids
            base_image=settings.match("base_image", BASE, "NAME:TAG@sha256:DIGEST"),
            memory_mb=settings.number("memory_mb", 4096, range(128, 10_241)),
            architecture=ARCHITECTURES[settings.choice("architecture", "x86_64", ARCHITECTURES)],
            log_retention=RETENTIONS[settings.choice("log_retention_days", "30", RETENTIONS)],
            throttle=settings.number("throttle", 100, range(1, 10_001)),
            cors=_cors(settings),
            authorizer=_authorizer(settings),
            domain=_domain(self, settings),
            canary=settings.switch("canary"),
            snap_start=settings.switch("snap_start"),
            alarms=mail_topic(self, email) if email else None,
            dashboard=settings.switch("dashboard"),
        )
        _bulk(self, service, settings)
        settings.reject_unknown()
        CfnOutput(self, "HTTP API Url", value=service.url)


def _cors(settings: Settings) -> apigateway.CorsPreflightOptions | None:
    """Let pages of other origins call the API: the gateway answers their preflights."""
    allowed = "* or origins like https://example.org, without a path, separated by commas"
    cors = settings.match("cors", rf"\*|{ORIGIN}( *, *{ORIGIN})*", allowed)
    if not cors:
        return None
    methods = apigateway.CorsHttpMethod
    return apigateway.CorsPreflightOptions(
        allow_origins=[origin.strip() for origin in cors.split(",")],
        allow_methods=[methods.GET, methods.HEAD, methods.POST],
        allow_headers=["content-type", *CREDENTIALS[settings.choice("auth", "none", CREDENTIALS)]],
        expose_headers=["x-model-version"],
        max_age=Duration.days(1),
    )


def _authorizer(settings: Settings) -> apigateway.IHttpRouteAuthorizer | None:
    auth = settings.choice("auth", "none", CREDENTIALS)
    issuer = settings.match("jwt_issuer", r"https://\S+", "a URL like https://login.example.org/")
    audience = settings.text("jwt_audience")
    if len({auth == "jwt", bool(issuer), bool(audience)}) > 1:
        raise SettingError("auth=jwt, jwt_issuer and jwt_audience only work together.")
    if auth == "jwt":
        return HttpJwtAuthorizer("Jwt", issuer, jwt_audience=re.split(" *, *", audience))
    return HttpIamAuthorizer() if auth == "iam" else None


def _domain(stack: Stack, settings: Settings) -> apigateway.DomainMappingOptions | None:
    """Serve at a domain; with its hosted zone, also point the domain here."""
    name = settings.match("domain", r"([\w-]+\.)+[\w-]+", "a name like predict.example.org")
    arn = settings.match("certificate_arn", CERTIFICATE, "the ARN of a certificate in ACM")
    zone_id = settings.match("hosted_zone", r"Z\w+", "the id of a hosted zone in Route 53")
    if bool(name) != bool(arn) or (zone_id and not name):
        raise SettingError("domain and certificate_arn only work together; hosted_zone needs both.")
    if not name:
        return None
    certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", arn)
    domain = apigateway.DomainName(stack, "Domain", domain_name=name, certificate=certificate)
    target = ApiGatewayv2DomainProperties(
        domain.regional_domain_name, domain.regional_hosted_zone_id
    )
    if zone_id:
        zone = route53.HostedZone.from_hosted_zone_attributes(
            stack, "Zone", hosted_zone_id=zone_id, zone_name=name
        )
        route53.ARecord(
            stack, "DomainRecord", zone=zone, target=route53.RecordTarget.from_alias(target)
        )
    return apigateway.DomainMappingOptions(domain_name=domain)


def _bulk(stack: Stack, service: PredictiveLambda, settings: Settings) -> None:
    memory_mb = settings.number("bulk_memory_mb", ONE_VCPU_MB, range(512, 10_241))
    concurrency = settings.number("bulk_concurrency", 5, range(1, 10_001))
    tolerated = settings.number("bulk_tolerated_failures", 0, range(0, 101))
    if not settings.switch("bulk"):
        return
    bulk = BulkScoring(
        service,
        "Default",
        service=service,
        memory_mb=memory_mb,
        concurrency=concurrency,
        tolerated_failures=tolerated,
    )
    CfnOutput(stack, "Bulk Bucket", value=bulk.bucket.bucket_name)
    CfnOutput(stack, "Bulk State Machine", value=bulk.machine.state_machine_arn)

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
DAYS = """1 3 5 7 14 30 60 90 120 150 180 365
    400 545 731 1096 1827 2192 2557 2922 3288 3653"""
RETENTIONS = dict(zip(DAYS.split(), logs.RetentionDays, strict=False))  # in the CDK's order
BASE = r"[\w./:-]+@sha256:[0-9a-f]{64}"
ORIGIN = r"https?://[^/\s,@?#*]+"
CERTIFICATE = r"arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate/[\w-]+"
NAME = "the-predictive-lambda"
AUTH = ("none", "jwt", "iam")
# What browsers may send: the type of a batch, a token or a signature.
HEADERS = ["content-type", "authorization", "x-amz-date", "x-amz-security-token"]


class PredictiveLambdaStack(Stack):
    """The model's function and HTTP API, configured by the settings, and the API's URL."""

    def __init__(self, scope: Construct, **kwargs: Any) -> None:
        settings = Settings(scope.node)
        allowed = "letters, digits and hyphens, starting with a letter"
        name = settings.match("stack", "[A-Za-z][A-Za-z0-9-]{0,127}", allowed)
        super().__init__(scope, name or NAME, **kwargs)
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
        allow_headers=HEADERS,
        expose_headers=["x-model-version"],
        max_age=Duration.days(1),
    )


def _authorizer(settings: Settings) -> apigateway.IHttpRouteAuthorizer | None:
    auth = settings.choice("auth", "none", AUTH)
    issuer = settings.match("jwt_issuer", r"https://\S+", "a URL like https://login.example.org/")
    audience = settings.match("jwt_audience", r"\S.*", "audiences separated by commas")
    if len({auth == "jwt", bool(issuer), bool(audience)}) > 1:
        raise SettingError("auth=jwt, jwt_issuer and jwt_audience only work together.")
    if auth == "jwt":
        return HttpJwtAuthorizer("Jwt", issuer, jwt_audience=re.split(" *, *", audience.strip()))
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
    if zone_id:
        named = {"hosted_zone_id": zone_id, "zone_name": name}
        zone = route53.HostedZone.from_hosted_zone_attributes(stack, "Zone", **named)
        address = (domain.regional_domain_name, domain.regional_hosted_zone_id)
        target = route53.RecordTarget.from_alias(ApiGatewayv2DomainProperties(*address))
        route53.ARecord(stack, "DomainRecord", zone=zone, target=target)
    return apigateway.DomainMappingOptions(domain_name=domain)


def _bulk(stack: Stack, service: PredictiveLambda, settings: Settings) -> None:
    arguments: dict[str, Any] = {
        "memory_mb": settings.number("bulk_memory_mb", ONE_VCPU_MB, range(512, 10_241)),
        "concurrency": settings.number("bulk_concurrency", 5, range(1, 10_001)),
        "tolerated_failures": settings.number("bulk_tolerated_failures", 0, range(0, 101)),
    }
    if settings.switch("bulk"):
        bulk = BulkScoring(service, "Default", service=service, **arguments)
        CfnOutput(stack, "Bulk Bucket", value=bulk.bucket.bucket_name)
        CfnOutput(stack, "Bulk State Machine", value=bulk.machine.state_machine_arn)

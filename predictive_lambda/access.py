"""The settings for CORS, authorization and a domain: turns them into the construct's arguments."""

import re

from aws_cdk import Duration, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer, HttpJwtAuthorizer
from aws_cdk.aws_route53_targets import ApiGatewayv2DomainProperties

from predictive_lambda.settings import SettingError, Settings

ORIGIN = r"https?://[^/\s,@?#*]+"
CERTIFICATE = r"arn:aws[\w-]*:acm:[\w-]+:\d{12}:certificate/[\w-]+"
# What browsers may send: the type of a batch, a token, or a signature by the AWS SDK.
SIGNATURE = ["x-amz-date", "x-amz-security-token", "x-amz-content-sha256"]
HEADERS = ["content-type", "authorization", *SIGNATURE]


def cors(settings: Settings) -> apigateway.CorsPreflightOptions | None:
    """Let pages of other origins call the API."""
    allowed = "* or origins like https://example.org, without a path, separated by commas"
    origins = settings.text("cors", rf"\*|{ORIGIN}( *, *{ORIGIN})*", allowed)
    if not origins:
        return None
    return apigateway.CorsPreflightOptions(
        allow_origins=[origin.strip() for origin in origins.split(",")],
        allow_methods=[apigateway.CorsHttpMethod[name] for name in ("GET", "HEAD", "POST")],
        allow_headers=HEADERS,
        expose_headers=["x-model-version"],
        max_age=Duration.days(1),
    )


def authorizer(settings: Settings) -> apigateway.IHttpRouteAuthorizer | None:
    """Require a token or a signature of each request."""
    auth = settings.choice("auth", "none", ("none", "jwt", "iam"))
    issuer = settings.text("jwt_issuer", r"https://\S+", "a URL like https://login.example.org/")
    audience = settings.text("jwt_audience", r"[^\s,]+( *, *[^\s,]+)*", "comma-separated names")
    if not (bool(issuer) == bool(audience) == (auth == "jwt")):
        raise SettingError("auth=jwt, jwt_issuer and jwt_audience only work together.")
    if auth == "jwt":
        return HttpJwtAuthorizer("Jwt", issuer, jwt_audience=re.split(" *, *", audience))
    return HttpIamAuthorizer() if auth == "iam" else None


def domain(stack: Stack, settings: Settings) -> apigateway.DomainMappingOptions | None:
    """Serve the API at a domain; with the hosted zone, also point the domain to it."""
    name = settings.text("domain", r"([\w-]+\.)+[\w-]+", "a name like predict.example.org")
    arn = settings.text("certificate_arn", CERTIFICATE, "the ARN of a certificate in ACM")
    zone_id = settings.text("hosted_zone", r"Z\w+", "the id of a hosted zone in Route 53")
    if bool(name) != bool(arn) or (zone_id and not name):
        raise SettingError("domain and certificate_arn only work together; hosted_zone needs both.")
    if not name:
        return None
    certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", arn)
    domain_name = apigateway.DomainName(stack, "Domain", domain_name=name, certificate=certificate)
    if zone_id:
        zone = route53.HostedZone.from_hosted_zone_attributes(
            stack, "Zone", hosted_zone_id=zone_id, zone_name=name
        )
        alias = ApiGatewayv2DomainProperties(
            domain_name.regional_domain_name, domain_name.regional_hosted_zone_id
        )
        target = route53.RecordTarget.from_alias(alias)
        route53.ARecord(stack, "DomainRecord", zone=zone, target=target)
    return apigateway.DomainMappingOptions(domain_name=domain_name)

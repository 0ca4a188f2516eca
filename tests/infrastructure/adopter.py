"""A company's CDK app that uses the construct: three stages in two accounts, and a context."""

from pathlib import Path

from aws_cdk import App, CfnOutput, Environment, PermissionsBoundary, Stack, Stage, Tags
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer, HttpJwtAuthorizer
from constructs import Construct

from predictive_lambda import PredictiveLambda
from predictive_lambda.bulk import BulkScoring

STAGES = {
    "dev": ("111111111111", 1024),
    "staging": ("111111111111", 2048),
    "prod": ("222222222222", 4096),
}
CONTEXT = {"stage": "dev", "team": "churn", "memory": 1, "bulk": "monthly"}
CERTIFICATE = "arn:aws:acm:eu-west-1:222222222222:certificate/11111111-2222-3333-4444-555555555555"


class Scoring(Stack):
    def __init__(self, scope: Construct, name: str, model: Path, memory_mb: int) -> None:
        super().__init__(scope, name)
        vpc = ec2.Vpc(self, "Vpc", max_azs=2)
        certificate = acm.Certificate.from_certificate_arn(self, "Certificate", CERTIFICATE)
        domain = apigateway.DomainName(
            self, "Domain", domain_name="score.example.org", certificate=certificate
        )
        issuer = "https://login.example.org/"
        more = {"vpc": vpc, "environment": {"TEAM": "churn"}}
        churn = PredictiveLambda(
            self,
            "Churn",
            model=model,
            memory_mb=memory_mb,
            architecture=lambda_.Architecture.ARM_64,
            log_key=kms.Key(self, "Key", enable_key_rotation=True),
            throttle=1000,
            cors=apigateway.CorsPreflightOptions(
                allow_origins=["https://shop.example.org"], allow_headers=["authorization"]
            ),
            authorizer=HttpJwtAuthorizer("Jwt", issuer, jwt_audience=["shop"]),
            domain=apigateway.DomainMappingOptions(domain_name=domain),
            canary=True,
            alarms=sns.Topic(self, "Pager", enforce_ssl=True),
            dashboard=True,
            function=more,
        )
        limits = ssm.StringParameter.from_string_parameter_name(self, "Limits", "/churn/limits")
        limits.grant_read(churn.function)
        internal = PredictiveLambda(
            self, "Internal", model=model, authorizer=HttpIamAuthorizer(), dashboard=True
        )
        BulkScoring(self, "Bulk", service=internal, memory_mb=3538, function=more)
        PredictiveLambda(self, "Public", model=model, snap_start=True)
        CfnOutput(self, "Url", value=churn.url)


def add_stages(app: App, model: Path) -> None:
    for name, (account, memory_mb) in STAGES.items():
        stage = Stage(
            app,
            name,
            env=Environment(account=account, region="eu-west-1"),
            permissions_boundary=PermissionsBoundary.from_name("company"),
        )
        Scoring(stage, "scoring", model, memory_mb)
        Tags.of(stage).add("stage", name)

"""The stack: model/Dockerfile in, a function behind a public HTTP API out."""

import json
from pathlib import Path
from typing import Any

from aws_cdk import Acknowledgment, CfnOutput, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

# Optional, as are the lines that name them.
from predictive_lambda import bulk, monitoring, release
from predictive_lambda.settings import Knobs

MODEL = Path(__file__).resolve().parent.parent / "model"
# An allow-list: whatever else comes to lie in model/, a notebook or a cache, redeploys nothing.
IN_THE_IMAGE = ["Dockerfile", "requirements.txt", "*.pkl", "*.json", "deployment"]
EXCLUDE = ["*", *(f"!{name}" for name in IN_THE_IMAGE), "**/__pycache__", "**/.*"]

ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}
# What CloudWatch knows, in the order of the CDK's names for it.
DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
RETENTIONS = {
    str(days): name for days, name in zip(DAYS, list(logs.RetentionDays)[:-1], strict=True)
}
BASE = r"[\w./:-]+@sha256:[0-9a-f]{64}"
ORIGIN = r"https?://[^/\s,@?#*]+"
# Of the URL the path alone: what was asked is nobody's business.
LOGGED = ("requestTime", "requestId", "httpMethod", "path", "status", "responseLatency")
ACCESS_LOG = {name: f"$context.{name}" for name in (*LOGGED, "integrationLatency")}


class PredictiveLambdaStack(Stack):
    """The image function, the HTTP API that passes it every request, and the API's URL."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        knobs = Knobs(self.node)
        function = self._function(knobs)
        live = release.alias(self, function, knobs)
        stage = self._public_api(live, knobs)
        monitoring.watch(self, function, live, stage, knobs)
        bulk.fan_out(self, self._image_function, self._log_group, knobs)
        knobs.refuse_others()
        CfnOutput(self, "HTTP API Url", value=stage.url)

    def _function(self, knobs: Knobs) -> lambda_.Function:
        function = self._image_function(
            "PredictiveLambda",
            knobs,
            memory_size=knobs.number("memory_mb", 4096, range(128, 10_241)),
            timeout=Duration.seconds(15),
        )
        Validations.of(function).acknowledge(
            Acknowledgment(
                id="Serverless::Serverless-LambdaDLQ",
                reason="Whoever asks waits for the answer: no event is left to be kept.",
            ),
            Acknowledgment(
                id="Serverless::Serverless-LambdaTracing",
                reason="There is one function and no other service to trace a request through.",
            ),
        )
        return function

    def _image_function(
        self, name: str, knobs: Knobs, cmd: list[str] | None = None, **settings: Any
    ) -> lambda_.Function:
        """Make a function of the image, with a role of its own and logs; `cmd` replaces its CMD."""
        log_group = self._log_group(f"{name}Logs", knobs)
        # A role of its own may write to this log group; the managed policy to every one.
        lambda_service = iam.ServicePrincipal("lambda.amazonaws.com")
        role = iam.Role(self, f"{name}Role", assumed_by=lambda_service)
        log_group.grant_write(role)
        base = knobs.match("base_image", BASE, "NAME:TAG@sha256:DIGEST")
        return lambda_.DockerImageFunction(
            self,
            name,
            code=lambda_.DockerImageCode.from_image_asset(
                str(MODEL), exclude=EXCLUDE, cmd=cmd, build_args={"BASE": base} if base else None
            ),
            architecture=ARCHITECTURES[knobs.choice("architecture", "x86_64", ARCHITECTURES)],
            role=role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            **settings,
        )

    def _public_api(self, function: lambda_.IFunction, knobs: Knobs) -> apigateway.HttpStage:
        api = apigateway.HttpApi(
            self,
            "PredictiveLambdaEndpoint",
            default_integration=HttpLambdaIntegration("PredictiveLambdaIntegration", function),
            create_default_stage=False,  # the ready-made one has neither throttle nor access log
            cors_preflight=_other_sites(knobs),
        )
        Validations.of(api).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-APIG4",
                reason="The API is public by design: it gives away only what is public.",
            )
        )
        # Lambda itself serves at most ten requests a second for each that it may serve at once.
        rate = knobs.number("throttle", 100, range(1, 10_001))
        stage = apigateway.HttpStage(
            self,
            "PredictiveLambdaStage",
            http_api=api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=rate, burst_limit=max(1, rate // 10)),
        )
        access_log = self._log_group("PredictiveLambdaAccessLogs", knobs)
        template_stage = stage.node.default_child
        assert isinstance(template_stage, apigateway.CfnStage)
        template_stage.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=access_log.log_group_arn, format=json.dumps(ACCESS_LOG)
        )
        return stage

    def _log_group(self, name: str, knobs: Knobs) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            name,
            retention=RETENTIONS[knobs.choice("log_retention_days", "30", RETENTIONS)],
            removal_policy=RemovalPolicy.DESTROY,
        )


def _other_sites(knobs: Knobs) -> apigateway.CorsPreflightOptions | None:
    """Let pages of other origins ask: the gateway answers their preflights itself."""
    such = "* or origins such as https://example.org, without a path, separated by commas"
    cors = knobs.match("cors", rf"\*|{ORIGIN}( *, *{ORIGIN})*", such)
    if not cors:
        return None
    methods = apigateway.CorsHttpMethod
    return apigateway.CorsPreflightOptions(
        allow_origins=[origin.strip() for origin in cors.split(",")],
        allow_methods=[methods.GET, methods.HEAD, methods.POST],
        allow_headers=["content-type"],
        expose_headers=["x-model-version"],
        max_age=Duration.days(1),
    )

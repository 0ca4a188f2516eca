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

from predictive_lambda.settings import Settings

MODEL = Path(__file__).resolve().parent.parent / "model"
# An allow-list: whatever else comes to lie in model/, a notebook or a cache, redeploys nothing.
IN_THE_IMAGE = ["Dockerfile", "requirements.txt", "*.pkl", "*.json", "deployment"]
EXCLUDE = ["*", *(f"!{name}" for name in IN_THE_IMAGE), "**/__pycache__", "**/.*"]

# Of the URL the path alone: where people are is nobody's business.
LOGGED = ("requestTime", "requestId", "httpMethod", "path", "status", "responseLatency")
ACCESS_LOG = {name: f"$context.{name}" for name in (*LOGGED, "integrationLatency")}


class PredictiveLambdaStack(Stack):
    """The image function, the HTTP API that passes it every request, and the API's URL."""

    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        settings = Settings.from_context(self.node)
        function = self._function(settings)
        stage = self._public_api(function, settings)
        CfnOutput(self, "HTTP API Url", value=stage.url)

    def _function(self, settings: Settings) -> lambda_.Function:
        log_group = self._log_group("PredictiveLambdaLogs", settings)
        # A role of its own may write to this log group; the managed policy to every one.
        lambda_service = iam.ServicePrincipal("lambda.amazonaws.com")
        role = iam.Role(self, "PredictiveLambdaRole", assumed_by=lambda_service)
        log_group.grant_write(role)
        function = lambda_.DockerImageFunction(
            self,
            "PredictiveLambda",
            code=lambda_.DockerImageCode.from_image_asset(str(MODEL), exclude=EXCLUDE),
            architecture=settings.architecture,
            memory_size=settings.memory_mb,
            timeout=Duration.seconds(15),
            role=role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
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

    def _public_api(self, function: lambda_.Function, settings: Settings) -> apigateway.HttpStage:
        api = apigateway.HttpApi(
            self,
            "PredictiveLambdaEndpoint",
            default_integration=HttpLambdaIntegration("PredictiveLambdaIntegration", function),
            create_default_stage=False,  # the ready-made one has neither throttle nor access log
        )
        Validations.of(api).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-APIG4",
                reason="The API is public by design: it gives away only what is public.",
            )
        )
        stage = apigateway.HttpStage(
            self,
            "PredictiveLambdaStage",
            http_api=api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(
                rate_limit=settings.throttle, burst_limit=settings.throttle
            ),
        )
        access_log = self._log_group("PredictiveLambdaAccessLogs", settings)
        template_stage = stage.node.default_child
        assert isinstance(template_stage, apigateway.CfnStage)
        template_stage.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=access_log.log_group_arn, format=json.dumps(ACCESS_LOG)
        )
        return stage

    def _log_group(self, name: str, settings: Settings) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            name,
            retention=settings.log_retention,
            removal_policy=RemovalPolicy.DESTROY,
        )

"""The construct: a function that serves a model folder's image behind an HTTP API."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from predictive_lambda.monitoring import add_alarms, add_dashboard  # optional, like its lines
from predictive_lambda.nag import AWS_POLICY, acknowledge
from predictive_lambda.release import release  # optional, like its lines

MODEL = Path(__file__).resolve().parent.parent / "model"
# An allow-list, so that stray files in model/ don't trigger a redeploy.
IN_THE_IMAGE = "Dockerfile requirements.txt *.pkl *.json deployment defer_imports*"
EXCLUDE = ["*", *(f"!{name}" for name in IN_THE_IMAGE.split()), "**/__pycache__", "**/.*"]

# Log the path but not the query string: it is personal data.
LOGGED = """requestTime requestId httpMethod path status responseLatency
    integrationLatency integrationErrorMessage"""
ACCESS_LOG = json.dumps({name: f"$context.{name}" for name in LOGGED.split()})
TIMEOUT = Duration.seconds(15)

# Why some rules of cdk-nag do not apply.
VPC_ACCESS = "service-role/AWSLambdaVPCAccessExecutionRole"
VPC = {AWS_POLICY.format(VPC_ACCESS): "AWS maintains this policy for functions in a VPC."}
PUBLIC = {"AwsSolutions-APIG4": "The API has no authorizer by choice: its answers are public."}
OPEN = {"AwsSolutions-APIG4": "Health checks and preflights send no token, and reveal no secrets."}
OPTIONAL = {
    "Serverless-LambdaDLQ": "Callers wait for the answer, so they notice a failed call.",
    "Serverless-LambdaTracing": "Off by default; `function` can turn it on.",
}


class PredictiveLambda(Construct):
    """A function of the image in `model`, behind an HTTP API that passes it every request.

    Its parts: `function`, `live` (what the API calls: function or alias), `api`, `stage`, `url`.

    base_image: NAME:TAG@sha256:DIGEST. If AWS did not make it, SnapStart needs a label in it:
        `LABEL com.amazonaws.lambda.feature.snapstart="Allow"`.
    timeout: API Gateway gives up after 30 seconds.
    throttle: requests per second; the burst limit is a tenth of it.
    open_paths: need no authorization, such as health checks.
    domain: replaces AWS's URL. Point an alias record to it.
    alarms: notified when an alarm goes off, and when it is over.
    function: other arguments of a DockerImageFunction, such as vpc or environment.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: str | Path = MODEL,
        base_image: str = "",
        memory_mb: int = 4096,
        architecture: lambda_.Architecture = lambda_.Architecture.X86_64,
        timeout: Duration = TIMEOUT,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        log_key: kms.IKey | None = None,
        throttle: int = 100,
        cors: apigateway.CorsPreflightOptions | None = None,
        authorizer: apigateway.IHttpRouteAuthorizer | None = None,
        open_paths: Sequence[str] = ("/healthz",),
        domain: apigateway.DomainMappingOptions | None = None,
        canary: bool = False,
        snap_start: bool = False,
        alarms: sns.ITopic | None = None,
        dashboard: bool = False,
        function: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        if not Path(model, "Dockerfile").is_file():
            raise ValueError(f"{model} has no Dockerfile: set `model` to the folder that has it.")
        base = {"BASE": base_image} if base_image else None
        self._image: dict[str, Any] = {"directory": str(model), "build_args": base}
        self._architecture = architecture
        self._logs: dict[str, Any] = {"retention": log_retention, "encryption_key": log_key}
        if log_key:
            self._let_cloudwatch_use(log_key)

        self.function = self.image_function(
            self,
            "PredictiveLambda",
            memory_size=memory_mb,
            timeout=timeout,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            **(function or {}),
        )
        self.live: lambda_.IFunction = self.function
        if canary or snap_start:
            self.live = release(self, self.function, canary=canary)

        integration = HttpLambdaIntegration("PredictiveLambdaIntegration", self.live)
        self.api = apigateway.HttpApi(
            self,
            "PredictiveLambdaEndpoint",
            default_integration=integration,
            default_authorizer=authorizer,
            create_default_stage=False,  # the CDK's has neither throttling nor an access log
            cors_preflight=cors,
            disable_execute_api_endpoint=True if domain else None,
        )
        if authorizer:
            self._open(integration, open_paths, preflights=bool(cors))
        else:
            acknowledge(self.api, PUBLIC)
        self.stage = self._stage(throttle, domain)
        self.url = self.stage.domain_url if domain else self.stage.url

        its_alarms = add_alarms(self, alarms) if alarms else []
        if dashboard:
            add_dashboard(self, its_alarms)

    def image_function(
        self, scope: Construct, name: str, *, cmd: list[str] | None = None, **options: Any
    ) -> lambda_.Function:
        """Make a function of the image, with its own role and logs; `cmd` replaces its CMD."""
        log_group = self.log_group(scope, f"{name}Logs")
        service = iam.ServicePrincipal("lambda.amazonaws.com")
        role = options.pop("role", None) or iam.Role(scope, f"{name}Role", assumed_by=service)
        log_group.grant_write(role)  # and nothing else, unlike AWS's managed policy
        if options.get("vpc"):
            # The CDK only lets roles that it creates make network interfaces.
            role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(VPC_ACCESS))
            acknowledge(role, VPC)
        function = lambda_.DockerImageFunction(
            scope,
            name,
            code=lambda_.DockerImageCode.from_image_asset(exclude=EXCLUDE, cmd=cmd, **self._image),
            architecture=self._architecture,
            role=role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            **options,
        )
        acknowledge(function, OPTIONAL)
        return function

    def log_group(self, scope: Construct, name: str) -> logs.LogGroup:
        return logs.LogGroup(scope, name, removal_policy=RemovalPolicy.DESTROY, **self._logs)

    def _let_cloudwatch_use(self, key: kms.IKey) -> None:
        """Let CloudWatch encrypt logs of the stack: `LogGroup(encryption_key=...)` does not."""
        stack = Stack.of(self)
        log_groups = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:*"
        cloudwatch = iam.ServicePrincipal(
            f"logs.{stack.region}.amazonaws.com",
            conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
        )
        actions = ("Encrypt*", "Decrypt*", "ReEncrypt*", "GenerateDataKey*", "Describe*")
        key.grant(cloudwatch, *(f"kms:{action}" for action in actions))

    def _open(
        self, integration: HttpLambdaIntegration, paths: Sequence[str], *, preflights: bool
    ) -> None:
        """Exempt these paths, and CORS preflights, from the authorizer."""
        routes = [(path, apigateway.HttpMethod.GET) for path in paths]
        if preflights:  # browsers send them without a token
            routes += [(path, apigateway.HttpMethod.OPTIONS) for path in ("/", "/{proxy+}")]
        everyone = apigateway.HttpNoneAuthorizer()
        for path, method in routes:
            [route] = self.api.add_routes(
                path=path, methods=[method], integration=integration, authorizer=everyone
            )
            acknowledge(route, OPEN)

    def _stage(
        self, throttle: int, domain: apigateway.DomainMappingOptions | None
    ) -> apigateway.HttpStage:
        burst = max(1, throttle // 10)
        stage = apigateway.HttpStage(
            self,
            "PredictiveLambdaStage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=throttle, burst_limit=burst),
            domain_mapping=domain,
        )
        destination = self.log_group(self, "PredictiveLambdaAccessLogs").log_group_arn
        access_log = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=destination, format=ACCESS_LOG
        )
        stage.node.default_child.access_log_settings = access_log  # type: ignore[union-attr]
        return stage

"""The stack: turns the settings into one PredictiveLambda."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk.aws_lambda import Architecture
from constructs import Construct

from predictive_lambda import access
from predictive_lambda.bulk import ONE_VCPU_MB, BulkScoring  # optional, like the lines with it
from predictive_lambda.monitoring import mail_topic
from predictive_lambda.predictive_lambda import PredictiveLambda
from predictive_lambda.settings import RETENTIONS, Settings

NAME = "the-predictive-lambda"
BASE = r"[\w./:-]+@sha256:[0-9a-f]{64}"
ARCHITECTURES = {"x86_64": Architecture.X86_64, "arm64": Architecture.ARM_64}


class PredictiveLambdaStack(Stack):
    """The model's function and HTTP API, configured by the settings, and the API's URL."""

    def __init__(self, scope: Construct, **kwargs: Any) -> None:
        settings = Settings(scope.node)
        allowed = "letters, digits and hyphens, starting with a letter"
        name = settings.text("stack", "[A-Za-z][A-Za-z0-9-]{0,127}", allowed)
        super().__init__(scope, name or NAME, **kwargs)
        email = settings.text("alarm_email", r"[^@\s]+@[^@\s]+", "an address like me@example.org")
        service = PredictiveLambda(
            self,
            "Default",  # leaves no trace in logical ids
            base_image=settings.text("base_image", BASE, "NAME:TAG@sha256:DIGEST"),
            memory_mb=settings.number("memory_mb", 4096, range(128, 10_241)),
            architecture=ARCHITECTURES[settings.choice("architecture", "x86_64", ARCHITECTURES)],
            log_retention=RETENTIONS[settings.choice("log_retention_days", "30", RETENTIONS)],
            throttle=settings.number("throttle", 100, range(1, 10_001)),
            cors=access.cors(settings),
            authorizer=access.authorizer(settings),
            domain=access.domain(self, settings),
            canary=settings.switch("canary"),
            snap_start=settings.switch("snap_start"),
            alarms=mail_topic(self, email) if email else None,
            dashboard=settings.switch("dashboard"),
        )
        CfnOutput(self, "HTTP API Url", value=service.url)
        bulk: dict[str, Any] = {
            "memory_mb": settings.number("bulk_memory_mb", ONE_VCPU_MB, range(512, 10_241)),
            "concurrency": settings.number("bulk_concurrency", 5, range(1, 10_001)),
            "tolerated_failures": settings.number("bulk_tolerated_failures", 0, range(0, 101)),
        }
        if settings.switch("bulk"):
            scoring = BulkScoring(service, "Default", service=service, **bulk)
            CfnOutput(self, "Bulk Bucket", value=scoring.bucket.bucket_name)
            CfnOutput(self, "Bulk State Machine", value=scoring.machine.state_machine_arn)
        settings.reject_unknown()

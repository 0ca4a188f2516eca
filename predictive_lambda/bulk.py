"""Millions of rows (optional): a state machine that answers the objects in a bucket.

A Step Functions Distributed Map passes each object under in/ to a second function: the same image
with another command (model/deployment/bulk/). It writes an object of the same name under out/.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Size, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from predictive_lambda.nag import acknowledge
from predictive_lambda.predictive_lambda import PredictiveLambda

ONE_VCPU_MB = 1769  # all that the code uses; to be faster, answer more objects at once


class BulkScoring(Construct):
    """Answers whole files with the model of a PredictiveLambda.

    `concurrency` objects are answered at once; a run fails once more than `tolerated_failures`
    per cent of them have failed. `function` takes other arguments of a DockerImageFunction.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        service: PredictiveLambda,
        memory_mb: int = ONE_VCPU_MB,
        concurrency: int = 5,
        tolerated_failures: int = 0,
        function: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        unfinished = s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1))
        self.bucket = s3.Bucket(
            self,
            "PredictiveLambdaRows",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            lifecycle_rules=[unfinished],
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.function = service.image_function(
            self,
            "PredictiveLambdaBulk",
            cmd=["bulk.lambdaHandler"],
            memory_size=memory_mb,
            timeout=Duration.minutes(15),
            ephemeral_storage_size=Size.gibibytes(10),  # one object and its answers
            **(function or {}),
        )
        self.function.add_environment("BUCKET", self.bucket.bucket_name)
        self._grant()
        each_object = self._each_object(concurrency, tolerated_failures)
        log_group = service.log_group(self, "PredictiveLambdaBulkRunLogs")
        self.machine = sfn.StateMachine(
            self,
            "PredictiveLambdaBulkRun",
            definition_body=sfn.DefinitionBody.from_chainable(each_object),
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ALL),
        )
        self._acknowledge_rules()

    def _grant(self) -> None:
        """Let the function read in/, write out/ and list out/."""
        grants = {
            "s3:GetObject": (self.bucket.arn_for_objects("in/*"), {}),
            "s3:PutObject": (self.bucket.arn_for_objects("out/*"), {}),
            "s3:ListBucket": (self.bucket.bucket_arn, {"StringLike": {"s3:prefix": "out/*"}}),
        }
        for action, (resource, conditions) in grants.items():
            self.function.add_to_role_policy(
                iam.PolicyStatement(actions=[action], resources=[resource], conditions=conditions)
            )

    def _each_object(self, concurrency: int, tolerated_failures: int) -> sfn.DistributedMap:
        answer = tasks.LambdaInvoke(
            self,
            "AnswerAnObject",
            lambda_function=self.function,
            payload_response_only=True,
            output_path=sfn.JsonPath.DISCARD,  # 256 KiB is the limit for all outputs together
        )
        answer.add_retry(
            errors=["Lambda.TooManyRequestsException"],
            interval=Duration.seconds(2),
            max_delay=Duration.minutes(1),
            max_attempts=60,
            jitter_strategy=sfn.JitterType.FULL,
        )
        objects = sfn.DistributedMap(
            self,
            "EachObject",
            item_reader=sfn.S3ObjectsItemReader(bucket=self.bucket, prefix="in/"),
            item_selector={
                "key": sfn.JsonPath.string_at("$$.Map.Item.Value.Key"),
                "input": sfn.JsonPath.object_at("$$.Execution.Input"),
            },
            max_concurrency=concurrency,
            tolerated_failure_percentage=tolerated_failures,
            result_path=sfn.JsonPath.DISCARD,
        )
        objects.item_processor(answer)
        return objects

    def _acknowledge_rules(self) -> None:
        """Give cdk-nag our reasons; in its rules, <X> stands for a reference in the template."""
        stack = Stack.of(self)
        bucket, function, machine = (
            stack.get_logical_id(construct.node.default_child)  # type: ignore[arg-type]
            for construct in (self.bucket, self.function, self.machine)
        )
        machine_name = f'{{"Fn::Select":[6,{{"Fn::Split":[":",{{"Ref":"{machine}"}}]}}]}}'
        partition, region, account = (
            part if isinstance(part, str) else f"<{part['Ref']}>"
            for part in stack.resolve([stack.partition, stack.region, stack.account])
        )
        runs = f"arn:{partition}:states:{region}:{account}:execution:{machine_name}"
        own_runs = "A Distributed Map reads and stops its own machine's runs, whose names vary."
        wildcards = {
            f"<{bucket}.Arn>/in/*": "The function reads the objects under in/ only.",
            f"<{bucket}.Arn>/out/*": "The function writes objects under out/ only.",
            f"<{function}.Arn>:*": "The machine may call any version of this function.",
            f"{runs}:*": own_runs,
            f"{runs}/*:*": own_runs,
        }
        reasons = {f"AwsSolutions-IAM5[Resource::{w}]": reason for w, reason in wildcards.items()}
        reasons |= {
            "AwsSolutions-S1": "Only the function and its owner use the bucket.",
            "AwsSolutions-SF2": "Its log has every step of every object.",
            "Serverless-StepFunctionStateMachineXray": "Its log has every step.",
        }
        acknowledge(self, reasons)
        delivery = "AWS only lets log delivery be granted for all resources."
        acknowledge(self.machine, {"AwsSolutions-IAM5[Resource::*]": delivery})

"""Millions of rows (optional): objects of a bucket in, the same with their answers out.

A Step Functions Distributed Map gives each object under in/ to a second function, the same image
with another command (model/deployment/bulk.py), which writes the object of that name under out/.
"""

from collections.abc import Callable
from typing import Any

from aws_cdk import Acknowledgment, CfnOutput, Duration, RemovalPolicy, Size, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from predictive_lambda.settings import Knobs

ONE_VCPU_MB = 1769  # the code uses one: more objects at once are as fast, and cost as much


def fan_out(
    stack: Stack,
    image_function: Callable[..., lambda_.Function],
    log_group: Callable[..., logs.LogGroup],
    knobs: Knobs,
) -> None:
    """Make the bucket, the function and the state machine, if the knob `bulk` wants them."""
    wanted = knobs.switch("bulk")
    memory_mb = knobs.number("bulk_memory_mb", ONE_VCPU_MB, range(512, 10_241))
    at_once = knobs.number("bulk_concurrency", 5, range(1, 10_001))
    tolerated = knobs.number("bulk_tolerated_failures", 0, range(0, 101))
    if not wanted:
        return
    bucket = s3.Bucket(
        stack,
        "PredictiveLambdaRows",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        lifecycle_rules=[
            s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1))
        ],
        removal_policy=RemovalPolicy.RETAIN,
    )
    function = image_function(
        "PredictiveLambdaBulk",
        knobs,
        cmd=["bulk.lambdaHandler"],
        memory_size=memory_mb,
        timeout=Duration.minutes(15),
        ephemeral_storage_size=Size.gibibytes(10),  # an object and its answers
        environment={"BUCKET": bucket.bucket_name},
    )
    may = {
        "s3:GetObject": (bucket.arn_for_objects("in/*"), {}),
        "s3:PutObject": (bucket.arn_for_objects("out/*"), {}),
        "s3:ListBucket": (bucket.bucket_arn, {"StringLike": {"s3:prefix": "out/*"}}),
    }
    for action, (resource, conditions) in may.items():
        function.add_to_role_policy(
            iam.PolicyStatement(actions=[action], resources=[resource], conditions=conditions)
        )
    answer = tasks.LambdaInvoke(
        stack,
        "AnswerAnObject",
        lambda_function=function,
        payload_response_only=True,
        output_path=sfn.JsonPath.DISCARD,  # all outputs together may have 256 KiB
    )
    answer.add_retry(
        errors=["Lambda.TooManyRequestsException"],
        interval=Duration.seconds(2),
        max_delay=Duration.minutes(1),
        max_attempts=60,
        jitter_strategy=sfn.JitterType.FULL,
    )
    objects = sfn.DistributedMap(
        stack,
        "EachObject",
        item_reader=sfn.S3ObjectsItemReader(bucket=bucket, prefix="in/"),
        item_selector={
            "key": sfn.JsonPath.string_at("$$.Map.Item.Value.Key"),
            "input": sfn.JsonPath.object_at("$$.Execution.Input"),
        },
        max_concurrency=at_once,
        tolerated_failure_percentage=tolerated,
        result_path=sfn.JsonPath.DISCARD,
    )
    objects.item_processor(answer)
    machine = sfn.StateMachine(
        stack,
        "PredictiveLambdaBulkRun",
        definition_body=sfn.DefinitionBody.from_chainable(objects),
        logs=sfn.LogOptions(
            destination=log_group("PredictiveLambdaBulkRunLogs", knobs), level=sfn.LogLevel.ALL
        ),
    )
    _acknowledge(stack, bucket, function, machine)
    CfnOutput(stack, "Bulk Bucket", value=bucket.bucket_name)
    CfnOutput(stack, "Bulk State Machine", value=machine.state_machine_arn)


def _acknowledge(
    stack: Stack, bucket: s3.Bucket, function: lambda_.Function, machine: sfn.StateMachine
) -> None:
    """Say why each of these rules of cdk-nag does not hold here."""
    rows, answers, run = (
        stack.get_logical_id(construct.node.default_child)  # type: ignore[arg-type]
        for construct in (bucket, function, machine)
    )
    name = f'{{"Fn::Select":[6,{{"Fn::Split":[":",{{"Ref":"{run}"}}]}}]}}'
    runs = f"arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{name}"
    wildcard = "AwsSolutions::AwsSolutions-IAM5[Resource::{}]".format
    its_own = "A Distributed Map reads and stops the runs of its own machine, whatever their names."
    reasons: dict[Any, dict[str, str]] = {
        bucket: {
            "AwsSolutions::AwsSolutions-S1": "Only the function and its owner use the bucket."
        },
        function.role: {
            wildcard(f"<{rows}.Arn>/in/*"): "It reads the objects under in/, and no others.",
            wildcard(f"<{rows}.Arn>/out/*"): "It writes objects under out/, and no others.",
        },
        function: {
            "Serverless::Serverless-LambdaDLQ": "The state machine says which objects failed.",
            "Serverless::Serverless-LambdaTracing": "The state machine has the time of each call.",
        },
        machine: {
            wildcard(f"<{answers}.Arn>:*"): "It may call this function alone, in any version.",
            wildcard(f"{runs}:*"): its_own,
            wildcard(f"{runs}/*:*"): its_own,
            wildcard("*"): "AWS lets log delivery be set up for everything or for nothing.",
            "AwsSolutions::AwsSolutions-SF2": "Its log has every step of every object.",
            "Serverless::Serverless-StepFunctionStateMachineXray": "Its log has every step.",
        },
    }
    for construct, rules in reasons.items():
        for rule, reason in rules.items():
            Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))

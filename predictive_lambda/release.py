"""Releases with a way back (optional): requests go to an alias of a published version."""

from aws_cdk import Acknowledgment, Duration, Stack, Validations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_lambda as lambda_

from predictive_lambda.settings import Knobs


def alias(stack: Stack, function: lambda_.Function, knobs: Knobs) -> lambda_.IFunction:
    """Return what requests go to: the alias of the newest version, if a knob wants one.

    `canary` sends a tenth of the requests to a new version for five minutes. One error, and all go
    to the old one again, with its code and its model. `snap_start` starts from snapshots.
    """
    canary, snap_start = knobs.switch("canary"), knobs.switch("snap_start")
    if not (canary or snap_start):
        return function
    if snap_start:
        template_function = function.node.default_child
        assert isinstance(template_function, lambda_.CfnFunction)
        template_function.snap_start = lambda_.CfnFunction.SnapStartProperty(
            apply_on="PublishedVersions"
        )
        # What takes long belongs before the snapshot: it is taken once, and starts are many.
        function.add_environment("EAGER_IMPORT", "1")
    live = lambda_.Alias(
        stack, "PredictiveLambdaLive", alias_name="live", version=function.current_version
    )
    if canary:
        _shift_slowly(stack, live, function)
    return live


def _shift_slowly(stack: Stack, live: lambda_.Alias, function: lambda_.Function) -> None:
    name = function.function_name
    new_version_alone = {  # else an old version that fails could not be replaced
        "FunctionName": name,
        "Resource": f"{name}:{live.alias_name}",
        "ExecutedVersion": function.current_version.version,
    }
    errors = cloudwatch.Alarm(
        stack,
        "PredictiveLambdaReleaseErrors",
        alarm_description="A request to a new version failed: the old version returns.",
        metric=live.metric_errors(period=Duration.minutes(1), dimensions_map=new_version_alone),
        threshold=1,  # a request that is not answered in time counts, too
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    group = codedeploy.LambdaDeploymentGroup(
        stack,
        "PredictiveLambdaRelease",
        alias=live,
        deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
        alarms=[errors],
    )
    Validations.of(group).acknowledge(
        Acknowledgment(
            id="AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
            "service-role/AWSCodeDeployRoleForLambdaLimited]",
            reason="AWS keeps this policy for exactly this, and the CDK gives it to CodeDeploy.",
        )
    )

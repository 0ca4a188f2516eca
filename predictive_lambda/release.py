"""Releases with rollback (optional): requests go to an alias of a published version."""

from aws_cdk import Annotations, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from predictive_lambda.nag import AWS_POLICY, acknowledge


def release(scope: Construct, function: lambda_.Function, *, canary: bool) -> lambda_.Alias:
    """Return the alias `live` of the newest version; SnapStart and canary releases need one.

    With `canary`, a new version gets a tenth of the requests for five minutes. If one of them
    fails, all requests go back to the previous version, with its code and its model.
    """
    Annotations.of(function).acknowledge_warning(
        "@aws-cdk/aws-lambda:snapStartRequirePublish", "The alias needs a published version."
    )
    version = function.current_version
    live = lambda_.Alias(scope, "PredictiveLambdaLive", alias_name="live", version=version)
    if canary:
        _shift_slowly(scope, live)
    return live


def _shift_slowly(scope: Construct, live: lambda_.Alias) -> None:
    name = live.version.lambda_.function_name
    new_version = {  # errors of the previous one must not end the release that fixes them
        "FunctionName": name,
        "Resource": f"{name}:{live.alias_name}",
        "ExecutedVersion": live.version.version,
    }
    errors = live.metric_errors(period=Duration.minutes(1), dimensions_map=new_version)
    alarm = errors.create_alarm(
        scope,
        "PredictiveLambdaReleaseErrors",
        alarm_description="A request to the new version failed: it is being rolled back.",
        threshold=1,  # timeouts count as errors
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    group = codedeploy.LambdaDeploymentGroup(
        scope,
        "PredictiveLambdaRelease",
        alias=live,
        deployment_config=codedeploy.LambdaDeploymentConfig.CANARY_10_PERCENT_5_MINUTES,
        alarms=[alarm],
    )
    rule = AWS_POLICY.format("service-role/AWSCodeDeployRoleForLambdaLimited")
    acknowledge(group, {rule: "AWS maintains this policy for CodeDeploy; the CDK attaches it."})

"""Alarms by mail and a dashboard (optional): what the function and its API do, in CloudWatch."""

from aws_cdk import Acknowledgment, Duration, Stack, Validations
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk.aws_sns_subscriptions import EmailSubscription

from predictive_lambda.settings import Knobs

# The model's own figures, as serving/metrics.py writes them: for each version a line of its own.
FIGURES = "SEARCH('{{PredictiveLambda,function,version}} function=\"{name}\"', 'Average', 300)"


def watch(
    stack: Stack,
    function: lambda_.Function,
    live: lambda_.IFunction,
    stage: apigateway.HttpStage,
    knobs: Knobs,
) -> None:
    """Send alarms to `alarm_email`, and show it all on a `dashboard`, if the knobs want it."""
    email = knobs.match("alarm_email", r"[^@\s]+@[^@\s]+", "an address such as me@example.org")
    assert function.timeout
    alarms = _alarms(stack, live, stage, function.timeout, email) if email else []
    if knobs.switch("dashboard"):
        figures = FIGURES.format(name=function.function_name)
        _dashboard(stack, live, stage, figures, alarms)


def _alarms(
    stack: Stack,
    function: lambda_.IFunction,
    stage: apigateway.HttpStage,
    timeout: Duration,
    email: str,
) -> list[cloudwatch.IAlarm]:
    topic = sns.Topic(stack, "PredictiveLambdaAlarms", enforce_ssl=True)
    topic.add_subscription(EmailSubscription(email))
    # A topic with a policy, here that of TLS, has no longer the one that lets its account publish.
    alarms_of_this_account = {"StringEquals": {"aws:SourceAccount": stack.account}}
    topic.grant_publish(
        iam.ServicePrincipal("cloudwatch.amazonaws.com", conditions=alarms_of_this_account)
    )
    Validations.of(topic).acknowledge(
        Acknowledgment(
            id="Serverless::Serverless-SNSRedrivePolicy",
            reason="SNS repeats a mail that does not arrive; the dashboard shows the alarm, too.",
        )
    )
    almost_late = 0.8 * timeout.to_milliseconds()
    watched = {  # threshold, metric, what it says
        "Errors": (1, function.metric_errors(), "The function failed: see its log."),
        "Throttles": (1, function.metric_throttles(), "More at once than the account may serve."),
        "Slow": (
            almost_late,
            function.metric_duration(statistic="p99"),
            "One answer in a hundred takes almost as long as it may.",
        ),
        "ServerErrors": (1, stage.metric_server_error(), "Clients got a 5xx."),
    }
    alarms: list[cloudwatch.IAlarm] = []
    for name, (threshold, metric, says) in watched.items():
        alarm = cloudwatch.Alarm(
            stack,
            f"PredictiveLambda{name}",
            alarm_description=says,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,  # of five minutes
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarms.append(alarm)
    return alarms


def _dashboard(
    stack: Stack,
    function: lambda_.IFunction,
    stage: apigateway.HttpStage,
    figures: str,
    alarms: list[cloudwatch.IAlarm],
) -> None:
    graphs: dict[str, list[cloudwatch.IMetric]] = {
        "Requests": [stage.metric_count()],
        "Trouble": [
            stage.metric_client_error(),
            stage.metric_server_error(),
            function.metric_errors(),
            function.metric_throttles(),
        ],
        "Duration": [function.metric_duration(statistic=s) for s in ("p50", "p99", "Maximum")],
        "The model's figures": [cloudwatch.SearchExpression(expression=figures, label="")],
    }
    widgets: list[cloudwatch.IWidget] = [
        cloudwatch.GraphWidget(title=title, left=metrics, width=12)
        for title, metrics in graphs.items()
    ]
    if alarms:
        widgets.append(cloudwatch.AlarmStatusWidget(alarms=alarms, width=24))
    dashboard = cloudwatch.Dashboard(
        stack, "PredictiveLambdaDashboard", dashboard_name=stack.stack_name
    )
    dashboard.add_widgets(*widgets)  # from left to right, as many as a row takes

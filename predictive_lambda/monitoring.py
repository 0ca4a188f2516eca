"""Alarms and a dashboard in CloudWatch for the function and its API (optional)."""

from typing import TYPE_CHECKING

from aws_cdk import Duration, Names, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct

from predictive_lambda.nag import acknowledge

if TYPE_CHECKING:
    from predictive_lambda.predictive_lambda import PredictiveLambda

# The model's own figures as serving/metrics.py writes them: one line for each version.
FIGURES = "SEARCH('{{PredictiveLambda,function,version}} function=\"{name}\"', 'Average', 300)"


def mail_topic(scope: Construct, address: str) -> sns.Topic:
    """Make a topic that mails the alarms of this account to the address."""
    topic = sns.Topic(scope, "PredictiveLambdaAlarms", enforce_ssl=True)
    topic.add_subscription(EmailSubscription(address))
    reason = "SNS retries mails that do not arrive; the dashboard also shows the alarm."
    acknowledge(topic, {"Serverless-SNSRedrivePolicy": reason})
    return topic


def add_alarms(service: "PredictiveLambda", topic: sns.ITopic) -> list[cloudwatch.IAlarm]:
    """Notify the topic when something goes wrong, and again when it is over."""
    # Without this grant, the policy that `enforce_ssl` gives a topic keeps CloudWatch out.
    account = {"StringEquals": {"aws:SourceAccount": Stack.of(service).account}}
    topic.grant_publish(iam.ServicePrincipal("cloudwatch.amazonaws.com", conditions=account))
    live, timeout = service.live, service.function.timeout
    assert timeout
    almost_late = 0.8 * timeout.to_milliseconds()
    p99 = live.metric_duration(statistic="p99")
    outside = cloudwatch.Metric(  # as serving/metrics.py writes it
        namespace="PredictiveLambda",
        metric_name="outside",
        dimensions_map={"function": service.function.function_name},
        statistic="Average",
        period=Duration.hours(1),
    )
    alarms: list[cloudwatch.IAlarm] = []
    for name, metric, threshold, description in (
        ("Errors", live.metric_errors(), 0, "The function failed: see its log."),
        ("Throttles", live.metric_throttles(), 0, "Requests exceed the concurrency limit."),
        ("Slow", p99, almost_late, "The slowest 1 % come close to the timeout."),
        ("ServerErrors", service.stage.metric_server_error(), 0, "Clients got a 5xx."),
        ("Outside", outside, 0.1, "Many inputs lie outside the training data."),
    ):
        alarm = metric.create_alarm(
            service,
            f"PredictiveLambda{name}",
            alarm_description=description,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,  # of five minutes, or an hour
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))
        alarms.append(alarm)
    return alarms


def add_dashboard(service: "PredictiveLambda", alarms: list[cloudwatch.IAlarm]) -> None:
    """Show requests, faults, durations, the model's figures, and the alarms."""
    live, stage = service.live, service.stage
    rejected, failed = stage.metric_client_error(), stage.metric_server_error()
    figures = FIGURES.format(name=service.function.function_name)
    graphs: dict[str, list[cloudwatch.IMetric]] = {
        "Requests": [stage.metric_count()],
        "Trouble": [rejected, failed, live.metric_errors(), live.metric_throttles()],
        "Duration": [live.metric_duration(statistic=s) for s in ("p50", "p99", "Maximum")],
        "The model's figures": [cloudwatch.SearchExpression(expression=figures, label="")],
    }
    widgets: list[cloudwatch.IWidget] = [
        cloudwatch.GraphWidget(title=title, left=metrics, width=12)
        for title, metrics in graphs.items()
    ]
    if alarms:
        widgets.append(cloudwatch.AlarmStatusWidget(alarms=alarms, width=24))
    # An account has one list of dashboards for all regions.
    name = Names.unique_resource_name(service, allowed_special_characters="-")
    name = f"{name}-{Stack.of(service).region}"
    board = cloudwatch.Dashboard(service, "PredictiveLambdaDashboard", dashboard_name=name)
    board.add_widgets(*widgets)  # left to right, two graphs in a row

"""Permissions that the CDK leaves out: for logs with a key, and for functions in a VPC."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from predictive_lambda.nag import AWS_POLICY, acknowledge


def let_cloudwatch_use(key: kms.IKey, stack: Stack) -> None:
    """Let CloudWatch encrypt the stack's logs: `LogGroup(encryption_key=...)` does not."""
    log_groups = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name="*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    cloudwatch_logs = iam.ServicePrincipal(
        f"logs.{stack.region}.amazonaws.com",
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
    )
    actions = ("Encrypt*", "Decrypt*", "ReEncrypt*", "GenerateDataKey*", "Describe*")
    key.grant(cloudwatch_logs, *(f"kms:{action}" for action in actions))


def let_it_join_networks(role: iam.IRole) -> None:
    """Let a function create network interfaces; the CDK only does so for roles that it creates."""
    name = "AWSLambdaVPCAccessExecutionRole"
    role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(f"service-role/{name}"))
    reason = "AWS maintains this policy for functions in a VPC."
    acknowledge(role, {f"AwsSolutions-IAM4{AWS_POLICY(name)}": reason})

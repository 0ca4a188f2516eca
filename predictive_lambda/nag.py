"""Tell cdk-nag why some of its rules do not apply."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

AWS_POLICY = "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{}]"


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Give the reason for each rule, such as AwsSolutions-APIG4, below the construct."""
    for rule, reason in reasons.items():
        pack = rule.partition("-")[0]
        Validations.of(construct).acknowledge(Acknowledgment(id=f"{pack}::{rule}", reason=reason))

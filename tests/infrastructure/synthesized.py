"""The stack with certain knobs in, its template out, without the CDK's command."""

import json
from typing import Any

from aws_cdk import App
from aws_cdk.assertions import Template

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack


def synthesize(**context: object) -> Template:
    app = App(context=context)
    return Template.from_stack(PredictiveLambdaStack(app, "the-predictive-lambda"))


MACHINE = "AWS::StepFunctions::StateMachine"


def definition(template: Template) -> Any:
    """Return what the state machine does; what the template only refers to is left out."""
    [machine] = template.find_resources(MACHINE).values()
    _, parts = machine["Properties"]["DefinitionString"]["Fn::Join"]
    return json.loads("".join(part for part in parts if isinstance(part, str)))

"""The CDK app: makes the stack, configured by context values. Run by `npx cdk`."""

import sys

from aws_cdk import App

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack
from predictive_lambda.settings import SettingError

app = App()
try:
    PredictiveLambdaStack(app)
except SettingError as error:
    sys.exit(str(error))
app.synth()

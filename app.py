"""The CDK app: context values in, the stack's CloudFormation template out. Run by `npx cdk`."""

from aws_cdk import App

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack

app = App()
PredictiveLambdaStack(app, "the-predictive-lambda")
app.synth()

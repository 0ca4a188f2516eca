"""The Lambda function: joins the pattern with the model it serves."""

import gc

gc.disable()  # until everything is loaded: none of it is garbage
from pathlib import Path

from serving import batch, explain, html, metrics, openapi, outside
from serving.handler import Handler

HERE = Path(__file__).resolve().parent
if any((HERE / "predictor").glob("*.py")):
    from predictor import MODEL
else:  # what the manifest beside the pickle says
    from serving import tabular

    MODEL = tabular.model(HERE)

lambdaHandler = Handler(MODEL, metrics, batch, openapi, html, explain, outside)
gc.freeze()  # loaded objects stay: no answer waits for the garbage collector to scan them
gc.enable()

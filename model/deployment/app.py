"""The Lambda function: joins the pattern with the model that it serves."""

import gc

gc.disable()  # until all is loaded: none of it is garbage
import lazy_imports  # noqa: F401  both first: they change how all else is imported
import pack  # noqa: F401

# isort: split
from predictor import MODEL
from serving import batch, metrics, openapi, page
from serving.handler import Handler

lambdaHandler = Handler(page.added_to(MODEL), metrics.lines, batch.routes, openapi.routes)
gc.freeze()  # what is loaded stays: no answer waits while the garbage collector looks through it
gc.enable()

"""The Lambda function: joins the pattern with the model that it serves."""

import gc

import lazy_imports  # noqa: F401  first: it changes how the model's libraries are imported

# isort: split
from predictor import MODEL
from serving import batch, openapi, page
from serving.handler import Handler

lambdaHandler = Handler(page.added_to(MODEL), batch.routes, openapi.routes)
# What is loaded stays: let no answer wait while the garbage collector looks through it.
gc.freeze()

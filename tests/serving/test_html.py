"""The plain page: a form for the parameters, the answer as a table, errors next to their fields."""

import re
from dataclasses import replace

import pytest

from serving import html
from serving.formats import Format
from serving.handler import Handler
from tests.serving.flowers import ask
from tests.serving.test_parameters import PARCELS

HANDLER = Handler(PARCELS.model, html)
SENT = {"size": "<tiny>", "weight": "2", "note": "</textarea>", "format": "html"}


@pytest.mark.parametrize(
    ("sent", "contains"),
    [
        ({}, "<title>A &lt;parcel&gt;</title>"),
        ({}, '<select id="field-0" name="size" aria-describedby="about-field-0" required>'),
        ({}, '<option value="&lt;tiny&gt;" selected>'),  # the example, before a question
        ({}, '<option value="true" selected>true'),
        (SENT, '<option value="false" selected>false'),  # the default
        (SENT, "\n&lt;/textarea&gt;</textarea>"),
        (SENT, '<tr><th scope="col">said<tr><td dir="auto">(&#x27;&lt;tiny&gt;&#x27;, 2.0, False'),
        (SENT | {"weight": "<i>"}, 'value="&lt;i&gt;"><small class="wrong" role="alert">weight is'),
        (SENT | {"weight": "<i>"}, '="about-field-1" required aria-invalid="true" autofocus'),
        (SENT | {"format": "pdf"}, '</h1><small class="wrong" role="alert">format is'),
    ],
)
def test_the_page_shows_the_query_and_the_answer(sent: dict[str, str], contains: str) -> None:
    event = {"queryStringParameters": sent, "headers": {"accept": "text/html"}}
    body = HANDLER(event, None)["body"]
    assert contains in body
    assert "<tiny>" not in body and "<i>" not in body
    ids = re.findall(r' id="([^"]+)"', body)
    assert len(ids) == len({*ids})


def test_the_form_sends_every_parameter() -> None:
    names = re.findall(r' name="([^"]+)"', ask(HANDLER, **SENT)["body"])
    sent = [parameter.name for parameter in (*HANDLER.model.inputs, *HANDLER.model.options)]
    assert names == ["viewport", "format", *sent]


def test_a_models_own_page_is_kept() -> None:
    own = Format("text/html", lambda *_: "mine")
    handler = Handler(replace(HANDLER.model, formats={"html": own}), html)
    assert ask(handler, **SENT)["body"] == "mine"


def test_json_is_the_default_of_a_model_with_only_a_page() -> None:
    asked = {name: value for name, value in SENT.items() if name != "format"}
    assert ask(HANDLER, **asked)["headers"]["content-type"] == "application/json"

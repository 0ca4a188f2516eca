"""What holds for any model: one row a rule, made from the model that is served in this tree."""

import json
from collections.abc import Iterator
from typing import Any

from app import lambdaHandler
from predictive_lambda.local.event import as_query
from serving.parameters import Parameter
from tests.table import JSON, PROBLEM, Row, batch, length, refused

MODEL = lambdaHandler.model
POINT = {
    p.name: MODEL.example.get(p.name, p.default)
    for p in MODEL.inputs
    if p.name in MODEL.example or p.default is not None
}
FORMATS = lambdaHandler.formats
NAMED = "no_such_parameter"  # a name that is like no other


def query(**changes: Any) -> str:
    """Return the example as a query; None leaves a parameter out."""
    asked = {
        name: value for name, value in {**MODEL.example, **changes}.items() if value is not None
    }
    return as_query(asked)


def bad_values(parameter: Parameter) -> Iterator[tuple[str, str]]:
    """Give what a query must not have for a parameter: why, and the value."""
    if parameter.choices:
        yield "none of its choices", "no such choice"
    elif parameter.type == "string":
        yield "longer than allowed", "x" * (parameter.longest + 1)
    elif parameter.type == "boolean":
        yield "neither true nor false", "maybe"
    else:
        yield "not a number", "many"
        yield "not a number by name", "nan"
        yield "another script's digits", "٣٩"
        yield "given twice", "1,2"
        yield "infinite when read", "1e400"
        if parameter.maximum < 1e300:
            yield "above the range", str(parameter.maximum + 1)
        if parameter.minimum > -1e300:
            yield "below the range", str(parameter.minimum - 1)
        if parameter.type == "integer":
            middle = max(parameter.minimum, 0) + 0.5
            yield "not whole", str(middle)


def refusals() -> Iterator[Row]:
    for parameter in (*MODEL.inputs, *MODEL.options):
        for why, value in bad_values(parameter):
            yield refused(
                f"{parameter.name}: {why}", query(**{parameter.name: value}), parameter.name
            )


def absences() -> Iterator[Row]:
    for p in MODEL.inputs:
        target = "/?" + query(**{p.name: None})
        if p.required:
            yield refused(f"{p.name} must be sent", query(**{p.name: None}), p.name, "is missing")
        else:
            yield Row(f"{p.name} may be absent", target, send={"accept": JSON}, media_type=JSON)
        if p.may_be_missing:
            yield Row(f"{p.name} may be empty", "/?" + query(**{p.name: ""}))
    for p in MODEL.options:
        if not p.required and "html" in FORMATS:
            sent = query(**{p.name: "", "format": "html"})
            yield Row(f"{p.name} may be empty in a form", f"/?{sent}")


ANY_MODEL = [
    *(
        Row(
            f"the example as {name}", f"/?{query(format=name)}", media_type=FORMATS[name].media_type
        )
        for name in lambdaHandler.format.choices
    ),
    Row(
        "the example's JSON has the query, the results and the model",
        "/?" + query(format="json"),
        media_type=JSON,
        json={
            **{f"query.{name}": value for name, value in MODEL.example.items()},
            f"{MODEL.answers}": lambda found: {*found[0]} == {*MODEL.result},
            "model.version": str(MODEL.about["version"]),
        },
        headers={"x-model-version": str(MODEL.about["version"])},
    ),
    Row("an unknown parameter is left alone", "/?" + query(**{NAMED: "1"})),
    Row("any path answers", "/any/path?" + query()),
    Row("HEAD has no body", "/?" + query(), "HEAD", text=""),
    Row("health behind a stage", "/prod/healthz/", media_type=JSON, json={"status": "ok"}),
    Row("no icon behind a stage", "/prod/favicon.ico", status=204, text=""),
    refused("no such format", query(format="no such"), "format"),
]
DESCRIPTION = [
    Row("the description behind a stage", "/prod/openapi.json", contains=('"openapi": "3.1.',))
]
MANY = [
    batch(
        "the example in a batch, by position and by name",
        json.dumps({"points": [[POINT.get(p.name) for p in MODEL.inputs], POINT]}),
        200,
        json={"results": length(2)},
    ),
    batch(
        "a name that is no input, in a batch",
        json.dumps({"points": [POINT | {NAMED: 1}]}),
        contains=(f"points[0]: '{NAMED}' is not an input.",),
    ),
    batch("an empty batch", '{"points": []}', contains=("points is empty",)),
    batch("a point that is text", '{"points": ["x"]}', contains=("points[0] is 'x'",)),
    batch(
        "more points than a batch may have",
        json.dumps({"points": [POINT] * 1001}),
        413,
        json={"parameter": "points"},
    ),
    batch("a body that is no JSON", "{", contains=("The body is not JSON",)),
    batch("a body as a form", "a=1", 415, send={"content-type": "text/plain"}),
    Row("a method that is none", method="DELETE", status=405, send={"accept": JSON},
        media_type=PROBLEM, headers={"cache-control": "no-store"}),
]  # fmt: skip
TEXTS = {
    "control characters": "\x00\x1f\x7f",
    "right to left": "\u202eשלום",
    "markup": "<script>alert(1)</script>",
    "commas": "a, b",
    "half a pair of surrogates": "\ud800",
    "10,000 characters": "x" * 10_000,
}
IN_A_URL = [*TEXTS][:4]
# The first input that takes any text, or else one that refuses it.
WORDED = next((p for p in MODEL.inputs if p.type == "string" and not p.choices), MODEL.inputs[0])
SAFE: dict[str, Any] = {"status": (200, 400), "headers": {"x-content-type-options": "nosniff"}}
TEXT_IN_A_QUERY = [
    Row(f"{what} in a query", "/?" + query(**{WORDED.name: TEXTS[what]}), **SAFE)
    for what in IN_A_URL
]
TEXT_IN_A_BATCH = [
    Row(
        f"{what} in a batch",
        "/",
        "POST",
        {"content-type": JSON},
        json.dumps({"points": [point]}),
        **SAFE,
    )
    for what, text in TEXTS.items()
    for point in [POINT | {WORDED.name: text}]
]
REFUSALS = [*refusals(), *absences(), *TEXT_IN_A_QUERY]
ROWS = [*ANY_MODEL, *REFUSALS, *DESCRIPTION, *MANY, *TEXT_IN_A_BATCH]

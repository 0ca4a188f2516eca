"""Rules that hold for any model: one row per rule, made from the model in this tree."""

import json
from collections.abc import Iterator
from typing import Any

from app import lambdaHandler
from predictive_lambda.local.event import as_query
from serving.parameters import Parameter
from tests.table import JSON, Row, batch, length, refused

MODEL = lambdaHandler.model
POINT = {
    p.name: MODEL.example.get(p.name, p.default)
    for p in MODEL.inputs
    if p.name in MODEL.example or p.default is not None
}
FORMATS = lambdaHandler.formats
DEFAULT = next(iter(FORMATS.values())).media_type
UNKNOWN = "no_such_parameter"  # a name that is like no other
LONGEST_QUERY = 8_000  # characters; gateways allow 10,240 bytes of URL and headers
# A model with a thousand columns does not need the same rows a thousand times.
SAMPLE = (*MODEL.inputs[:20], *MODEL.inputs[20:][-5:], *MODEL.options)


def query(**changes: Any) -> str:
    """Return the example as a query; None leaves a parameter out."""
    asked = {**MODEL.example, **changes}
    return as_query({name: value for name, value in asked.items() if value is not None})


# Where the example is too long for a URL, rows go by POST only.
FITS = len(query()) < LONGEST_QUERY


def invalid_values(parameter: Parameter) -> Iterator[tuple[str, str]]:
    """Yield why a value of the parameter is invalid in a query, and the value."""
    if parameter.choices and not parameter.others_allowed:
        yield "not one of its choices", "no such choice"
    elif parameter.type == "string":
        if parameter.longest < LONGEST_QUERY:
            yield "longer than allowed", "x" * (parameter.longest + 1)
    elif parameter.type == "boolean":
        yield "not true or false", "maybe"
    else:
        yield "not a number by name", "nan"
        yield "another script's digits", "٣٩"
        yield "given twice", "1,2"
        yield "infinite when read", "1e400"
        if parameter.maximum < 1e300:
            yield "above the range", str(parameter.maximum + 1)
        if parameter.minimum > -1e300:
            yield "below the range", str(parameter.minimum - 1)
        if parameter.type == "integer":
            yield "not a whole number", str(max(parameter.minimum, 0) + 0.5)


def refusals() -> Iterator[Row]:
    for p in SAMPLE:
        for why, value in invalid_values(p):
            yield refused(f"{p.name}: {why}", query(**{p.name: value}), p.name)


def absences() -> Iterator[Row]:
    for p in SAMPLE:
        rest = query(**{p.name: None})
        if p.required:
            yield refused(f"{p.name} must be sent", rest, p.name, "is missing")
        else:
            yield Row(f"{p.name} may be absent", f"/?{rest}", send={"accept": JSON})
        if p.may_be_missing and p in MODEL.inputs:
            yield Row(f"{p.name} may be empty", "/?" + query(**{p.name: ""}))
        if not p.required and p in MODEL.options and "html" in FORMATS:
            sent = query(**{p.name: "", "format": "html"})
            yield Row(f"{p.name} may be empty in a form", f"/?{sent}")


def example_rows() -> Iterator[Row]:
    for name in lambdaHandler.format.choices:
        media_type = FORMATS[name].media_type
        yield Row(f"the example as {name}", f"/?{query(format=name)}", media_type=media_type)
    yield Row(
        "the example's JSON has the query, the results and the model",
        "/?" + query(format="json"),
        media_type=JSON,
        json={
            **{("query", name): value for name, value in MODEL.example.items()},
            (MODEL.answers,): lambda found: set(found[0]) == set(MODEL.result),
            "model.version": str(MODEL.about["version"]),
        },
        headers={
            "x-model-version": str(MODEL.about["version"]),
            "cache-control": "private, no-cache",
            "vary": "Accept, Accept-Encoding",
            "x-content-type-options": "nosniff",
        },
    )
    for accept in ("*/*", "image/png", "json;;q=,/"):
        sent = {"accept": accept}
        yield Row(f"Accept: {accept} is the default", f"/?{query()}", send=sent, media_type=DEFAULT)
    sent = {"accept": "Application/JSON"}
    yield Row("Accept: JSON, in any case", f"/?{query()}", send=sent, media_type=JSON)
    asked = query(format=next(iter(FORMATS)))
    yield Row("format wins over Accept", f"/?{asked}", send=sent, media_type=DEFAULT)
    yield Row("an unknown parameter is ignored", "/?" + query(**{UNKNOWN: "1"}))
    yield Row("any path answers", "/any/path?" + query())
    yield Row("HEAD has no body", "/?" + query(), "HEAD", text="")
    yield refused("no such format", query(format="no such"), "format")


ANY_MODEL = [
    *(example_rows() if FITS else ()),
    Row("health after a stage", "/prod/healthz/", media_type=JSON, json={"status": "ok"}),
    Row("no icon after a stage", "/prod/favicon.ico", status=204, text=""),
]
DESCRIPTION = [
    Row("the description after a stage", "/prod/openapi.json", json={"openapi": "3.1.0"})
]
METHODS: dict[str, str | None] = {"allow": "GET, HEAD, POST, OPTIONS"}
MANY = [
    batch("more points than a batch may have", json.dumps({"points": [0] * 1001}), 413),
    batch(
        "the example in a batch, by position and by name",
        json.dumps({"points": [[POINT.get(p.name) for p in MODEL.inputs], POINT]}),
        200,
        send={"content-type": "Application/JSON; charset=UTF-8"},
        json={"results": length(2)},
    ),
    *(
        batch(f"{p.name} may be null", json.dumps({"points": [POINT], p.name: None}), 200)
        for p in MODEL.options
        if p.may_be_missing
    ),
    batch("an empty batch", '{"points": []}', contains=("points is empty",)),
    batch("a name twice", '{"points": [1], "points": [2]}', contains=("repeats a name",)),
    batch("a point that is text", '{"points": ["x"]}', contains=("points[0] is 'x'",)),
    batch("a batch without points", "{}", contains=("no list of points",)),
    batch("a list instead of an object", "[[1]]", contains=("no list of points",)),
    batch("no body", "", contains=("The body is not JSON",)),
    batch("a hundred thousand brackets", "[" * 100_000, contains=("The body is not JSON",)),
    batch("NaN, which JSON does not have", '{"points": [[NaN]]}', contains=("NaN is not allowed",)),
    batch("a body as a form", "a=1", 415, send={"content-type": "text/plain"}),
    batch("a compressed body", "{}", 415, send={"content-encoding": "gzip"}),
    Row("OPTIONS names the methods", method="OPTIONS", status=204, text="", headers=METHODS),
    Row("other methods are rejected", method="DELETE", status=405, headers=METHODS),
]
REFUSALS = [*refusals(), *absences()] if FITS else []
ROWS = [*ANY_MODEL, *REFUSALS]
ROWS += DESCRIPTION if ("GET", "/openapi.json") in lambdaHandler.routes else []
ROWS += MANY if ("POST", "") in lambdaHandler.routes else []

"""The description of the API: a handler in, an OpenAPI 3.1 document out."""

from collections.abc import Mapping
from math import isinf
from typing import Any

from serving.formats import JSON, PROBLEM_JSON
from serving.handler import Handler, Routes
from serving.parameters import Parameter
from serving.problems import TITLES

Schema = dict[str, Any]


def routes(handler: Handler) -> Routes:
    return {("GET", "/openapi.json"): lambda request: handler.json(document(handler))}


def object_of(properties: Mapping[str, Schema], *optional: str, **more: Any) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required, **more}


def list_of(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


TEXT = {"type": "string"}
MODEL_SCHEMA = object_of({"version": TEXT})
MEMBERS = {"status": {"type": "integer"}, "title": TEXT, "detail": TEXT, "parameter": TEXT}
PROBLEM_SCHEMA = object_of(MEMBERS, "parameter")


def schema(parameter: Parameter) -> Schema:
    """Give a parameter's type, bounds and default in JSON Schema's words."""
    bounds = {
        "minimum": parameter.minimum,
        "exclusiveMinimum": parameter.above,
        "maximum": parameter.maximum,
    }
    found: Schema = {"type": parameter.type}
    found |= {word: bound for word, bound in bounds.items() if not isinf(bound)}
    if parameter.choices:
        found["enum"] = [*parameter.choices]
    elif parameter.type == "string":
        found["maxLength"] = parameter.longest
    return found | ({} if parameter.default is None else {"default": parameter.default})


def in_a_point(parameter: Parameter) -> Schema:
    """Give the schema of an input in a batch, where null may stand for a missing value."""
    found = schema(parameter)
    return {"anyOf": [found, {"type": "null"}]} if parameter.may_be_missing else found


def document(handler: Handler) -> dict[str, Any]:
    """Describe what / answers, to POST only if there are batches; other paths answer alike."""
    model = handler.model
    result = object_of({name: {"type": type_} for name, type_ in model.result.items()})
    answer = {"query": {"type": "object"}, model.answers: list_of(result), "model": MODEL_SCHEMA}
    formats = [handler.formats[name] for name in handler.format.choices]
    answers: dict[str, Schema] = {f.media_type: {} for f in formats} | {JSON: object_of(answer)}
    problems: dict[str, Schema] = {f.problem_media_type: {} for f in formats}
    problems[PROBLEM_JSON] = PROBLEM_SCHEMA
    root = {"get": operation("predict", "Predict for one point", answers, problems, 400)}
    root["get"]["parameters"] = [described(p, model.example) for p in handler.parameters]
    too_large = {"description": "The URL is larger than the gateway takes"}
    root["get"]["responses"] |= {"414": too_large, "431": too_large}
    if ("POST", "") in handler.routes:
        results = object_of({"results": list_of(list_of(result)), "model": MODEL_SCHEMA})
        summary = "Predict for many points"
        statuses = (400, 413, 415)
        root["post"] = operation("predictBatch", summary, {JSON: results}, problems, *statuses)
        root["post"]["requestBody"] = {"required": True, "content": {JSON: batch(handler)}}
    health = {JSON: object_of({"status": {"const": "ok"}, "model": MODEL_SCHEMA})}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": model.title,
            "version": str(model.about["version"]),
            "description": "A path that does not end as one of these answers as / does.",
        },
        "servers": [{"url": "."}],
        "paths": {
            "/": root,
            "/healthz": {"get": operation("health", "Which model answers", health, {})},
        },
    }


def described(parameter: Parameter, example: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": f"{parameter.description} It must be {parameter.allowed}.",
        "schema": schema(parameter),
    } | ({"example": example[parameter.name]} if parameter.name in example else {})


def batch(handler: Handler) -> dict[str, Any]:
    """Describe the body of a batch."""
    from serving.batch import MOST_POINTS  # it is there: its route is

    model = handler.model
    points = {p.name: in_a_point(p) for p in model.inputs}
    of_all = {"minItems": len(points), "maxItems": len(points)}
    in_order = {"type": "array", "prefixItems": [*points.values()], **of_all}
    optional = [p.name for p in (*model.inputs, *model.options) if not p.required]
    by_name = object_of(points, *optional, additionalProperties=False)
    list_ = list_of({"oneOf": [in_order, by_name]}, minItems=1, maxItems=MOST_POINTS)
    options = {option.name: schema(option) for option in model.options}
    found: Schema = {"schema": object_of({"points": list_, **options}, *optional)}
    if points.keys() <= model.example.keys():
        found["example"] = {"points": [[model.example[name] for name in points]]}
    return found


def operation(
    name: str,
    summary: str,
    answers: Mapping[str, Schema],
    problems: Mapping[str, Schema],
    *statuses: int,
) -> dict[str, Any]:
    said = {"200": (summary, answers)} | {str(s): (TITLES[s], problems) for s in statuses}
    responses = {
        status: {"description": words, "content": {m: {"schema": s} for m, s in schemas.items()}}
        for status, (words, schemas) in said.items()
    }
    return {"operationId": name, "summary": summary, "responses": responses}

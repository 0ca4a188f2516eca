"""The description of the API (optional): an OpenAPI 3.1 document at /openapi.json."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from serving.formats import JSON, PROBLEM_JSON
from serving.handler import Handler
from serving.model import MOST_POINTS
from serving.parameters import Parameter
from serving.problems import TITLES

Schema = dict[str, Any]
Bodies = Mapping[str, Schema]  # by media type
TEXT = {"type": "string"}


def add_to(handler: Handler) -> None:
    handler.routes["GET", "/openapi.json"] = lambda request: handler.json(document(handler))


def object_of(properties: Mapping[str, Schema], *optional: str, **more: Any) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required, **more}


def list_of(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


MODEL_SCHEMA = object_of({"version": TEXT})
MEMBERS = {"status": {"type": "integer"}, "title": TEXT, "detail": TEXT, "parameter": TEXT}
PROBLEM_SCHEMA = object_of(MEMBERS, "parameter")


def schema(parameter: Parameter) -> Schema:
    """Return a parameter's type, bounds and default as JSON Schema."""
    bounds = {
        "minimum": parameter.minimum,
        "exclusiveMinimum": parameter.above,
        "maximum": parameter.maximum,
    }
    found: Schema = {"type": parameter.type}
    found |= {word: bound for word, bound in bounds.items() if isfinite(bound)}
    if parameter.choices and not parameter.others_allowed:
        found["enum"] = list(parameter.choices)
    elif parameter.type == "string":
        found["maxLength"] = parameter.longest
        if parameter.required and not parameter.may_be_empty:
            found["minLength"] = 1
    return found | ({} if parameter.default is None else {"default": parameter.default})


def document(handler: Handler) -> dict[str, Any]:
    """Describe /; other paths answer like it."""
    model = handler.model
    result = object_of({name: {"type": type_} for name, type_ in model.result.items()})
    notes = {key: note.schema for key, note in handler.notes.items()}
    about = {"model": MODEL_SCHEMA}
    one = {"query": {"type": "object"}, model.answers: list_of(result), **notes, **about}
    formats = [handler.formats[name] for name in handler.format.choices]
    answers: Bodies = {f.media_type: {} for f in formats} | {JSON: object_of(one, *notes)}
    problems: Bodies = {f.problem_media_type: {} for f in formats} | {PROBLEM_JSON: PROBLEM_SCHEMA}
    root = {"get": operation("predict", "Predict for one point", answers, problems, 400)}
    root["get"]["parameters"] = [described(p, model.example) for p in handler.parameters]
    too_large = {"description": "The URL is longer than the gateway allows"}
    root["get"]["responses"] |= {"414": too_large, "431": too_large}
    if ("POST", "") in handler.routes:
        notes_of_each = {key: list_of(schema) for key, schema in notes.items()}
        many = {"results": list_of(list_of(result)), **notes_of_each, **about}
        summary, statuses = "Predict for many points", (400, 413, 415)
        answers = {JSON: object_of(many, *notes)}
        root["post"] = operation("predictBatch", summary, answers, problems, *statuses)
        from_gateway: Schema = {"schema": object_of({"message": TEXT})}  # if it rejects the body
        root["post"]["responses"]["413"]["content"] |= {JSON: from_gateway}
        root["post"]["requestBody"] = {"required": True, "content": {JSON: batch(handler)}}
    health = {JSON: object_of({"status": {"const": "ok"}, **about})}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": model.title,
            "version": str(model.about["version"]),
            "description": "Paths that do not end in one of these answer like /.",
        },
        "servers": [{"url": "."}],
        "paths": {
            "/": root,
            "/healthz": {"get": operation("health", "Which model answers", health, {})},
        },
    }


def described(parameter: Parameter, example: Mapping[str, Any]) -> Schema:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": f"{parameter.description} It must be {parameter.allowed}.",
        "schema": schema(parameter),
    } | ({"example": example[parameter.name]} if parameter.name in example else {})


def batch(handler: Handler) -> Schema:
    """Describe the body of a batch; null may stand for a missing value."""
    model = handler.model
    points = {p.name: nullable(p) for p in model.inputs}
    limits = {"minItems": model.fewest, "maxItems": len(points)}
    in_order = {"type": "array", "prefixItems": [*points.values()], **limits}
    optional = [p.name for p in (*model.inputs, *handler.options) if not p.required]
    by_name = object_of(points, *optional, additionalProperties=False)
    list_ = list_of({"oneOf": [in_order, by_name]}, minItems=1, maxItems=MOST_POINTS)
    options = {option.name: nullable(option) for option in handler.options}
    example = {name: value for name, value in model.example.items() if name in points}
    found = {"schema": object_of({"points": list_, **options}, *optional)}
    return found | ({"example": {"points": [example]}} if example else {})


def nullable(parameter: Parameter) -> Schema:
    found = schema(parameter)
    return {"anyOf": [found, {"type": "null"}]} if parameter.may_be_missing else found


def operation(name: str, summary: str, answers: Bodies, problems: Bodies, *statuses: int) -> Schema:
    bodies = {"200": (summary, answers)} | {str(s): (TITLES[s], problems) for s in statuses}
    responses = {
        status: {"description": words, "content": {m: {"schema": s} for m, s in schemas.items()}}
        for status, (words, schemas) in bodies.items()
    }
    return {"operationId": name, "summary": summary, "responses": responses}

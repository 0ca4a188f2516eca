"""The description of the API: a handler in, an OpenAPI 3.1 document out."""

from collections.abc import Iterable, Mapping
from math import inf
from typing import Any

from serving.formats import JSON, PROBLEM_JSON
from serving.handler import Handler, Routes
from serving.parameters import Parameter
from serving.problems import TITLES

Schema = dict[str, Any]


def routes(handler: Handler) -> Routes:
    return {("GET", "/openapi.json"): lambda request: handler.json(document(handler))}


def object_of(properties: Mapping[str, Schema], *optional: str) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


def list_of(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def schema(parameter: Parameter) -> Schema:
    """Give a parameter's type, bounds and default in JSON Schema's words."""
    is_text = parameter.type == "string" and not parameter.choices
    words = {
        "type": parameter.type,
        "minimum": parameter.minimum,
        "exclusiveMinimum": parameter.above,
        "maximum": parameter.maximum,
        "maxLength": parameter.longest if is_text else None,
        "enum": list(parameter.choices),
        "default": parameter.default,
    }
    return {word: value for word, value in words.items() if value not in (inf, -inf, [], None)}


def in_a_point(parameter: Parameter) -> Schema:
    """Give the schema of an input in a batch, where null may stand for a missing value."""
    if not parameter.may_be_missing:
        return schema(parameter)
    return {"anyOf": [schema(parameter), {"type": "null"}]}


TEXT_SCHEMA = {"type": "string"}
MODEL_SCHEMA = object_of({"version": TEXT_SCHEMA})
PROBLEM_SCHEMA = object_of(
    {
        "status": {"type": "integer"},
        "title": TEXT_SCHEMA,
        "detail": TEXT_SCHEMA,
        "parameter": TEXT_SCHEMA,
    },
    "parameter",
)


def document(handler: Handler) -> dict[str, Any]:
    """Describe what / answers, to POST only if there are batches; other paths answer alike."""
    model = handler.model
    result = object_of({name: {"type": type_} for name, type_ in model.result.items()})
    answer = {
        "query": {"type": "object"},
        model.answers: list_of(result),
        "model": MODEL_SCHEMA,
    }
    formats = [handler.formats[name] for name in handler.format.choices]
    answers: dict[str, Schema] = {f.media_type: {} for f in formats}
    answers[JSON] = object_of(answer)
    problems: dict[str, Schema] = {f.problem_media_type: {} for f in formats}
    problems[PROBLEM_JSON] = PROBLEM_SCHEMA
    get = operation("predict", "Predict for one point", answers, problems, [400])
    get["parameters"] = [described(parameter, model.example) for parameter in handler.parameters]
    root = {"get": get}
    if ("POST", "") in handler.routes:
        root["post"] = batch_operation(handler, result, problems)
    health = {JSON: object_of({"status": {"const": "ok"}, "model": MODEL_SCHEMA})}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": model.title,
            "version": str(model.about["version"]),
            "description": "Every path that is not listed answers as / does.",
        },
        "servers": [{"url": "."}],
        "paths": {
            "/": root,
            "/healthz": {"get": operation("health", "Which model answers", health, {}, [])},
        },
    }


def described(parameter: Parameter, example: Mapping[str, Any]) -> dict[str, Any]:
    description = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": f"{parameter.description} It must be {parameter.allowed}.",
        "schema": schema(parameter),
    }
    if parameter.name in example:
        description["example"] = example[parameter.name]
    return description


def batch_operation(
    handler: Handler, result: Schema, problems: Mapping[str, Schema]
) -> dict[str, Any]:
    from serving.batch import MOST_POINTS  # it is there: its route is

    model = handler.model
    results = {
        JSON: object_of({"results": list_of(list_of(result)), "model": MODEL_SCHEMA}),
    }
    operations = operation(
        "predictBatch", "Predict for many points", results, problems, [400, 413, 415]
    )
    in_order = {
        "type": "array",
        "prefixItems": [in_a_point(parameter) for parameter in model.inputs],
        "minItems": len(model.inputs),
        "maxItems": len(model.inputs),
    }
    not_required = [parameter.name for parameter in model.inputs if not parameter.required]
    by_name = object_of({p.name: in_a_point(p) for p in model.inputs}, *not_required)
    by_name["additionalProperties"] = False
    points = list_of({"oneOf": [in_order, by_name]}, minItems=1, maxItems=MOST_POINTS)
    not_required = [option.name for option in model.options if not option.required]
    options = {option.name: schema(option) for option in model.options}
    body = object_of({"points": points, **options}, *not_required)
    content: Schema = {"schema": body}
    if all(parameter.name in model.example for parameter in model.inputs):
        content["example"] = {"points": [[model.example[p.name] for p in model.inputs]]}
    operations["requestBody"] = {"required": True, "content": {JSON: content}}
    return operations


def operation(
    name: str,
    summary: str,
    answers: Mapping[str, Schema],
    problems: Mapping[str, Schema],
    statuses: Iterable[int],
) -> dict[str, Any]:
    def response(description: str, schemas: Mapping[str, Schema]) -> dict[str, Any]:
        content = {media_type: {"schema": schema} for media_type, schema in schemas.items()}
        return {"description": description, "content": content}

    refusals = {str(status): response(TITLES[status], problems) for status in statuses}
    responses = {"200": response(summary, answers), **refusals}
    return {"operationId": name, "summary": summary, "responses": responses}

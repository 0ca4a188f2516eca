"""The description of the API: the parameters and formats in, an OpenAPI 3.1 document out."""

from collections.abc import Iterable, Mapping
from math import inf
from types import ModuleType
from typing import Any

import predictor
from parameters import Parameter
from problem import TITLES
from render import JSON, PROBLEM_JSON, Format

Schema = dict[str, Any]


def object_of(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def list_of(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def schema(parameter: Parameter) -> Schema:
    """Give a parameter's type, bounds and default in JSON Schema's words."""
    words = {
        "type": parameter.type,
        "minimum": parameter.minimum,
        "exclusiveMinimum": parameter.above,
        "maximum": parameter.maximum,
        "enum": list(parameter.choices),
        "default": parameter.default,
    }
    return {word: value for word, value in words.items() if value not in (inf, -inf, [], None)}


TEXT = {"type": "string"}
RESULT = object_of(**{name: {"type": type_} for name, type_ in predictor.RESULT.items()})
MODEL = object_of(version=TEXT)
POINT = {
    "type": "array",
    "prefixItems": [schema(parameter) for parameter in predictor.INPUTS],
    "minItems": len(predictor.INPUTS),
    "maxItems": len(predictor.INPUTS),
}
PROBLEM = object_of(status={"type": "integer"}, title=TEXT, detail=TEXT)
PROBLEM["properties"]["parameter"] = TEXT
JSON_ANSWER = object_of(query={"type": "object"}, nearest=list_of(RESULT), model=MODEL)
JSON_SCHEMAS = {JSON: JSON_ANSWER}  # of the formats; the others are text, or described elsewhere


def document(
    format_parameter: Parameter, formats: Mapping[str, Format], batch: ModuleType | None
) -> dict[str, Any]:
    """Describe what / answers, to POST only if there are batches; other paths answer alike."""
    parameters = (*predictor.INPUTS, *predictor.OPTIONS, format_parameter)
    answers = {f.media_type: JSON_SCHEMAS.get(f.media_type, {}) for f in formats.values()}
    problems: dict[str, Schema] = {f.problem_media_type: {} for f in formats.values()}
    problems[PROBLEM_JSON] = PROBLEM
    get = operation("predict", "Predict for one point", answers, problems, [400])
    get["parameters"] = [
        {
            "name": parameter.name,
            "in": "query",
            "required": parameter in predictor.INPUTS and parameter.default is None,
            "description": f"{parameter.description} It must be {parameter.allowed}.",
            "schema": schema(parameter),
        }
        for parameter in parameters
    ]
    root = {"get": get}
    if batch:
        results = {JSON: object_of(results=list_of(list_of(RESULT)), model=MODEL)}
        statuses = [400, 413, 415]
        root["post"] = operation(
            "predictBatch", "Predict for many points", results, problems, statuses
        )
        body = object_of(points=list_of(POINT, minItems=1, maxItems=batch.MOST_POINTS))
        body["properties"] |= {option.name: schema(option) for option in predictor.OPTIONS}
        root["post"]["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    health = {JSON: object_of(status={"const": "ok"}, model=MODEL)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The Predictive Lambda",
            "version": predictor.MODEL["version"],
            "description": "Every path that is not listed answers as / does.",
        },
        "servers": [{"url": "."}],
        "paths": {
            "/": root,
            "/healthz": {"get": operation("health", "Which model answers", health, {}, [])},
        },
    }


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

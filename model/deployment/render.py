"""Answers and problems as text: plain data in, a body out, by one function a format."""

import json as json_module
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from problem import Problem

Query = Mapping[str, Any]
Stores = list[dict[str, Any]]
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True)
class Format:
    """How to write an answer (query, nearest stores, model) and a problem (with the raw query)."""

    media_type: str
    answer: Callable[[Query, Stores, Query], str]
    problem_media_type: str
    problem: Callable[[Problem, Query], str]
    headers: Mapping[str, str] = field(default_factory=dict)


def text(query: Query, nearest: Stores, model: Query) -> str:
    """The address alone, one a line."""
    if not nearest:
        radius, lat, long = (f"{query[name]:.15g}" for name in ("radius", "lat", "long"))
        return f"No store within {radius} m of {lat}, {long}."
    return "\n".join(store["address"] for store in nearest)


def text_problem(problem: Problem, query: Query) -> str:
    return problem.detail


def json(query: Query, nearest: Stores, model: Query) -> str:
    return dumps({"query": query, "nearest": plain(nearest), "model": model})


def geojson(query: Query, nearest: Stores, model: Query) -> str:
    """A FeatureCollection (RFC 7946) of the stores; positions are longitude, latitude."""
    features = []
    for store in plain(nearest):
        position = [store.pop("long"), store.pop("lat")]
        geometry = {"type": "Point", "coordinates": position}
        features.append({"type": "Feature", "geometry": geometry, "properties": store})
    return dumps({"type": "FeatureCollection", "features": features})


def json_problem(problem: Problem, query: Query) -> str:
    """Problem details (RFC 9457)."""
    members = ("status", "title", "detail", "parameter")
    return dumps({name: value for name in members if (value := getattr(problem, name))})


def dumps(document: object) -> str:
    return json_module.dumps(document, ensure_ascii=False)


def plain(nearest: Stores) -> Stores:
    """Round distances to what they are right to: millimetres."""
    return [store | {"distance_m": round(store["distance_m"], 3)} for store in nearest]


TEXT = "text/plain; charset=utf-8"
FORMATS = {
    "text": Format(TEXT, text, TEXT, text_problem),
    "json": Format(JSON, json, PROBLEM_JSON, json_problem),
    "geojson": Format("application/geo+json", geojson, PROBLEM_JSON, json_problem),
}

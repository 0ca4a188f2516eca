"""How answers and problems are written as the body of a response."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from serving.problems import Problem

Result = dict[str, Any]
Answers = list[list[Result]]
Query = Mapping[str, Any]
About = Mapping[str, Any]
Write = Callable[[Query, list[Result], About], str]
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"
TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Prediction:
    """The results for each point, and the optional parts' notes on each, by their JSON keys."""

    answers: Answers
    notes: Mapping[str, list[Any]]
    seconds: float


class Asked(dict[str, Any]):
    """A query, with the optional parts' notes on its answer, by their JSON keys."""

    notes: Mapping[str, Any] = {}


def dumps(document: object) -> str:
    """Write JSON; raise ValueError for NaN and infinity, which JSON does not have."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False)


def problem_as_json(problem: Problem, query: Query) -> str:
    """Write problem details (RFC 9457)."""
    members = ("status", "title", "detail", "parameter")
    return dumps({name: value for name in members if (value := getattr(problem, name))})


@dataclass(frozen=True)
class Format:
    """How to write an answer, from the query, the results and the facts about the model.

    The query has the value of each parameter, and under "defaulted" the inputs that got their
    default.

    `write_problem` gets a problem and the query as it was sent. `headers` returns the headers for
    both. `needs` names the members of a result that `write` depends on. A format that is not
    `listed` is chosen by Accept only, not by `?format=`. One that is not `is_default` never
    answers a client that names no format.
    """

    media_type: str
    write: Write
    problem_media_type: str = PROBLEM_JSON
    write_problem: Callable[[Problem, Query], str] = problem_as_json
    headers: Callable[[], Mapping[str, str]] = dict
    needs: tuple[str, ...] = ()
    listed: bool = True
    is_default: bool = True


def as_json(answers: str) -> Format:
    """Return JSON, with the results under the key `answers`."""

    def write(query: Query, results: list[Result], about: About) -> str:
        notes = query.notes if isinstance(query, Asked) else {}
        return dumps({"query": query, answers: results, **notes, "model": about})

    return Format(JSON, write)


def as_text(write: Write, *needs: str) -> Format:
    """Return plain text; a problem becomes its explanation."""
    return Format(TEXT, write, TEXT, lambda problem, query: problem.detail, needs=needs)

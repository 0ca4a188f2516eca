"""A table of requests: one row per rule, sent to every engine.

Each folder of tests may have a request_table.py with a list ROWS: all of them are sent.
"""

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Answer:
    """What came back from an engine; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body decoded, and decompressed where it says that it is compressed."""
        compressed = self.headers.get("content-encoding") == "gzip" and self.body
        return (gzip.decompress(self.body) if compressed else self.body).decode()


@dataclass(frozen=True)
class Row:
    """A rule, the request that shows it, and what must come back.

    `text` is the whole body, `contains` parts of it; `json` maps paths (like "results.0.city", or a
    tuple where a name may contain a dot) to values or predicates; `headers` maps names to values,
    None for absent.
    """

    rule: str
    target: str = "/"
    method: str = "GET"
    send: dict[str, str] = field(default_factory=dict)
    body: str = ""
    status: int = 200
    media_type: str | None = None
    text: str | None = None
    contains: tuple[str, ...] = ()
    json: Mapping[Any, Any] = field(default_factory=dict)
    headers: dict[str, str | None] = field(default_factory=dict)

    def check(self, answer: Answer) -> None:
        """Assert that the answer follows the rule."""
        assert answer.status == self.status, answer.text
        assert self.media_type is None or answer.headers.get("content-type") == self.media_type
        assert self.text is None or answer.text == self.text
        for part in self.contains:
            assert part in answer.text
        for path, expected in self.json.items():
            found = look_up(json.loads(answer.text), path)
            assert expected(found) if callable(expected) else found == expected, (path, found)
        for name, value in self.headers.items():
            assert answer.headers.get(name) == value, (name, answer.headers.get(name))


def look_up(document: Any, path: str | tuple[str, ...]) -> Any:
    for key in path.split(".") if isinstance(path, str) else path:
        document = document[int(key) if isinstance(document, list) else key]
    return document


def length(number: int) -> Callable[[list[object]], bool]:
    return lambda found: len(found) == number


def batch(rule: str, body: str, status: int = 400, **more: Any) -> Row:
    """Return a row that posts JSON to / and, by default, gets a problem in JSON."""
    send = {"content-type": JSON, "accept": JSON} | more.pop("send", {})
    media_type = JSON if status == 200 else PROBLEM
    return Row(rule, "/", "POST", send, body, status, media_type, **more)


def refused(rule: str, query: str, parameter: str, *contains: str) -> Row:
    """Return a row that sends a bad query and gets a problem that names the parameter."""
    problem = {"status": 400, "title": "Bad Request", "parameter": parameter}
    return Row(
        rule,
        f"/?{query}",
        send={"accept": JSON},
        status=400,
        media_type=PROBLEM,
        contains=contains,
        json=problem,
        headers={"cache-control": "no-store"},
    )


def all_rows() -> list[Row]:
    """Return the rows of every request_table.py."""
    folder = Path(__file__).parent
    names = sorted(path.parent.name for path in folder.glob("*/request_table.py"))
    return [row for name in names for row in import_module(f"tests.{name}.request_table").ROWS]

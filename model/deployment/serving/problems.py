"""A problem with a request: a status and an explanation (RFC 9457)."""

import json
import re
from collections.abc import Iterable
from typing import Any

TITLES = {
    400: "Bad Request",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
}


class Problem(Exception):
    """A request that cannot be answered, and why.

    `detail` explains it to the client; `parameter` is the name of the parameter at fault, if any.
    """

    def __init__(self, status: int, detail: str, parameter: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = TITLES.get(status, "")  # a model may raise others
        self.detail = detail
        self.parameter = parameter

    def __reduce__(self) -> tuple[Any, ...]:  # processes that score rows pass it on
        return Problem, (self.status, self.detail, self.parameter)


def quoted(value: object) -> str:
    """Quote what a client sent: at most 40 characters, unprintable ones escaped."""
    try:
        text = value if isinstance(value, str) else json.dumps(value)
    except (TypeError, ValueError, RecursionError):  # not JSON, thousands of digits, too deep
        return f"a value of type {type(value).__name__}"
    short = text if len(text) <= 40 else text[:39] + "…"
    return repr(short) if isinstance(value, str) else short


def similar(name: str, names: Iterable[str]) -> str | None:
    """Return the name that the client probably meant by `name`, if any.

    Two names are similar if one begins with the other, or if they have the same first letter (page
    is not age) and all letters, or about four fifths of them in order, in common. What links and
    forms add to a name (`amp;x`, `x[]`) is ignored.
    """
    from difflib import get_close_matches  # few requests need it, and no cold start does

    bare = re.sub(r"^(amp;|\W+)|\W+$", "", name[:100].lower())
    alike = {known.lower(): known for known in names if known[:1].lower() == bare[:1]}
    comparable = [known for known in alike if len(min(known, bare, key=len)) > 2]
    close = get_close_matches(bare, comparable, 1, 0.8)
    parts = [known for known in comparable if known.startswith(bare) or bare.startswith(known)]
    letters = sorted(bare)
    found = [*close, *parts, *(known for known in alike if sorted(known) == letters)]
    return alike[found[0]] if found else None

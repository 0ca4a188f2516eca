"""What was wrong with a request: a status and a sentence, as RFC 9457 has it."""

import json

TITLES = {
    400: "Bad Request",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
}


class Problem(Exception):
    """A request that cannot be answered, and why.

    `detail` is a sentence for the person who sent it; `parameter` is the one it concerns, if any.
    """

    def __init__(self, status: int, detail: str, parameter: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.title = TITLES[status]
        self.detail = detail
        self.parameter = parameter


def echo(value: object) -> str:
    """Quote what a client sent: at most 40 characters of it, escaped where they do not print."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:39] + "…")
    try:
        text = json.dumps(value)
    except (TypeError, ValueError, RecursionError):  # not JSON, thousands of digits, too deep
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= 40 else text[:39] + "…"

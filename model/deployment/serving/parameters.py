"""The parameters of a request: parses, checks and describes each."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from sys import float_info
from typing import Any

from serving.problems import Problem, quoted

Value = float | int | bool | str | None
NUMBERS = ("number", "integer")
TYPES = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "text",
}
NAN = float("nan")
# float() would also accept "nan", "1_0", " 1 " and the digits of every script.
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
WHOLE = re.compile(r"[+-]?[0-9]{1,400}")  # int() rejects thousands of digits
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One parameter: the source of its parsing, its errors and its description in OpenAPI.

    `type` is JSON Schema's name: "number", "integer", "boolean", or "string", which has either
    `choices` or free text of at most `longest` characters, or both: if `others_allowed`, the
    choices are the usual texts. Numbers lie between `minimum` (or `above` it) and `maximum`. A
    parameter that is `required` must be sent; otherwise its absence means `default`, or a missing
    value (None). Empty text is absent, unless it `may_be_empty`.
    `low` and `high` are the range of the training data, `typical` its median or most frequent
    value; requests may differ from them. Raises ValueError for a contradiction.
    """

    name: str
    description: str
    type: str
    unit: str = ""
    minimum: float = -inf
    maximum: float = inf
    above: float = -inf
    choices: tuple[str, ...] = ()
    others_allowed: bool = False
    longest: int = 1_000
    default: Value = None
    required: bool = False
    may_be_empty: bool = False
    low: float = -inf
    high: float = inf
    typical: Value = None

    def __post_init__(self) -> None:
        if reason := self._contradiction():
            raise ValueError(f"The parameter {self.name!r} {reason}.")
        for what, value in (("default", self.default), ("typical value", self.typical)):
            if value is not None and (reason := self.why_invalid(value)):
                raise ValueError(f"The {what} of {self.problem(value, reason).detail}")

    def _contradiction(self) -> str:
        limits = (self.minimum, self.maximum, self.above)
        if not self.name:
            return "needs a name"
        if self.type not in TYPES:
            return f"has the type {self.type!r}; it must be one of {', '.join(TYPES)}"
        if self.type not in NUMBERS and any(map(isfinite, limits)):
            return "has limits, but is not a number"
        if self.minimum > self.maximum or self.above >= self.maximum:
            return "has limits that no number can meet"
        if self.choices and self.type != "string":
            return "has choices, but is not a string"
        are_texts = all(isinstance(choice, str) and choice for choice in self.choices)
        if not are_texts or len(set(self.choices)) < len(self.choices):
            return "has choices that are empty, repeated or not strings"
        if self.longest < 1:
            return "allows no text at all"
        if self.required and self.default is not None:
            return "is required and has a default"
        return ""

    @property
    def allowed(self) -> str:
        """The allowed values in words: "a number from -90 to 90 (degrees)"."""
        if self.choices:
            return ("text, such as " if self.others_allowed else "") + either(self.choices)
        if self.type == "string":
            return f"text of at most {self.longest} characters"
        limits = (("greater than", self.above), ("from", self.minimum), ("to", self.maximum))
        bounds = "".join(f" {word} {limit}" for word, limit in limits if isfinite(limit))
        unit = f" ({self.unit})" if self.unit else ""
        return TYPES[self.type] + bounds + unit

    @property
    def may_be_missing(self) -> bool:
        return not self.required and self.default is None

    def parse(self, value: object) -> Value:
        """Check a query value: text as API Gateway sends it, or a number from a direct call.

        Raises Problem (400), which says what is wrong and what is allowed.
        """
        if not isinstance(value, str):
            return self.check(value)
        if self.choices and value not in self.choices and {*value.split(",")} <= {*self.choices}:
            raise self.problem(value, "which was given twice")  # API Gateway joins them
        if self.type == "string":
            return self.check(value)
        if self.type == "boolean":
            return self.check(BOOLEANS.get(value.lower(), value))
        if self.type == "integer" and WHOLE.fullmatch(value):
            return self.check(int(value), value)  # beyond 2**53, a float would be another number
        if NUMBER.fullmatch(value):
            return self.check(float(value), value)
        twice = "which was given twice, or has a decimal comma"
        raise self.problem(value, twice if "," in value else "which is not a plain decimal number")

    def check(self, value: Any, sent: object = None) -> Value:
        """Check a JSON value, in which null is a missing one; an error quotes `sent`, if given."""
        if value is None and self.may_be_missing:
            return None
        is_free_text = self.type == "string" and (self.others_allowed or not self.choices)
        if value == "" and is_free_text and not self.may_be_empty:
            return self.absent()
        if reason := self.why_invalid(value):
            raise self.problem(value if sent is None else sent, reason)
        if self.type == "integer":
            return int(value)
        return float(value) + 0.0 if self.type == "number" else value  # -0.0 becomes 0.0

    def why_invalid(self, value: Any) -> str:
        """Say what is wrong with a JSON value; return "" if nothing is."""
        if self.type == "string":
            return self._why_invalid_text(value)
        if self.type == "boolean":
            return "" if isinstance(value, bool) else "which is not true or false"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "which is not a number"
        if not abs(value) <= float_info.max:  # NaN, infinity, an integer of more than 308 digits
            return "which is not finite"
        if not self.minimum <= value <= self.maximum or value <= self.above:
            return "which is out of range"
        if self.type == "integer" and value != int(value):
            return "which is not a whole number"
        return ""

    def _why_invalid_text(self, value: Any) -> str:
        if not isinstance(value, str):
            return "which is not text in quotes"
        if self.choices and not self.others_allowed and value not in self.choices:
            return "which is not one of its values"
        return f"which has {len(value)} characters" if len(value) > self.longest else ""

    def absent(self) -> Value:
        """Return what absence means; raise Problem (400) if the parameter must be sent."""
        if self.required:
            raise Problem(400, f"{self.name} is missing. It must be {self.allowed}.", self.name)
        return self.default

    def in_point(self, value: Value) -> Value:
        """Return the value as models get it: NaN for a missing number."""
        return NAN if value is None and self.type in NUMBERS else value

    def problem(self, value: object, reason: str) -> Problem:
        what = "empty" if value == "" else f"{quoted(value)}, {reason}"
        return Problem(400, f"{self.name} is {what}. It must be {self.allowed}.", self.name)


def either(choices: Sequence[str]) -> str:
    """List texts in words, in quotes if one of them begins or ends with a space."""
    spaced = any(choice != choice.strip() for choice in choices)
    *others, last = map(repr, choices) if spaced else choices
    return f"{', '.join(others)} or {last}" if others else last


def values(
    parameters: Iterable[Parameter],
    sent: Mapping[str, Any],
    read: Callable[[Parameter, Any], Value],
) -> dict[str, Any]:
    """Return each parameter's value: what `read` makes of the one sent, or what absence means."""
    return {p.name: read(p, sent[p.name]) if p.name in sent else p.absent() for p in parameters}

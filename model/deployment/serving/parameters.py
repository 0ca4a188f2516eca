"""The parameters of a request: what a client sent in, checked values out."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from sys import float_info
from typing import Any

from serving.problems import Problem, quoted

Value = float | int | bool | str | None
TYPES = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "text",
}
# float() would also take "nan", "1_0", " 1 " and the digits of every script.
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
WHOLE = re.compile(r"[+-]?[0-9]{1,400}")  # int() refuses thousands of digits
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One parameter: the source of its parsing, its errors and its description in OpenAPI.

    `type` is JSON Schema's name: "number", "integer", "boolean", or "string", which has either its
    `choices` or free text of at most `longest` characters. Numbers lie from `minimum` (or `above`
    it) to `maximum`. A parameter that is `required` must be sent; else its absence means `default`,
    or that the value is missing (None). Raises ValueError for what cannot work.
    """

    name: str
    description: str
    type: str
    unit: str = ""
    minimum: float = -inf
    maximum: float = inf
    above: float = -inf
    choices: tuple[str, ...] = ()
    longest: int = 1_000
    default: Value = None
    required: bool = False

    def __post_init__(self) -> None:
        is_number = self.type in ("number", "integer")
        are_strings = all(isinstance(choice, str) and choice for choice in self.choices)
        wrong = {
            "has no name": not self.name,
            f"has the type {self.type!r}; it must be {', '.join(TYPES)}": self.type not in TYPES,
            "has limits, but is no number": not is_number
            and any(map(isfinite, (self.minimum, self.maximum, self.above))),
            "has limits that no number can meet": self.minimum > self.maximum
            or self.above >= self.maximum,
            "has choices, but is no string": self.choices and self.type != "string",
            "has choices that are no strings, empty or repeated": not are_strings
            or len({*self.choices}) < len(self.choices),
            "allows no character of text": self.longest < 1,
            "is required and has a default": self.required and self.default is not None,
        }
        for what in (what for what, is_wrong in wrong.items() if is_wrong):
            raise ValueError(f"The parameter {self.name!r} {what}.")
        if self.default is not None and (reason := self.refusal(self.default)):
            raise ValueError(f"The default of {self.problem(self.default, reason).detail}")

    @property
    def allowed(self) -> str:
        """What it must be, in words: "a number from -90 to 90 (degrees)"."""
        if self.choices:
            *others, last = self.choices
            return f"{', '.join(others)} or {last}" if others else last
        if self.type == "string":
            return f"{TYPES[self.type]} of at most {self.longest} characters"
        limits = (("greater than", self.above), ("from", self.minimum), ("to", self.maximum))
        bounds = "".join(f" {word} {limit}" for word, limit in limits if isfinite(limit))
        unit = f" ({self.unit})" if self.unit else ""
        return TYPES[self.type] + bounds + unit

    def parse(self, value: object) -> Value:
        """Check a query value: text as API Gateway sends it, or a number from a direct call.

        Raises Problem (400) with a sentence on what is wrong and what is allowed.
        """
        if not isinstance(value, str) or self.type == "string":
            return self.check(value)
        if self.type == "boolean":
            return self.check(BOOLEANS.get(value.lower(), value))
        if self.type == "integer" and WHOLE.fullmatch(value):
            return self.check(int(value), value)  # beyond 2**53, a float would be another number
        if NUMBER.fullmatch(value):
            return self.check(float(value), value)
        twice = "given twice, or with a decimal comma"
        raise self.problem(value, twice if "," in value else "which is not a plain decimal number")

    def check(self, value: Any, sent: object = None) -> Value:
        """Check a value as JSON has it; an error quotes `sent`, if that is given, instead."""
        if reason := self.refusal(value):
            raise self.problem(value if sent is None else sent, reason)
        if self.type == "integer":
            return int(value)
        return float(value) + 0.0 if self.type == "number" else value  # -0.0 is 0.0

    def check_or_missing(self, value: Any) -> Value:
        """Check a value of an input; null is one that is missing."""
        return None if value is None and self.may_be_missing else self.check(value)

    def refusal(self, value: Any) -> str:
        """Say what is wrong with a value as JSON has it; nothing if it is right."""
        if self.choices:
            twice = isinstance(value, str) and {*value.split(",")} <= {*self.choices}
            reason = "given twice" if twice else "which is not one of its values"
            return "" if value in self.choices else reason
        if self.type == "string":
            if not isinstance(value, str):
                return "which is not text"
            return f"which has {len(value)} characters" if len(value) > self.longest else ""
        if self.type == "boolean":
            return "" if isinstance(value, bool) else "which is neither"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "which is not a number"
        if not abs(value) <= float_info.max:  # NaN, infinity, an integer of more than 308 digits
            return "which is not finite"
        if not self.minimum <= value <= self.maximum or value <= self.above:
            return "which is out of range"
        is_whole = self.type == "number" or value == int(value)
        return "" if is_whole else "which is not a whole number"

    def absent(self) -> Value:
        """Return what absence means; raise Problem (400) where it must be sent."""
        if self.required:
            raise Problem(400, f"{self.name} is missing. It must be {self.allowed}.", self.name)
        return self.default

    @property
    def may_be_missing(self) -> bool:
        return not self.required and self.default is None

    def problem(self, value: object, reason: str) -> Problem:
        is_what = "empty" if value == "" else f"{quoted(value)}, {reason}"
        return Problem(400, f"{self.name} is {is_what}. It must be {self.allowed}.", self.name)


def values(
    parameters: Iterable[Parameter],
    sent: Mapping[str, Any],
    read: Callable[[Parameter, Any], Value],
) -> dict[str, Any]:
    """Return each parameter's value: as `read` reads what was sent, or what absence means."""
    return {
        parameter.name: read(parameter, sent[parameter.name])
        if parameter.name in sent
        else parameter.absent()
        for parameter in parameters
    }

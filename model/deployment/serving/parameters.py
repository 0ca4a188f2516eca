"""The parameters of a request: what a client sent in, checked values out."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from serving.problems import Problem, quoted

Value = float | int | bool | str | None
TYPES = {"number": "a number", "integer": "a whole number", "boolean": "true or false"}
# float() would also take "nan", "1_0", " 1 " and the digits of every script.
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
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
        limited = any(map(isfinite, (self.minimum, self.maximum, self.above)))
        wrong = {
            "has no name": not self.name,
            f"has the type {self.type!r}; it must be number, integer, boolean or string": (
                self.type not in (*TYPES, "string")
            ),
            "has limits, but is no number": limited and self.type not in ("number", "integer"),
            "has limits that no number can meet": (
                self.minimum > self.maximum or self.above >= self.maximum
            ),
            "has choices, but is no string": bool(self.choices) and self.type != "string",
            "has choices that are no strings, empty or repeated": (
                not all(isinstance(choice, str) and choice for choice in self.choices)
                or len({*self.choices}) < len(self.choices)
            ),
            "allows no character of text": self.longest < 1,
            "is required and has a default": self.required and self.default is not None,
        }
        for what, is_wrong in wrong.items():
            if is_wrong:
                raise ValueError(f"The parameter {self.name!r} {what}.")
        if self.default is not None:
            try:
                self.check(self.default)
            except Problem as problem:
                raise ValueError(f"The default of {problem.detail}") from problem

    @property
    def allowed(self) -> str:
        """What it must be, in words: "a number from -90 to 90 (degrees)"."""
        if self.choices:
            *others, last = self.choices
            return f"{', '.join(others)} or {last}" if others else last
        if self.type == "string":
            return f"text of at most {self.longest} characters"
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
            if value.lower() in BOOLEANS:
                return BOOLEANS[value.lower()]
            raise self.problem(value, "which is neither" if value else "")
        if NUMBER.fullmatch(value):
            return self.check(float(value), value)
        if "," in value:
            raise self.problem(value, "given twice, or with a decimal comma")
        raise self.problem(value, "which is not a plain decimal number" if value else "")

    def check(self, value: object, sent: object = None) -> Value:
        """Check a value as JSON has it; an error quotes `sent`, if that is given, instead."""
        sent = value if sent is None else sent
        if self.choices:
            if isinstance(value, str) and value in self.choices:
                return value
            twice = isinstance(value, str) and {*value.split(",")} <= {*self.choices}
            reason = "given twice" if twice else "which is not one of its values"
            raise self.problem(sent, reason if value != "" else "")
        if self.type == "string":
            if not isinstance(value, str):
                raise self.problem(sent, "which is not text")
            if len(value) > self.longest:
                raise self.problem(sent, f"which has {len(value)} characters")
            return value
        if self.type == "boolean":
            if isinstance(value, bool):
                return value
            raise self.problem(sent, "which is neither")
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.problem(sent, "which is not a number")
        try:
            number = float(value)
        except OverflowError:  # an integer of more than 308 digits
            number = inf
        if not isfinite(number):
            raise self.problem(sent, "which is not finite")
        if not self.minimum <= number <= self.maximum or number <= self.above:
            raise self.problem(sent, "which is out of range")
        if self.type == "integer":
            if not number.is_integer():
                raise self.problem(sent, "which is not a whole number")
            return int(number)
        return number + 0.0  # -0.0 is 0.0

    def absent(self) -> Value:
        """Return what absence means; raise Problem (400) where it must be sent."""
        if self.required:
            raise Problem(400, f"{self.name} is missing. It must be {self.allowed}.", self.name)
        return self.default

    @property
    def may_be_missing(self) -> bool:
        return not self.required and self.default is None

    def problem(self, value: object, reason: str) -> Problem:
        is_what = f"{quoted(value)}, {reason}" if reason else "empty"
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

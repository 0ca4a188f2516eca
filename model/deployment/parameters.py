"""The parameters of a request: what a client sent in, checked values out."""

import re
from dataclasses import dataclass
from math import inf, isfinite

from problem import Problem, echo

# float() would also take "nan", "1_0", " 1 " and the digits of every script.
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Parameter:
    """One parameter: the source of its parsing, its errors, OpenAPI and the README's table.

    `type` is JSON Schema's name: "number", "integer", or "string" with its `choices`. Numbers lie
    from `minimum` (or `above` it) to `maximum`. `default` is what absence means; an
    input of the model without one must be sent.
    """

    name: str
    description: str
    type: str
    unit: str = ""
    minimum: float = -inf
    maximum: float = inf
    above: float = -inf
    choices: tuple[str, ...] = ()
    default: float | str | None = None

    @property
    def allowed(self) -> str:
        """What it must be, in words: "a number from -90 to 90 (decimal degrees)"."""
        if self.choices:
            return f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
        noun = "a whole number" if self.type == "integer" else "a number"
        limits = (("greater than", self.above), ("from", self.minimum), ("to", self.maximum))
        bounds = "".join(f" {word} {limit}" for word, limit in limits if isfinite(limit))
        return f"{noun}{bounds} ({self.unit})" if self.unit else noun + bounds

    def parse(self, value: object) -> float | int | str:
        """Check a query value: text as API Gateway sends it, or a number from a direct call.

        Raises Problem (400) with a sentence on what is wrong and what is allowed.
        """
        if self.choices or not isinstance(value, str):
            return self.check(value)
        if NUMBER.fullmatch(value):
            return self.check(float(value), value)
        if "," in value:
            raise self.problem(value, "given twice, or with a decimal comma")
        raise self.problem(value, "which is not a plain decimal number" if value else "")

    def check(self, value: object, sent: object = None) -> float | int | str:
        """Check a value as JSON has it; `sent` is what to quote in its stead."""
        sent = value if sent is None else sent
        if self.choices:
            if value in self.choices:
                return str(value)
            raise self.problem(sent, "which is not one of its values" if value != "" else "")
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

    def problem(self, value: object, reason: str) -> Problem:
        is_what = f"{echo(value)}, {reason}" if reason else "empty"
        return Problem(400, f"{self.name} is {is_what}. It must be {self.allowed}.", self.name)

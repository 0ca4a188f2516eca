"""The Model: declares the parameters of a request, predicts, and declares how to write answers."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import isfinite
from types import NoneType
from typing import Any

from serving.formats import Format, Result, dumps
from serving.parameters import TYPES, Parameter
from serving.problems import Problem

log = logging.getLogger(__name__)
RESERVED = ("format", "defaulted")  # a query also has these
MOST_POINTS = 1_000  # in one batch
MOST_RESULTS = 10_000  # points times results for each
LISTS = (list, tuple)
PYTHON_TYPES: dict[str, set[type]] = {
    "number": {float, int, NoneType},
    "integer": {int, NoneType},
    "boolean": {bool, NoneType},
    "string": {str, NoneType},
}

# Answers many points at once: for each, a list of results, which are dicts of the model's members.
# A point is a sequence of the inputs' values, in their order; a missing value is NaN for a number
# and None for anything else. Options are passed by name.
Predict = Callable[..., list[list[Result]]]


@dataclass(frozen=True)
class Model:
    """A model and everything the pattern needs to know about it; raises ValueError if invalid.

    about: goes into every JSON answer and /healthz; its "version" is also sent as a header.
    inputs, options: the parameters; a point has the inputs' values, options hold for all points.
    result: the members of a result, with the names of their JSON Schema types.
    formats: in addition to JSON. The first that is_default is the default, JSON if there is none.
    answers: JSON's key for the results.
    count: the name of the option that says how many results a point may get, if any.
    example: a request that works, by the names of parameters.
    figures: numbers to watch in a point's first result, by name; nothing that identifies a client.
    """

    about: Mapping[str, Any]
    inputs: tuple[Parameter, ...]
    result: Mapping[str, str]
    predict: Predict
    options: tuple[Parameter, ...] = ()
    formats: Mapping[str, Format] = field(default_factory=dict)
    answers: str = "predictions"
    count: str = ""
    title: str = "Predictions"
    example: Mapping[str, Any] = field(default_factory=dict)
    figures: Callable[[Result], Mapping[str, float]] = lambda result: {}

    def __post_init__(self) -> None:
        if reason := self._why_invalid():
            raise ValueError(f"This model cannot be served: {reason.removesuffix('.')}.")

    def _why_invalid(self) -> str:
        parameters = {p.name: p for p in (*self.inputs, *self.options)}
        version = str(self.about.get("version", ""))
        if not version or not version.isascii() or not version.isprintable():
            return 'about["version"] is missing or not printable ASCII, which a header needs'
        try:
            dumps(self.about)
        except (TypeError, ValueError) as error:
            return f"`about` cannot be written as JSON: {error}"
        if not self.inputs:
            return "it has no inputs"
        if not isinstance(self.title, str):
            return "the title is not text"
        if len(parameters) < len(self.inputs) + len(self.options):
            return "two parameters have the same name"
        taken = [name for name in RESERVED if name in parameters]
        taken += [p.name for p in self.options if p.name in ("points", "self")]  # by `predict`
        if taken:
            return f"{taken[0]!r} is reserved and cannot be the name of a parameter"
        if not self.result or any(type_ not in TYPES for type_ in self.result.values()):
            return f"`result` needs at least one member, each of a type in {', '.join(TYPES)}"
        if "json" in self.formats:
            return "`formats` has json, which every model has already"
        if self.answers in ("", "query", "model", "why", "outside"):
            return f"`answers` is {self.answers!r}, which JSON needs for something else"
        counts = [p.name for p in self.options if p.type == "integer"]
        if self.count and self.count not in counts:
            return f"`count` is {self.count!r}, which is not an integer option"
        for name, chosen in self.formats.items():
            if missing := [needed for needed in chosen.needs if needed not in self.result]:
                return f"the format {name} needs {missing[0]}, which is missing from `result`"
        for name, value in self.example.items():
            if name not in parameters:
                return f"the example has {name!r}, which is not a parameter"
            if reason := parameters[name].why_invalid(value):
                return f"in the example, {parameters[name].problem(value, reason).detail}"
        return ""

    @property
    def fewest(self) -> int:
        """The fewest values of a point that is a list: optional ones at its end may be left out."""
        return max((i for i, p in enumerate(self.inputs, 1) if p.required), default=1)

    def point(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the inputs' values in their order, with NaN for a missing number."""
        return tuple(p.in_point(values[p.name]) for p in self.inputs)

    def answer(self, points: Sequence[Sequence[Any]], **options: Any) -> list[list[Result]]:
        """Predict, and check what comes back.

        Raises Problem: 400 if a number is NaN or infinite, 500 if the results differ from what the
        model declares; the log says how.
        """
        answers = self.predict(points, **options)
        are_lists = isinstance(answers, LISTS) and all(isinstance(a, LISTS) for a in answers)
        if not are_lists or len(answers) != len(points):
            raise fault(f"predict must return a list of results for each of {len(points)} points")
        kinds = {name: PYTHON_TYPES[type_] for name, type_ in self.result.items()}
        for result in chain.from_iterable(answers):
            if not isinstance(result, dict) or result.keys() != kinds.keys():
                raise fault(f"a result is {result!r:.100}, not a dict of {', '.join(kinds)}")
            for name, value in result.items():
                # Millions of rows go through here, so valid values cost no call.
                is_finite = type(value) is not float or isfinite(value)
                if type(value) not in kinds[name] or not is_finite:
                    result[name] = checked(value, self.result[name])
        return answers


def checked(value: Any, type_: str) -> Any:
    """Return a value of a result in a type of Python; raise Problem if it is not as declared."""
    if hasattr(value, "tolist"):  # numpy's scalars
        value = value.tolist()
    if type(value) not in PYTHON_TYPES[type_]:
        found = type(value).__name__
        raise fault(f"a result has {value!r}, a {found}, which is not {TYPES[type_]}")
    if isinstance(value, float) and not isfinite(value):
        raise Problem(400, "The model has no finite answer for these values.")
    return value


def fault(reason: str) -> Problem:
    """Log what is wrong with the model, and return a problem without details for the client."""
    log.error("The model is broken: %s.", reason)
    return Problem(500, "The model's answer is malformed. The function's log says how.")

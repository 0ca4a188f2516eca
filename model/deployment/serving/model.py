"""What is served: a Model says what may be asked, answers, and says how that can be written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from serving.formats import Format, Result
from serving.parameters import TYPES, Parameter

RESERVED = ("format", "defaulted")  # names that every query has besides its parameters


# Answers many points at once: for each a list of results, dicts with the model's members. A point
# is a sequence of the inputs' values, in their order. A value that is missing is NaN if the input
# is a number, and None if it is anything else. Options are passed by name. `make score` pickles it
# on systems that start processes afresh: there, a function must be one of a module.
Predict = Callable[..., list[list[Result]]]
# Returns the inputs' values by name, for a text that stands for them; raises Problem.
Read = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True)
class Model:
    """A model and all that the pattern needs to know of it; raises ValueError if it cannot work.

    about: goes into every JSON answer and /healthz; its "version" into a header.
    inputs, options: the parameters; a point has the inputs' values, options hold for all points.
    aliases: texts that a query may send instead of the inputs, and what reads them.
    result: the members of a result, with the names of their JSON Schema types.
    formats: beside JSON; the first is the default. One whose name begins with "_" is chosen by the
        header Accept alone.
    answers: JSON's key of the results.
    count: the option that says how many results a point may get, if there is one.
    example: a request that works, by the names of parameters.
    figures: what to watch of a point's first result, by name; never what tells who asked or where.
    """

    about: Mapping[str, Any]
    inputs: tuple[Parameter, ...]
    result: Mapping[str, str]
    predict: Predict
    options: tuple[Parameter, ...] = ()
    aliases: Mapping[Parameter, Read] = field(default_factory=dict)
    formats: Mapping[str, Format] = field(default_factory=dict)
    answers: str = "predictions"
    count: str = ""
    title: str = "Predictions"
    example: Mapping[str, Any] = field(default_factory=dict)
    figures: Callable[[Result], Mapping[str, float]] = lambda result: {}

    def __post_init__(self) -> None:
        named = (*self.inputs, *self.aliases, *self.options)
        parameters = {p.name: p for p in named}
        version = str(self.about.get("version", ""))
        wrong = {
            "about has no version that can be a header": (
                not version or not version.isascii() or not version.isprintable()
            ),
            "there are no inputs": not self.inputs,
            "the title is no text": not isinstance(self.title, str),
            "two parameters have one name": len(parameters) < len(named),
            "an alias is no text that may be missing": any(
                p.type != "string" or not p.may_be_missing for p in self.aliases
            ),
            f"a parameter has one of the names {', '.join(RESERVED)}": any(
                name in RESERVED for name in parameters
            ),
            "there is no result, or one whose type is not string, number, integer or boolean": (
                not self.result or any(type_ not in TYPES for type_ in self.result.values())
            ),
            "formats has json, which every model has": "json" in self.formats,
            f"answers is {self.answers!r}, which JSON needs for something else": (
                self.answers in ("", "query", "model")
            ),
            f"count is {self.count!r}, which is no option that is a whole number": bool(
                self.count
                and not any(p.name == self.count and p.type == "integer" for p in self.options)
            ),
        }
        for name, chosen in self.formats.items():
            for needed in chosen.needs:
                wrong[f"{name} needs {needed}, which a result has not"] = needed not in self.result
        for name in self.example:
            wrong[f"the example has {name!r}, which is no parameter"] = name not in parameters
        for what in (what for what, is_wrong in wrong.items() if is_wrong):
            raise ValueError(f"This model cannot be served: {what}.")
        for name, value in self.example.items():
            if reason := parameters[name].refusal(value):
                problem = parameters[name].problem(value, reason)
                raise ValueError(f"The example cannot be served: {problem.detail}")

    def point(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the inputs' values in their order, with NaN for a missing number."""
        return tuple(in_a_point(p, values[p.name]) for p in self.inputs)


def in_a_point(parameter: Parameter, value: Any) -> Any:
    is_number = parameter.type in ("number", "integer")
    return NAN if value is None and is_number else value


NAN = float("nan")  # one object, so that points that miss the same value are equal

"""The knobs: context values (`-c name=value`, or cdk.json) in, checked settings out.

Whoever uses a knob asks for it here, so that a part which you delete takes its knobs with it.
"""

import re
from collections.abc import Collection
from difflib import get_close_matches

from constructs import Node

# What the CDK keeps in the context for itself: flags (@...), look-ups (a:b:...) and these.
THE_CDKS = ("acknowledged-issue-numbers", "cli-telemetry")


class KnobError(ValueError):
    """A knob cannot be set like this; the message names what is allowed."""


class Knobs:
    """The context of a construct; remembers which knobs there are."""

    def __init__(self, node: Node) -> None:
        self.given = node.get_all_context() or {}
        self.names: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        """Give the value as text, as the command line does; cdk.json also has numbers."""
        self.names.add(name)
        value = self.given.get(name)
        return default if value is None else str(value)

    def match(self, name: str, pattern: str, allowed: str) -> str:
        """Give text that the whole pattern matches, or "" if nothing is given."""
        value = self.text(name)
        if value and not re.fullmatch(pattern, value):
            raise KnobError(f"{name} is {value!r}. It must be {allowed}.")
        return value

    def choice(self, name: str, default: str, choices: Collection[str]) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise KnobError(f"{name} is {value!r}. It must be one of {', '.join(choices)}.")
        return value

    def number(self, name: str, default: int, allowed: range) -> int:
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit() and len(value) < 9 and int(value) in allowed):
            raise KnobError(
                f"{name} is {value!r}. "
                f"It must be a whole number from {allowed[0]} to {allowed[-1]}."
            )
        return int(value)

    def switch(self, name: str) -> bool:
        """Give whether something optional is wanted; `true` is JSON's and the command line's."""
        value = self.text(name, "false")
        if value.lower() not in ("true", "false"):
            raise KnobError(f"{name} is {value!r}. It must be true or false.")
        return value.lower() == "true"

    def refuse_others(self) -> None:
        """Refuse what nobody has asked for; ask last, when all knobs are known."""
        for name in self.given:
            if name not in self.names and name not in THE_CDKS and not {*name} & {*"@:/"}:
                near = get_close_matches(name, sorted(self.names), n=1, cutoff=0.5)
                hint = f"Did you mean {near[0]}? " if near else ""
                knobs = ", ".join(sorted(self.names))
                raise KnobError(f"There is no knob {name!r}. {hint}The knobs are {knobs}.")

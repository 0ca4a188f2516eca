"""Read and check the settings: context values from `-c name=value` or cdk.json."""

import re
from collections.abc import Collection
from difflib import get_close_matches

from constructs import Node

# The CDK's own context: flags (@...), look-ups (a:b:...) and these.
OF_THE_CDK = ("acknowledged-issue-numbers", "cli-telemetry")


class SettingError(ValueError):
    """A setting is unknown or has an invalid value; the message says what is allowed."""


class Settings:
    """The context of a construct tree; remembers which settings exist."""

    def __init__(self, node: Node) -> None:
        self.given = node.get_all_context() or {}
        self.names: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        """Return the value as text: the command line only has text, cdk.json also has numbers."""
        self.names.add(name)
        value = self.given.get(name)
        return default if value is None else str(value)

    def match(self, name: str, pattern: str, allowed: str, default: str = "") -> str:
        """Return a value that matches the whole pattern, or the default if there is none."""
        value = self.text(name, default)
        if value and not re.fullmatch(pattern, value):
            raise SettingError(f"{name} is {value!r}. It must be {allowed}.")
        return value

    def choice(self, name: str, default: str, choices: Collection[str]) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise SettingError(f"{name} is {value!r}. It must be one of {', '.join(choices)}.")
        return value

    def number(self, name: str, default: int, allowed: range) -> int:
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit() and len(value) < 9 and int(value) in allowed):
            raise SettingError(
                f"{name} is {value!r}. "
                f"It must be a whole number from {allowed[0]} to {allowed[-1]}."
            )
        return int(value)

    def switch(self, name: str) -> bool:
        """Return whether an optional part is on: `true`, or JSON's true in cdk.json."""
        value = self.text(name, "false")
        if value.lower() not in ("true", "false"):
            raise SettingError(f"{name} is {value!r}. It must be true or false.")
        return value.lower() == "true"

    def reject_unknown(self) -> None:
        """Raise SettingError for a setting that nobody has read; call it after reading all."""
        for name in self.given:
            if name not in self.names and name not in OF_THE_CDK and not {*name} & {*"@:/"}:
                near = get_close_matches(name, sorted(self.names), n=1, cutoff=0.5)
                hint = f"Did you mean {near[0]}? " if near else ""
                known = ", ".join(sorted(self.names))
                raise SettingError(f"Unknown setting {name!r}. {hint}The settings are {known}.")

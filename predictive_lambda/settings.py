"""Read and check the settings: context values from `-c name=value` or cdk.json."""

import re
from collections.abc import Callable, Collection
from difflib import get_close_matches

from aws_cdk.aws_logs import RetentionDays
from constructs import Node

# Not settings: the CDK's flags (@...) and look-ups (a:b:...), comments (//...), and these.
OF_THE_CDK = ("acknowledged-issue-numbers", "cli-telemetry")
# What CloudWatch allows, in days.
RETENTIONS = {
    "1": RetentionDays.ONE_DAY,
    "3": RetentionDays.THREE_DAYS,
    "5": RetentionDays.FIVE_DAYS,
    "7": RetentionDays.ONE_WEEK,
    "14": RetentionDays.TWO_WEEKS,
    "30": RetentionDays.ONE_MONTH,
    "60": RetentionDays.TWO_MONTHS,
    "90": RetentionDays.THREE_MONTHS,
    "120": RetentionDays.FOUR_MONTHS,
    "150": RetentionDays.FIVE_MONTHS,
    "180": RetentionDays.SIX_MONTHS,
    "365": RetentionDays.ONE_YEAR,
    "400": RetentionDays.THIRTEEN_MONTHS,
    "545": RetentionDays.EIGHTEEN_MONTHS,
    "731": RetentionDays.TWO_YEARS,
    "1096": RetentionDays.THREE_YEARS,
    "1827": RetentionDays.FIVE_YEARS,
    "2192": RetentionDays.SIX_YEARS,
    "2557": RetentionDays.SEVEN_YEARS,
    "2922": RetentionDays.EIGHT_YEARS,
    "3288": RetentionDays.NINE_YEARS,
    "3653": RetentionDays.TEN_YEARS,
}


class SettingError(ValueError):
    """A setting is unknown or has an invalid value; the message says what is allowed."""


class Settings:
    """The context of a construct tree; remembers which settings exist."""

    def __init__(self, node: Node) -> None:
        self.given = node.get_all_context() or {}
        self.names: set[str] = set()

    def text(self, name: str, pattern: str, allowed: str) -> str:
        """Return a value that matches the whole pattern, or "" if it is not set."""
        return self._read(name, "", re.compile(pattern).fullmatch, allowed)

    def choice(self, name: str, default: str, choices: Collection[str]) -> str:
        return self._read(name, default, choices.__contains__, f"one of {', '.join(choices)}")

    def number(self, name: str, default: int, allowed: range) -> int:
        valid = {str(number) for number in allowed}.__contains__
        whole = f"a whole number from {allowed[0]} to {allowed[-1]}"
        return int(self._read(name, str(default), valid, whole))

    def switch(self, name: str) -> bool:
        """Return whether an optional part is on."""
        valid = re.compile("true|false", re.IGNORECASE).fullmatch
        return self._read(name, "false", valid, "true or false").lower() == "true"

    def _read(self, name: str, default: str, valid: Callable[[str], object], allowed: str) -> str:
        """Return the value as text: the command line only has text, cdk.json also other types."""
        self.names.add(name)
        given = self.given.get(name, default)
        value = ",".join(map(str, given)) if isinstance(given, list) else str(given)
        if name in self.given and not valid(value):
            raise SettingError(f"{name} is {value!r}. It must be {allowed}.")
        return value

    def reject_unknown(self) -> None:
        """Raise SettingError for a setting that nobody has read; call it after reading all."""
        for name in self.given:
            if name not in self.names and name not in OF_THE_CDK and not re.search("[@:/]", name):
                near = get_close_matches(name, sorted(self.names), n=1, cutoff=0.5)
                hint = f"Did you mean {near[0]}? " if near else ""
                known = ", ".join(sorted(self.names))
                raise SettingError(f"Unknown setting {name!r}. {hint}The settings are {known}.")

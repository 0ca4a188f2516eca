"""The stack's knobs: context values (`-c name=value`, or cdk.json) in, checked settings out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from aws_cdk.aws_lambda import Architecture
from aws_cdk.aws_logs import RetentionDays
from constructs import Node

ARCHITECTURES = {"x86_64": Architecture.X86_64, "arm64": Architecture.ARM_64}
RETENTIONS = {
    "1": RetentionDays.ONE_DAY,
    "7": RetentionDays.ONE_WEEK,
    "30": RetentionDays.ONE_MONTH,
    "90": RetentionDays.THREE_MONTHS,
    "365": RetentionDays.ONE_YEAR,
    "3653": RetentionDays.TEN_YEARS,
}
Choice = TypeVar("Choice")


@dataclass(frozen=True)
class Settings:
    """What a deployment may choose; the defaults are safe and cost next to nothing while idle."""

    architecture: Architecture
    memory_mb: int
    log_retention: RetentionDays
    throttle: int  # requests a second, and at once

    @classmethod
    def from_context(cls, node: Node) -> "Settings":
        """Read every knob; raise ValueError for a bad value, naming those that are allowed."""
        return cls(
            architecture=_choice(node, "architecture", "x86_64", ARCHITECTURES),
            memory_mb=_number(node, "memory_mb", 4096, range(128, 10_241)),
            log_retention=_choice(node, "log_retention_days", "30", RETENTIONS),
            throttle=_number(node, "throttle", 100, range(1, 10_001)),
        )


def _choice(node: Node, name: str, default: str, choices: Mapping[str, Choice]) -> Choice:
    value = _value(node, name, default)
    if value not in choices:
        raise ValueError(f"Context {name} is {value!r}. It must be one of {', '.join(choices)}.")
    return choices[value]


def _number(node: Node, name: str, default: int, allowed: range) -> int:
    value = _value(node, name, default)
    if not (value.isascii() and value.isdigit() and len(value) < 9 and int(value) in allowed):
        raise ValueError(
            f"Context {name} is {value!r}. "
            f"It must be a whole number from {allowed[0]} to {allowed[-1]}."
        )
    return int(value)


def _value(node: Node, name: str, default: Any) -> str:
    """Give the value as text, as the command line does; cdk.json also has numbers."""
    value = node.try_get_context(name)
    return str(default if value is None else value)

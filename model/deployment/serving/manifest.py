"""The manifest, NAME.json: describes NAME.pkl. Training writes it, serving reads it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from serving.parameters import Parameter


@dataclass(frozen=True, kw_only=True)
class Input(Parameter):
    """An input, and how its column looked in the training table.

    dtype: the column's dtype in pandas; categories: the values of a category dtype, in their
    order. has_none: whether missing values are None in the table, not NaN.
    """

    description: str = "A column of the training data."
    dtype: str = ""
    categories: tuple[Any, ...] = ()
    ordered: bool = False
    has_none: bool = False

    @property
    def is_date(self) -> bool:
        return self.dtype.startswith("datetime64")

    @property
    def years(self) -> tuple[int, int]:
        """The years that a date must be in: 64 bits of nanoseconds reach from 1677 to 2262."""
        return (1678, 2261) if "[ns]" in self.dtype else (1, 9999)

    @property
    def allowed(self) -> str:
        if not self.is_date:
            return super().allowed
        years = "from year {} to {}, without a time zone".format(*self.years)
        return f"a date such as 2020-12-31 or 2020-12-31T23:59, {years}"


@dataclass(frozen=True)
class Signature:
    """The model's inputs and results.

    result: the members of a result and their JSON Schema types: the targets, and "probability" if
    the model predicts the likeliest class. takes: what the model is given, an array, a list of
    texts, a table of named columns or a pandas frame.
    """

    inputs: tuple[Input, ...]
    result: Mapping[str, str]
    example: Mapping[str, Any]
    takes: str = "array"

    @property
    def targets(self) -> list[str]:
        return [name for name in self.result if name != "probability"]


@dataclass(frozen=True)
class Manifest:
    """The content of NAME.json.

    versions: of the packages that the pickle refers to, by import name; about: facts for people,
    such as a title.
    """

    pickle_sha256: str
    python: str
    versions: Mapping[str, str]
    signature: Signature
    about: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str | bytes) -> "Manifest":
        """Read a manifest; raise KeyError, TypeError or ValueError for anything else."""
        members = json.loads(text)
        signature = members["signature"]
        inputs = tuple(Input(**_with_tuples(entry)) for entry in signature["inputs"])
        signature = Signature(**signature | {"inputs": inputs})
        return cls(**members | {"signature": signature})

    def dumps(self) -> str:
        """Return the text of NAME.json, the same for the same manifest.

        Raises TypeError or ValueError for values that JSON cannot represent.
        """
        members = asdict(self)
        members["signature"]["inputs"] = [_terse(entry) for entry in self.signature.inputs]
        return json.dumps(members, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _with_tuples(members: Mapping[str, Any]) -> dict[str, Any]:
    return {n: tuple(v) if isinstance(v, list) else v for n, v in members.items()}


def _terse(entry: Input) -> dict[str, Any]:
    """Return the members that differ from their defaults."""
    return {f.name: v for f in fields(entry) if (v := getattr(entry, f.name)) != f.default}

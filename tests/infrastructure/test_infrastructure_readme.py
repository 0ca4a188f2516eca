"""The README of the infrastructure: every knob is in it, and every fault names its test."""

import re
from pathlib import Path

import pytest
from aws_cdk import App

from predictive_lambda.predictive_lambda_stack import PredictiveLambdaStack

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "predictive_lambda" / "README.md").read_text()


def rows(heading: str) -> list[str]:
    """Return the rows of the table below the heading."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| .*\|$", section, re.MULTILINE)[2:]


def test_every_knob_is_in_its_table() -> None:
    app = App(context={"no_knob": "1"})
    with pytest.raises(ValueError, match="The knobs are") as refused:
        PredictiveLambdaStack(app)
    knobs = str(refused.value).partition("The knobs are ")[2].rstrip(".").split(", ")
    assert sorted(re.findall(r"^\| `(\w+)`", "\n".join(rows("Knobs")), re.MULTILINE)) == knobs


def test_every_fault_names_its_test() -> None:
    faults = rows("What happens when")
    assert len(faults) > 10
    for fault in faults:
        if "| nowhere here |" not in fault:
            [[test, file]] = re.findall(r"\[`(test_\w+)`\]\(\.\./(\S+)\)", fault)
            assert f"def {test}(" in (ROOT / file).read_text(), fault

"""The infrastructure's README lists every setting, and names a test for each fault."""

import re
from pathlib import Path

import pytest

from tests.infrastructure.synthesized import synthesize

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "predictive_lambda" / "README.md").read_text()


def rows(heading: str) -> list[str]:
    """Return the rows of the tables below the heading, without their heads."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| .*\|$", section, re.MULTILINE)[2:]


def test_settings_table_is_complete() -> None:
    with pytest.raises(ValueError, match="The settings are") as rejected:
        synthesize(no_setting="1")
    settings = str(rejected.value).partition("The settings are ")[2].rstrip(".").split(", ")
    assert sorted(re.findall(r"`(\w+)`", "".join(r.split("|")[1] for r in rows("Settings")))) == (
        settings
    )


def test_every_fault_names_its_test() -> None:
    faults = rows("What happens when")
    assert len(faults) >= 9
    for fault in faults:
        if "(not tested)" not in fault:
            [[file, test]] = re.findall(r"^\| \[[^]]+\]\(\.\./(\S+)#(test_\w+)\)", fault)
            assert f"def {test}(" in (ROOT / file).read_text(), fault

"""The workflows of .github pass linters, and checks that linters lack."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in GITHUB.rglob("workflows/*")}
JOBS = {(file, name): job for file, flow in WORKFLOWS.items() for name, job in flow["jobs"].items()}
STEPS: list[dict[str, Any]] = [step for job in JOBS.values() for step in job["steps"]]


@pytest.mark.parametrize(
    "command",
    [
        ["actionlint", *map(str, GITHUB.glob("workflows/*"))],
        ["zizmor", "--offline", "--quiet", "--persona", "auditor", str(GITHUB)],
        ["check-jsonschema", "--builtin-schema", "vendor.dependabot", f"{GITHUB}/dependabot.yml"],
    ],
    ids=lambda command: command[0],
)
def test_the_linters_find_nothing(command: list[str]) -> None:
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_by_hash_with_their_version_beside_it() -> None:
    text = "\n".join(path.read_text() for path in GITHUB.glob("workflows/*"))
    uses = re.findall(r"uses: (.+)", text)
    assert len(uses) == len([step for step in STEPS if "uses" in step])
    pins = {re.fullmatch(r"([\w/-]+)@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in {*uses}}
    assert None not in pins
    assert len({pin[1] for pin in pins if pin}) == len(pins)  # one version of each


def test_a_job_has_only_the_permissions_that_it_needs() -> None:
    assert all(flow["permissions"] == {} for flow in WORKFLOWS.values())
    for job in JOBS.values():
        in_aws = any("aws-actions" in step.get("uses", "") for step in job["steps"])
        rights = {"contents": "read"} | ({"id-token": "write"} if in_aws else {})
        assert job["permissions"] == rights
        assert not in_aws or job["environment"]
    [by_hand] = [name for (name, _), job in JOBS.items() if "environment" in job]
    assert [*WORKFLOWS[by_hand][True]] == ["workflow_dispatch"]  # YAML reads the key "on" as true


def test_the_steps_are_those_of_ci_run() -> None:
    """But GitHub's runners have a container engine, and pull the real base image."""
    ci = re.findall(r"(?<=' )make .+", (ROOT / ".ci" / "run").read_text())
    runs = [step["run"] for step in JOBS["test.yml", "test"]["steps"] if "run" in step]
    assert [run for run in runs if run in ci] == ci


def test_make_targets_exist() -> None:
    makefiles = [ROOT / "Makefile", *ROOT.glob("tests/*/targets.mk")]
    text = "\n".join(file.read_text() for file in makefiles)
    targets = " ".join(re.findall(r"^([\w./ -]+):", text, re.MULTILINE)).split()
    commands = [step.get("run", "") for step in STEPS if applies(step)]
    made = [name for command in commands for name in re.findall(r"make (\S+)", command)]
    assert made and {*made} <= {*targets}


def applies(step: dict[str, Any]) -> bool:
    """Return whether the files that a step needs exist: the example may have been deleted."""
    files = re.findall(r"hashFiles\('(.+?)'\)", str(step.get("if")))
    return all((ROOT / file).exists() for file in files)

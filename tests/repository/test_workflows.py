"""The workflows of .github pass linters, and run what .ci/run and the Makefile have."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repository.test_commands import ROOT, TARGETS

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


def test_only_the_job_that_a_person_starts_may_ask_aws_for_a_role() -> None:
    rights = {key: job["permissions"] for key, job in JOBS.items()}
    assert rights.pop(("deploy.yml", "deploy")) == {"contents": "read", "id-token": "write"}
    assert all(right == {"contents": "read"} for right in rights.values())
    assert [*WORKFLOWS["deploy.yml"][True]] == ["workflow_dispatch"]  # YAML reads "on" as true


def test_the_steps_are_those_of_ci_run() -> None:
    """But GitHub's runners have a container engine, and pull the real base image."""
    ci = re.findall(r"(?<=' )make .+", (ROOT / ".ci" / "run").read_text())
    runs = [step["run"] for step in JOBS["test.yml", "test"]["steps"] if "run" in step]
    assert [run for run in runs if run in ci] == ci


def test_make_targets_exist() -> None:
    made = re.findall(r"(?<=make )[\w./-]+", "\n".join(step.get("run", "") for step in STEPS))
    assert "deploy" in made
    assert {*made} - {"bench-quick"} <= TARGETS  # this one may have been deleted with the example

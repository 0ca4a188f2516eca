"""The locks: every requirements.txt is what `make lock` writes of its requirements.in."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".", "model", "model/training", "tests")
STALE = "{}/requirements.txt is stale: it has {}=={}, and requirements.in wants {}. Run make lock."


def wanted(file: Path) -> Iterator[Requirement]:
    """Give what a requirements.in asks for, and what those ask for which it names."""
    for line in file.read_text().splitlines():
        line = re.sub(r"(^|\s+)#.*", "", line).strip()
        if line.startswith("-r "):
            yield from wanted(file.parent / line.removeprefix("-r "))
        elif line:
            yield Requirement(line)


def lock_of(folder: str) -> str:
    return (ROOT / folder / "requirements.txt").read_text()


def locked(folder: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", lock_of(folder), re.MULTILINE))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_lock_has_what_its_requirements_want(folder: str) -> None:
    versions = locked(folder)
    for requirement in wanted(ROOT / folder / "requirements.in"):
        version = versions.get(canonicalize_name(requirement.name), "nothing")
        stale = STALE.format(folder, requirement.name, version, requirement)
        assert version != "nothing" and requirement.specifier.contains(version), stale


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_lock_has_nothing_that_its_requirements_no_longer_want(folder: str) -> None:
    entries = re.split(r"^(?=\w)", lock_of(folder), flags=re.MULTILINE)[1:]
    direct = {
        entry.partition("==")[0] for entry in entries if "  -r " in entry or "via -r" in entry
    }
    names = {canonicalize_name(want.name) for want in wanted(ROOT / folder / "requirements.in")}
    assert direct == names, "Run make lock."


def test_all_locks_have_the_same_versions() -> None:
    tests = locked("tests")
    for folder in FOLDERS:
        assert locked(folder).items() <= tests.items(), folder


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_lock_has_a_hash_of_everything_and_no_address(folder: str) -> None:
    lock = lock_of(folder)
    assert "://" not in lock and "--index-url" not in lock
    for entry in re.split(r"^(?=\w)", lock, flags=re.MULTILINE)[1:]:
        assert re.match(r"[\w.-]+==\S+( ; .+)? \\\n    --hash=sha256:", entry), entry[:60]


def test_the_lock_of_npm_has_what_package_json_wants() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert lock["packages"][""]["devDependencies"] == package["devDependencies"], "Run make lock."
    for name, version in package["devDependencies"].items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert "://registry" not in json.dumps(lock)

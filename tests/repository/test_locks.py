"""Every lock pins what its .in file asks for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
IN_FILES = [file for folder in ("", "model", "tests") for file in (ROOT / folder).glob("*.in")]
IN_FILES += (ROOT / "predictive_lambda").rglob("*.in")
LOCKS = [file.with_suffix(".txt") for file in IN_FILES]
each_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.relative_to(ROOT)))


def wanted(file: Path) -> Iterator[Requirement]:
    """Yield the requirements of an .in file, and of the files that it includes."""
    for line in file.read_text().splitlines():
        line = re.sub(r"(^|\s+)#.*", "", line).strip()
        if line.startswith("-r "):
            yield from wanted(file.parent / line.removeprefix("-r "))
        elif line:
            yield Requirement(line)


def entries(lock: Path) -> dict[str, str]:
    """Return a lock's entries by the names of their packages."""
    found = re.split(r"^(?=\w)", lock.read_text(), flags=re.MULTILINE)[1:]
    return {entry.partition("==")[0]: entry for entry in found}


def versions(lock: Path) -> dict[str, str]:
    return {name: entry.split()[0].partition("==")[2] for name, entry in entries(lock).items()}


@each_lock
def test_a_lock_pins_exactly_what_its_in_file_asks_for(lock: Path) -> None:
    requirements = {canonicalize_name(r.name): r for r in wanted(lock.with_suffix(".in"))}
    direct = {name for name, entry in entries(lock).items() if re.search("(#|via) +-r ", entry)}
    assert direct == requirements.keys(), "Run make lock."
    pins = versions(lock)
    wrong = [name for name, asked in requirements.items() if pins[name] not in asked.specifier]
    assert not wrong, "Run make lock."


@each_lock
def test_a_lock_has_hashes_no_urls_and_the_tests_versions(lock: Path) -> None:
    assert versions(lock).items() <= versions(ROOT / "tests/requirements.txt").items()
    assert "://" not in lock.read_text() and "--index-url" not in lock.read_text()
    for entry in entries(lock).values():
        assert re.match(r"[\w.-]+==\S+( ; .+)? \\\n    --hash=sha256:", entry), entry[:60]


def test_dependabot_updates_all_locks() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text())["updates"]
    [pip] = [update for update in updates if update["package-ecosystem"] == "pip"]
    folders = {f"/{lock.parent.relative_to(ROOT)}".replace("/.", "/") for lock in LOCKS}
    assert {*pip["directories"]} == folders


def test_the_npm_lock_pins_what_package_json_asks_for() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert lock["packages"][""]["devDependencies"] == package["devDependencies"], "Run make lock."
    for name, version in package["devDependencies"].items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert "://registry" not in json.dumps(lock)

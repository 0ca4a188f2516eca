"""When lazy imports are on, when they are off, and what they say then."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lazy_imports.new_interpreter import MODEL

ON = "import lazy_imports, sys; print(lazy_imports.Finder in sys.meta_path)"


def run(code: str, folder: Path = MODEL / "deployment", **environment: str) -> tuple[str, str]:
    """Run the code in a new interpreter; return what it prints and what it warns of."""
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return result.stdout, result.stderr


@pytest.mark.parametrize(
    ("code", "environment", "on", "warning"),
    [
        (ON, {}, "True", ""),
        (ON, {"EAGER_IMPORT": "1"}, "False", ""),  # it is meant: nothing to warn of
        (ON, {"SCIPY_ARRAY_API": "1"}, "False", ".* SCIPY_ARRAY_API is set.*"),
        (f"import sklearn; {ON}", {}, "False", ".* scikit-learn is imported already.*"),
    ],
)
def test_they_are_on_but_for_a_reason(
    code: str, environment: dict[str, str], on: str, warning: str
) -> None:
    printed, warned = run(code, **environment)  # type: ignore[arg-type]
    assert printed == f"{on}\n"
    assert re.fullmatch(warning, warned.strip())


def test_with_other_versions_they_stay_off_and_say_so(tmp_path: Path) -> None:
    shutil.copytree(MODEL / "deployment" / "lazy_imports", tmp_path / "lazy_imports")
    tables = tmp_path / "lazy_imports" / "tables.py"
    tables.write_text(re.sub(r'"scikit-learn": "(?=\d)', '"scikit-learn": "0.', tables.read_text()))
    printed, warned = run(ON, tmp_path)
    assert printed == "False\n"
    assert re.fullmatch("Lazy imports are off: .* scikit-learn 0.* only .*\n", warned)


AGENT = """
import sys
from importlib.util import find_spec
seen = []
class Agent:  # as monitoring agents do: wraps the loader, and changes the module after it is loaded
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name in ("sklearn.metrics", "scipy.stats") and name not in seen:
            seen.append(name)
            spec = find_spec(name)
            spec.loader = Loader(spec.loader)
            return spec
class Loader:
    def __init__(self, loader):
        self.loader = loader
    def create_module(self, spec):
        return self.loader.create_module(spec)
    def exec_module(self, module):
        self.loader.exec_module(module)
        module.watched = True
"""
LAZY = "import lazy_imports"
INSERT = "sys.meta_path.insert(0, Agent)"
USE = """
import scipy.stats, sklearn.metrics
print(scipy.stats.watched, sklearn.metrics.watched, seen)
print(scipy.stats.norm.cdf(0), sklearn.metrics.r2_score([0, 1], [0, 1]))
"""


@pytest.mark.parametrize("lines", [[LAZY, INSERT], [INSERT, LAZY]], ids=["after", "before"])
def test_agents_that_watch_imports_see_them(lines: list[str]) -> None:
    printed, warned = run("\n".join([AGENT, *lines, USE]))
    assert printed == "True True ['scipy.stats', 'sklearn.metrics']\n0.5 1.0\n"
    assert warned == ""

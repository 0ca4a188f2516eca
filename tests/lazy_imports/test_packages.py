"""Lazy imports change when scikit-learn's modules are loaded, and nothing else that can be seen."""

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lazy_imports.new_interpreter import MODEL, child, on_and_off, outcome


def use_again_after_a_failure() -> list[str]:
    """Use a deferred module whose import fails, then the same when nothing is in the way."""
    optimize = importlib.import_module("scipy.optimize")
    sys.modules["scipy.optimize._minimize"] = None  # type: ignore[assignment]
    failures = [outcome(lambda: optimize.minimize)[0] for _ in range(2)]
    del sys.modules["scipy.optimize._minimize"]
    return [*failures, described(optimize.minimize)]


def test_a_first_use_that_fails_says_why_and_may_be_repeated() -> None:
    first, second, after = child(use_again_after_a_failure, lazily=True)
    assert "import of scipy.optimize._minimize halted" in first
    assert second == first
    assert "scipy.optimize._minimize" in after


def import_anew() -> list[bool]:
    """Use a deferred module, forget it, and use it again."""
    assert importlib.import_module("scipy.special").gamma(5) == 24
    for name in [name for name in sys.modules if name.startswith("scipy.special")]:
        del sys.modules[name]
    anew = importlib.import_module("scipy.special")
    return [hasattr(anew, name) for name in ("gamma", "logsumexp")]


def test_a_module_may_be_forgotten_and_imported_anew() -> None:
    assert child(import_anew, lazily=True) == [True, True]


def packages() -> list[str]:
    lazy_imports = importlib.import_module("lazy_imports")
    return sorted({*lazy_imports.RE_EXPORTING, *lazy_imports.DEFERRED})


def names_in(packages: list[str]) -> dict[str, list[str]]:
    return {package: dir(importlib.import_module(package)) for package in packages}


def surface(names: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    """Describe what can be got out of packages: the names, the star, what it lacks, the text."""
    return {
        package: surface_of(importlib.import_module(package), names[package]) for package in names
    }


def surface_of(package: Any, names: list[str]) -> dict[str, str]:
    star: dict[str, Any] = {}
    exec(f"from {package.__name__} import *", star)
    return {
        **{name: described(getattr(package, name, None)) for name in names if name[:2] != "__"},
        "from package import *": str(sorted(star)),
        "package.nonsense": outcome(lambda: package.nonsense)[0],
        "from package import nonsense": outcome(
            lambda: exec(f"from {package.__name__} import nonsense")
        )[0],
        "source": inspect.getsource(package),
    }


def described(value: Any) -> str:
    qualified = [str(getattr(value, name, "")) for name in ("__module__", "__name__")]
    return " ".join([str(type(value)), *qualified])


def test_every_package_shows_the_same_objects_and_errors() -> None:
    names = child(names_in, child(packages, lazily=False), lazily=False)
    on, off = on_and_off(surface, names)
    for package in names:
        assert on[package] == off[package], package


def modules_of_an_answer() -> list[str]:
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as in the image
    joblib = importlib.import_module("joblib")
    joblib.load(MODEL / "chipotle.pkl").predict([[39.15, -77.07]])
    return [*sys.modules]


def test_an_answer_takes_half_of_the_modules() -> None:
    on, off = on_and_off(modules_of_an_answer)
    assert len(on) < 0.6 * len(off)
    assert "scipy.stats._stats_py" in {*off} - {*on}


def test_with_other_versions_they_stay_off_and_say_so(tmp_path: Path) -> None:
    file = (MODEL / "deployment" / "lazy_imports" / "__init__.py").read_text()
    other = re.sub(r'"scikit-learn": "(?=\d)', '"scikit-learn": "0.', file)
    (tmp_path / "lazy_imports.py").write_text(other)
    code = "import lazy_imports, sys; assert lazy_imports.Finder not in sys.meta_path"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert result.stdout == ""
    assert re.fullmatch(
        "Lazy imports are off: proved only with .*scikit-learn 0.*, scipy .*, and without .*\n",
        result.stderr,
    )


def first_uses(statements: list[str]) -> dict[str, str]:
    """Run each before any other use of scikit-learn and SciPy; say what came of it."""
    import numpy  # noqa: F401  # once for all, to be quick

    return {statement: in_a_fork(statement) for statement in statements}


def in_a_fork(statement: str) -> str:
    reading, writing = os.pipe()
    if not (process := os.fork()):
        scope: dict[str, Any] = {}
        try:
            error, _ = outcome(lambda: exec(statement, scope))
            os.write(writing, f"{error} {described(scope.get('it'))}".encode())
        finally:  # even if what is imported exits
            os._exit(0)
    os.close(writing)
    with open(reading) as said:
        os.waitpid(process, 0)
        return said.read()


FIRST_USES = [
    "from scipy.spatial.distance import _validate_vector as it",  # a private name
    "from numpy.testing import _private as it",  # a private module
    "from scipy.sparse.linalg._isolve import lsqr as it",  # a function named as its module is
    "from scipy.special import gamma as it",
    "import scipy.linalg; it = scipy.linalg.interpolative",  # a module that nobody imported
    "import numpy.f2py; it = numpy.f2py.get_include",
    "import numpy.f2py; it = numpy.f2py.nonsense",  # it has a __getattr__ of its own
    "from scipy.interpolate._cubic import PchipInterpolator as it",  # where pickles look
    "from scipy.stats._kde import gaussian_kde as it",
    "from scipy.spatial.distance import cdist as it",
    "import scipy.stats; it = getattr(scipy.stats, 'norm.pdf')",
    "import sklearn.metrics; it = getattr(sklearn.metrics, 'a.b')",
    "import scipy.stats; it = scipy.stats; it.norm; it = dir(it)",
    "import scipy.stats, sys; del sys.modules['scipy.stats']; from scipy.stats import norm as it",
    "import importlib, scipy.stats as s; s.t; s.norm = 1; it = importlib.reload(s).norm",
]


def test_what_is_used_first_is_the_same() -> None:
    on, off = on_and_off(first_uses, FIRST_USES)
    assert on == off


def modules_of(packages: list[str]) -> list[str]:
    """Name the modules in the packages' folders, but for tests and set-up."""
    names = []
    for package in packages:
        [folder] = map(Path, importlib.import_module(package).__path__)
        for file in folder.rglob("*"):
            parts = (package, *file.relative_to(folder).parent.parts, file.name.partition(".")[0])
            if file.suffix in (".py", ".so") and not {"tests", "conftest", "setup"} & {*parts}:
                names.append(".".join(parts).removesuffix(".__init__"))
    return sorted({*names})


@pytest.mark.proof
def test_every_module_can_be_imported_first() -> None:
    modules = child(modules_of, ["joblib", "scipy", "sklearn"], lazily=False)
    on = child(first_uses, [f"import {module} as it" for module in modules], lazily=True)
    failed = {name: said for name, said in on.items() if said.startswith("<class")}
    assert len(on) - len(failed) > 1_000
    assert failed == child(first_uses, [*failed], lazily=False)  # a few are not for this machine

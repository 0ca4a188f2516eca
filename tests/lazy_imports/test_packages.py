"""Lazy imports change when scikit-learn's modules are loaded, and nothing else that can be seen."""

import ast
import importlib
import inspect
import pickle
import sys
from types import ModuleType
from typing import Any

import pytest

from tests.lazy_imports.new_interpreter import child, in_a_fork, on_and_off, outcome


def use_again_after_a_failure() -> list[str]:
    """Use a deferred module whose import fails, then the same when nothing is in the way."""
    spatial = importlib.import_module("scipy.spatial")
    sys.modules["scipy.spatial._procrustes"] = None  # type: ignore[assignment]
    failures = [outcome(lambda: spatial.procrustes)[0] for _ in range(2)]
    del sys.modules["scipy.spatial._procrustes"]
    return [*failures, described(spatial.procrustes)]


def test_a_first_use_that_fails_says_why_and_may_be_repeated() -> None:
    first, second, after = child(use_again_after_a_failure, lazily=True)
    assert "import of scipy.spatial._procrustes halted" in first
    assert second == first
    assert "scipy.spatial._procrustes" in after


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
    tables = importlib.import_module("lazy_imports.tables")
    return sorted({*tables.RE_EXPORTING, *tables.DEFERRED})


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
    if isinstance(value, ModuleType):  # which may be of a class of ours
        return f"module {value.__name__}"
    qualified = [str(getattr(value, name, "")) for name in ("__module__", "__name__")]
    return " ".join([str(type(value)), *qualified])


@pytest.mark.proof
def test_every_package_shows_the_same_objects_and_errors() -> None:
    names = child(names_in, child(packages, lazily=False), lazily=False)
    on, off = on_and_off(surface, names)
    for package in names:
        assert on[package] == off[package], package


def code_of_re_exporting() -> dict[str, str]:
    names = importlib.import_module("lazy_imports.tables").RE_EXPORTING
    return {name: inspect.getsource(importlib.import_module(name)) for name in names}


def test_what_re_exports_does_nothing_else() -> None:
    """A function would keep an __import__ that only records; a condition might see a record."""
    for name, code in child(code_of_re_exporting, lazily=False).items():
        kinds = {type(statement) for statement in ast.parse(code).body}
        assert kinds <= {ast.Expr, ast.Assign, ast.Import, ast.ImportFrom}, name


def a_model() -> bytes:
    """Pickle a model that answers without scipy.stats, as most do: uniform votes would call it."""
    neighbors = importlib.import_module("sklearn.neighbors")
    nearest = neighbors.KNeighborsClassifier(1, weights="distance")
    return pickle.dumps(nearest.fit([[0.0], [1.0]], [0, 1]))


def modules_of_an_answer(model: bytes) -> list[str]:
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as in the image
    pickle.loads(model).predict([[0.5]])
    return [*sys.modules]


def test_an_answer_takes_half_of_the_modules() -> None:
    on, off = on_and_off(modules_of_an_answer, child(a_model, lazily=False))
    assert len(on) < 0.6 * len(off)
    assert "scipy.stats._stats_py" in {*off} - {*on}


def first_uses(statements: list[str]) -> dict[str, str]:
    """Run each before any other use of scikit-learn and SciPy; say what came of it."""
    import numpy  # noqa: F401  # once for all, to be quick

    return {statement: in_a_fork(first_use, statement) for statement in statements}


def first_use(statement: str) -> str:
    scope: dict[str, Any] = {}
    error, _ = outcome(lambda: exec(statement, scope))
    return f"{error} {described(scope.get('it'))}"


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
    "import importlib, scipy.stats as s; it = importlib.reload(s).norm",
    "import importlib, sklearn.metrics as m; it = importlib.reload(m).roc_curve; dir(m); m.no",
    "import scipy.stats as s; s.norm = None; s.t; it = s.norm",
    "import scipy.stats as s; del s.norm; s.t; it = s.norm",
    "import sys, types, scipy.stats as s; s.norm = types.ModuleType('other'); it = s.norm",
    # Pickles and filters name modules inside; importing them first must not make them twice.
    "from scipy.interpolate._cubic import PchipInterpolator as p; import scipy.interpolate; "
    "assert p is scipy.interpolate.PchipInterpolator; import pickle; pickle.dumps(p)",
    "from numpy.polynomial.chebyshev import Chebyshev as c; import numpy; "
    "it = c([1]) + numpy.polynomial.Chebyshev([1])",
    "from scipy.stats._distn_infrastructure import rv_frozen; import scipy.stats; "
    "assert isinstance(scipy.stats.norm(0), rv_frozen)",
    "from scipy.linalg._misc import LinAlgWarning as w; import warnings, scipy.linalg; "
    "warnings.simplefilter('error', w); scipy.linalg.solve([[1, 1], [1, 1 + 1e-16]], [1, 1])",
    # The first use may come where sys.modules is not itself.
    "import scipy.stats as s; from unittest.mock import patch; import sys\n"
    "with patch.dict(sys.modules): del sys.modules['scipy.stats']; it = s.norm",
    "import sys, sklearn.metrics as m; from unittest.mock import patch\n"
    "with patch('sklearn.metrics.roc_curve', 1): pass\nit = m.roc_curve",
]


@pytest.mark.proof
def test_what_is_used_first_is_the_same() -> None:
    on, off = on_and_off(first_uses, FIRST_USES)
    assert on == off

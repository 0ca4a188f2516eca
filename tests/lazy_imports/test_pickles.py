"""What was pickled without lazy imports loads with them, and is pickled again, as without."""

import importlib
import pickle
import re
import warnings
from typing import Any

import pytest

from tests.lazy_imports.new_interpreter import child, in_a_fork, on_and_off

OBJECTS = [
    "numpy.ma.array([1, 2], mask=[0, 1])",
    "numpy.polynomial.Chebyshev([1, 2])",
    "scipy.interpolate.PchipInterpolator([0, 1, 3], [0, 2, 3])",
    "scipy.linalg.LinAlgWarning('x')",
    "scipy.optimize.OptimizeResult(x=1)",
    "scipy.spatial.cKDTree([[0.0], [1.0]])",
    "scipy.special.gamma",
    "scipy.stats.gaussian_kde([1.0, 2.0, 4.0])",
    "sklearn.linear_model.Ridge()",
]


def made(expression: str) -> Any:
    package = re.match(r"\w+\.\w+", expression)[0]  # type: ignore[index]
    importlib.import_module(package)
    return eval(
        expression, {name: importlib.import_module(name) for name in package.split(".")[:1]}
    )


def pickled(expressions: list[str]) -> dict[str, str]:
    return {expression: pickle.dumps(made(expression)).hex() for expression in expressions}


def all_pickled_again(pickles: dict[str, str]) -> dict[str, list[Any]]:
    importlib.import_module("numpy")  # once for all, to be quick
    return {name: in_a_fork(pickled_again, name, written) for name, written in pickles.items()}


def pickled_again(expression: str, written: str) -> list[Any]:
    """Return the class, whether it is the public one, and the second pickle."""
    warnings.simplefilter("ignore")
    loaded = pickle.loads(bytes.fromhex(written))
    again = pickle.dumps(loaded)
    kind = type(loaded)
    return [str(kind), kind is type(made(expression)), loaded is made(expression), again.hex()]


@pytest.mark.proof
def test_pickles_made_without_are_the_same_with() -> None:
    on, off = on_and_off(all_pickled_again, child(pickled, OBJECTS, lazily=False))
    for expression, (kind, public, itself, again) in on.items():
        assert public, f"{expression}: {kind} is another class"
        # A ufunc does not say where it is from: its pickle may name another module.
        if expression == "scipy.special.gamma":
            assert itself
        else:
            assert [kind, public, itself, again] == off[expression], expression

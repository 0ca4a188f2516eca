"""With lazy imports, threads that import modules and use their packages do not wait for ever."""

import importlib
import random
import sys
import threading
import time

import pytest

from tests.lazy_imports.new_interpreter import child, in_a_fork

STUCK = 20  # seconds, of which a process needs one
PAIRS = [  # a module inside that one thread imports, a name that the other uses
    ("scipy.stats._distn_infrastructure", "scipy.stats", "norm"),
    ("scipy.interpolate._cubic", "scipy.interpolate", "BSpline"),
    ("sklearn.linear_model._ridge", "scipy.linalg", "lstsq"),
    ("numpy.polynomial.chebyshev", "numpy.polynomial", "Polynomial"),
    ("scipy.linalg._misc", "scipy.linalg", "solve"),
    ("scipy.optimize._minimize", "scipy.optimize", "minimize"),
    ("scipy.sparse.csgraph._shortest_path", "scipy.sparse.csgraph", "dijkstra"),
    ("scipy.sparse.linalg._isolve.lsqr", "scipy.sparse.linalg", "eigsh"),
    ("scipy.spatial._ckdtree", "scipy.spatial", "cKDTree"),
    ("scipy.spatial.transform._rotation", "scipy.spatial.distance", "cdist"),
    ("scipy.special._orthogonal", "scipy.special", "gamma"),
    ("scipy.stats._stats", "scipy.special", "logsumexp"),
    ("scipy.special._basic", "scipy.stats", "norm"),
    ("scipy.integrate._quadrature", "scipy.special", "gamma"),
    ("sklearn.metrics._ranking", "scipy.stats", "rankdata"),
]


def that_wait(pairs: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Leave out packages that do not wait: without lazy imports, most of these pairs fail."""
    deferred = importlib.import_module("lazy_imports.tables").DEFERRED
    return [pair for pair in pairs if pair[1] in deferred]


def both_ways(pairs: list[tuple[str, str, str]], delays: list[float]) -> list[str]:
    """Import and use at once, each in a process of its own; return what went wrong."""
    importlib.import_module("numpy")  # once for all, to be quick
    return [
        wrong
        for pair in that_wait(pairs)
        for delay in delays
        for wrong in in_a_fork(at_once, [pair], delay, seconds=STUCK)
    ]


def at_once(pairs: list[tuple[str, str, str]], delay: float) -> list[str]:
    """Begin the imports, and the uses by that many seconds later (or earlier, if negative)."""
    sys.setswitchinterval(1e-6)
    wrong = []

    def wait_and_get(seconds: float, module: str, name: str) -> None:
        time.sleep(max(seconds, 0))
        try:
            getattr(importlib.import_module(module), name)
        except BaseException as error:
            wrong.append(f"{module}.{name}: {type(error)} {error}")

    threads = [
        threading.Thread(target=wait_and_get, args=arguments)
        for inside, module, name in pairs
        for arguments in ((-delay, inside, "__doc__"), (delay, module, name))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.proof
def test_a_module_inside_may_be_imported_while_its_package_is_used_first() -> None:
    assert child(both_ways, PAIRS[:3], [0.0], lazily=True) == []


@pytest.mark.proof
def test_no_pair_of_threads_waits_for_ever() -> None:
    delays = [step * 0.01 for step in range(-12, 13)]
    assert child(both_ways, PAIRS, delays, lazily=True) == []


def many_at_random(seeds: list[int]) -> list[str]:
    importlib.import_module("numpy")
    ends = []
    for seed in seeds:
        pairs = random.Random(seed).choices(that_wait(PAIRS), k=12)  # 24 threads
        ends += in_a_fork(at_once, pairs, 0.0, seconds=STUCK)
    return ends


@pytest.mark.proof
def test_no_24_threads_wait_for_ever() -> None:
    assert child(many_at_random, [*range(300)], lazily=True) == []

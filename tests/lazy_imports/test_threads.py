"""With lazy imports, threads that use the same modules for the first time get the same, and end."""

import importlib
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.lazy_imports.new_interpreter import child, in_a_fork


def first_use(names: list[tuple[str, str]]) -> list[str]:
    """Use names of deferred modules for the first time, all at once, each in several threads."""
    modules = {module: importlib.import_module(module) for module, _ in names}
    sys.setswitchinterval(1e-6)
    start = threading.Barrier(4 * len(names))

    def get(module: str, name: str) -> int:
        start.wait()
        return id(getattr(modules[module], name))

    with ThreadPoolExecutor(start.parties) as threads:
        got = [[threads.submit(get, *name) for _ in range(4)] for name in names]
        return [
            str(name)
            for name, ids in zip(names, got, strict=True)
            if len({i.result() for i in ids}) > 1
        ]


@pytest.mark.proof
def test_threads_get_one_and_the_same_object() -> None:
    names = [
        ("scipy.interpolate", "BSpline"),
        ("scipy.linalg", "lstsq"),
        ("scipy.optimize", "minimize"),
        ("scipy.sparse.csgraph", "dijkstra"),
        ("scipy.sparse.linalg", "eigsh"),
        ("scipy.spatial", "cKDTree"),
        ("scipy.special", "gamma"),
        ("scipy.stats", "norm"),
        ("sklearn.linear_model", "Ridge"),
        ("sklearn.metrics", "roc_curve"),
    ]
    for start in range(0, len(names), 5):  # another comes first each time
        assert child(first_use, names[start:] + names[:start], lazily=True) == []


class Slow:
    """A finder that finds nothing, and takes its time for one module."""

    begun = threading.Event()

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> None:
        if name == "sklearn.linear_model._ridge":
            cls.begun.set()
            time.sleep(0.5)


def threads_that_wait_for_each_other() -> list[bool]:
    """Import a module in one thread, as unpickling does, and use a name of it in another."""
    linear_model = importlib.import_module("sklearn.linear_model")
    sys.meta_path.insert(0, Slow)
    calls = [
        lambda: importlib.import_module("sklearn.linear_model._ridge"),
        lambda: Slow.begun.wait() and linear_model.Ridge,
    ]
    threads = [threading.Thread(target=call, daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [thread.is_alive() for thread in threads]


def test_a_thread_that_imports_and_one_that_uses_do_not_wait_for_ever() -> None:
    assert child(threads_that_wait_for_each_other, lazily=True) == [False, False]


def a_package_that_is_just_made() -> bool:
    """Import a module inside while another thread is about to give the package's loader back."""
    waiting = importlib.import_module("lazy_imports.waiting")
    begun, imported = threading.Event(), threading.Event()
    give_back = waiting.Deferred.exec_module

    def slow(self: object, module: object) -> None:
        begun.set()
        imported.wait(timeout=5)
        give_back(self, module)

    waiting.Deferred.exec_module = slow
    thread = threading.Thread(target=importlib.import_module, args=("numpy.polynomial",))
    thread.start()
    begun.wait()
    waiting.Deferred.exec_module = give_back
    inside = importlib.import_module("numpy.polynomial.chebyshev")
    imported.set()
    thread.join()
    return type(inside) is waiting.Waiting


def test_a_module_inside_waits_from_the_moment_that_its_package_is_there() -> None:
    """Else one thread runs it and waits for the package, and another the other way round."""
    assert child(a_package_that_is_just_made, lazily=True)


def a_fork_amid_a_run() -> float:
    """Copy this process while a thread of it runs a module; use the module in the copy."""
    stats = importlib.import_module("scipy.stats")
    begun = threading.Event()

    def slow(event: str, arguments: tuple[object, ...]) -> None:
        if event == "exec" and "_stats_py.py" in str(arguments[0]):
            begun.set()
            time.sleep(0.5)

    sys.addaudithook(slow)
    thread = threading.Thread(target=lambda: stats.norm)
    thread.start()
    begun.wait()
    answer: float = in_a_fork(lambda: stats.norm.cdf(0))
    thread.join()
    return answer


@pytest.mark.proof
def test_a_copy_of_a_process_runs_what_another_thread_had_begun() -> None:
    assert child(a_fork_amid_a_run, lazily=True) == 0.5


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

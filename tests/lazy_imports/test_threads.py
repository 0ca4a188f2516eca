"""With lazy imports, threads that use the same modules for the first time get the same, and end."""

import importlib
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

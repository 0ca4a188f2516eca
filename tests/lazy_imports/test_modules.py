"""Whichever module is imported first, each runs once, and all hold the same objects."""

import importlib
import sys
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import pytest

from tests.lazy_imports.new_interpreter import child, in_a_fork

PACKAGES = ["joblib", "numpy", "scipy", "sklearn"]
SAMPLE = [
    "numpy.polynomial.chebyshev",
    "scipy.interpolate._cubic",
    "scipy.linalg._misc",
    "scipy.sparse.csgraph._shortest_path",
    "scipy.spatial._ckdtree",
    "sklearn.linear_model._ridge",
]
Said = dict[str, list[str]]


def modules_of(packages: list[str]) -> list[str]:
    """Name the modules in the packages' folders, but for tests and set-up."""
    names = []
    for package in packages:
        [folder] = map(Path, importlib.import_module(package).__path__)
        for file in folder.rglob("*"):
            parts = (package, *file.relative_to(folder).parent.parts, file.name.partition(".")[0])
            if file.suffix in (".py", ".so") and not {"test", "tests", "conftest", "setup"} & {
                *parts
            }:
                names.append(".".join(parts).removesuffix(".__init__"))
    return sorted({*names} - {"sklearn.__main__", "numpy.f2py.__main__"})


def objects_of(modules: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Say of each module, imported plainly, where else its classes and functions are held.

    Modules that this machine cannot import are left out.
    """
    warnings.simplefilter("ignore")
    held: dict[str, list[tuple[str, str]]] = {}
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception:
            continue
        held[name] = []
    for name, places in held.items():
        parts = name.split(".")
        packages = [".".join(parts[:length]) for length in range(1, len(parts))]
        for attribute, value in [*vars(sys.modules[name]).items()]:
            if isinstance(value, type | FunctionType) and not attribute.startswith("__"):
                for holder in {*packages, str(value.__module__)} & {*sys.modules}:
                    if vars(sys.modules[holder]).get(attribute) is value:
                        places.append((holder, attribute))
    return held


def first_imports(held: dict[str, list[tuple[str, str]]]) -> dict[str, Said]:
    """Import each module first, in a process of its own; return what is wrong, and who waits."""
    importlib.import_module("numpy")  # once for all, to be quick
    return {name: in_a_fork(watched, name, places) for name, places in held.items()}


def watched(name: str, places: list[tuple[str, str]]) -> Said:
    warnings.simplefilter("ignore")
    runs: Counter[str] = Counter()
    waits: set[tuple[str, str]] = set()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec" and getattr(arguments[0], "co_name", "") == "<module>":
            runs[arguments[0].co_filename] += 1  # "<string>" is what namedtuple makes
        if event in ("exec", "import"):
            waits.update(pairwise(locks(sys._getframe())))

    sys.addaudithook(watch)
    try:
        module = importlib.import_module(name)
        assert vars(module)
        wrong = [
            f"{name} first: {holder}.{attribute} is another"
            for holder, attribute in places
            if getattr(importlib.import_module(holder), attribute) is not getattr(module, attribute)
        ]
    except BaseException as error:
        wrong = [f"{name} first: {type(error)} {error}"]
    wrong += [
        f"{name} first: {file} ran {n} times"
        for file, n in runs.items()
        if n > 1 and file[0] != "<"
    ]
    return {"wrong": wrong, "waits": [" ".join(pair) for pair in waits]}


def locks(frame: FrameType | None) -> list[str]:
    """Name the locks that this thread holds, the last one first: of imports, and of runs."""
    held = []
    called = ""
    while frame:
        code = frame.f_code
        if code.co_name == "_find_and_load":
            held.append(frame.f_locals["name"])
        elif code.co_name == "run" and "lazy_imports" in code.co_filename and called != "run":
            held.append(f"{frame.f_locals['module'].__name__}:run")  # else it is its package's turn
        called = code.co_name
        frame = frame.f_back
    return held


def check(modules: list[str]) -> dict[str, Said]:
    held = child(objects_of, modules, lazily=False)
    parts = [dict([*held.items()][start::2]) for start in range(2)]
    with ThreadPoolExecutor(2) as both:
        one, two = both.map(lambda part: child(first_imports, part, lazily=True), parts)
    said: dict[str, Said] = one | two
    failed = {name: held[name] for name, of_one in said.items() if of_one["wrong"]}
    plainly = child(first_imports, failed, lazily=False)  # some never can be first
    wrong = [line for n in failed if not plainly[n]["wrong"] for line in said[n]["wrong"]]
    assert wrong == [], "\n".join(wrong)
    # Two threads cannot wait for each other where the order of all locks is one and the same. Of
    # circles, only those with a lock of ours count: imports have some of their own, which plain
    # ones have, too (sklearn.tree._criterion), and Python finds them.
    order: dict[str, set[str]] = {}
    for first, then in {
        tuple(pair.split()) for of_one in said.values() for pair in of_one["waits"]
    }:
        if not then.startswith(f"{first}."):  # Python imports a package while it holds the module
            order.setdefault(first, set()).add(then)
    ours = [lock for lock in order if lock.endswith(":run")]
    assert [lock for lock in ours if lock in taken_after(lock, order)] == []
    return said


def taken_after(lock: str, order: dict[str, set[str]]) -> set[str]:
    """Return all locks that a thread may come to want while it holds this one."""
    found: set[str] = set()
    new = {lock}
    while new:
        new = {then for first in new for then in order.get(first, ())} - found
        found |= new
    return found


@pytest.mark.proof
def test_modules_imported_first_run_once_and_hold_the_same_objects() -> None:
    assert len(check(SAMPLE)) == len(SAMPLE)


@pytest.mark.proof
def test_every_module_imported_first_runs_once_and_holds_the_same_objects() -> None:
    modules = child(modules_of, PACKAGES, lazily=False)
    assert len(check(modules)) > 1_000

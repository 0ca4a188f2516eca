"""Whichever module is imported first, each runs once, and all hold the same objects."""

import importlib
import sys
import warnings
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
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
            if file.suffix in (".py", ".so") and not {"tests", "conftest", "setup"} & {*parts}:
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
    holding: set[str] = set()
    wanted: set[str] = set()

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "exec" and getattr(arguments[0], "co_name", "") == "<module>":
            runs[arguments[0].co_filename] += 1  # "<string>" is what namedtuple makes
        if event in ("exec", "import"):
            outside, inside = imports(sys._getframe())
            holding.update(outside)
            wanted.update(inside)

    sys.addaudithook(watch)
    try:
        module = importlib.import_module(name)
        assert vars(module)
        wrong = [
            f"{name} first: {holder}.{attribute} is another"
            for holder, attribute in places
            if getattr(importlib.import_module(holder), attribute) is not vars(module)[attribute]
        ]
    except BaseException as error:
        wrong = [f"{name} first: {type(error)} {error}"]
    wrong += [
        f"{name} first: {file} ran {n} times"
        for file, n in runs.items()
        if n > 1 and file[0] != "<"
    ]
    return {"wrong": wrong, "holding": [*holding], "wanted": [*wanted]}


def imports(frame: FrameType | None) -> tuple[set[str], set[str]]:
    """Name the modules whose import is under way: outside the use that runs a module, and inside.

    Python holds the lock of each. Outside and inside are empty where no use runs a module.
    """
    outside: set[str] = set()
    inside: set[str] = set()
    while frame:
        if frame.f_code.co_name == "_find_and_load":
            outside.add(frame.f_locals["name"])
        elif frame.f_code.co_name == "run" and "lazy_imports" in frame.f_code.co_filename:
            inside |= outside
            outside = set()
        frame = frame.f_back
    return (outside, inside) if inside else (set(), set())


def check(modules: list[str]) -> dict[str, Said]:
    held = child(objects_of, modules, lazily=False)
    parts = [dict([*held.items()][start::2]) for start in range(2)]
    with ThreadPoolExecutor(2) as both:
        one, two = both.map(lambda part: child(first_imports, part, lazily=True), parts)
    said: dict[str, Said] = one | two
    wrong = [line for of_one in said.values() for line in of_one["wrong"]]
    assert wrong == [], "\n".join(wrong)
    # Else two threads might wait for each other: one holds Python's lock of a module and waits for
    # its turn to run another, one has its turn and waits for that lock.
    holding = {name for of_one in said.values() for name in of_one["holding"]}
    wanted = {name for of_one in said.values() for name in of_one["wanted"]}
    assert holding & wanted == set()
    return said


@pytest.mark.proof
def test_modules_imported_first_run_once_and_hold_the_same_objects() -> None:
    assert len(check(SAMPLE)) == len(SAMPLE)


@pytest.mark.proof
def test_every_module_imported_first_runs_once_and_holds_the_same_objects() -> None:
    modules = child(modules_of, PACKAGES, lazily=False)
    assert len(check(modules)) > 1_000

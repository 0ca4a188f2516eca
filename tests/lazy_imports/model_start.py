"""A model's start with certain tables: which packages run, which wait, and what that takes."""

import importlib
import sys
from collections import Counter
from copy import deepcopy
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from tests.lazy_imports.new_interpreter import child, in_a_fork

MOST_NEEDED = 12  # names and modules that a package makes a start need; with more, it needs it all


class Tables(NamedTuple):
    """What tables.py has but the versions."""

    re_exporting: set[str]
    deferred: set[str]
    independent: set[str]
    known: dict[str, str]


class Broken(Exception):
    """A module cannot wait."""


class Stopped(BaseException):  # no module that tries an import catches it
    """A module is used that should wait."""


class Start(NamedTuple):
    """What a model's start takes plainly, and what has run and what waits after a lazy one.

    Victims run because other packages need them.
    """

    ms: dict[str, float]
    ran: set[str]
    waits: set[str]
    victims: set[str]

    @property
    def ran_ms(self) -> dict[str, float]:
        return {name: ms for name, ms in self.ms.items() if name in self.ran}

    def left_out(self, name: str) -> float:
        return 0 if name in self.ran else self.ms.get(name, 0)


def start_of(root: Path, ms: dict[str, float], tables: Tables, looks: bool = False) -> Start:
    """Start a model with the tables; the packages that it needs may run.

    If it looks, it changes the tables until fewer do. Raises Broken with the name of a module that
    cannot run when its turn comes.
    """
    before = deepcopy(tables)
    needed: set[str] = set()
    victims: set[str] = set()
    caused: Counter[str] = Counter()
    while True:
        said = child(answered, root, tables, needed, lazily=False)
        for name in said["broken"]:
            raise Broken(name)
        if not said["use"]:
            return Start(ms, {*said["ran"]}, {*said["waits"]}, victims)
        use, user = said["use"]
        package = package_of(use, tables.deferred)
        cause = package_of(f"{user}.", before.deferred) or package  # what made the user run
        caused[cause] += 1
        if looks and caused[cause] <= MOST_NEEDED and resolve(use, tables):
            continue
        if cause != package and cause in needed:
            victims.add(package)
            cause = package
        needed.add(cause)
        fill(tables, before)
        caused.clear()


def fill(tables: Tables, before: Tables) -> None:
    held: Any
    for held, old in zip(tables, before, strict=True):
        held.clear()
        held.update(old)


def package_of(name: str, packages: set[str]) -> str:
    """Name the innermost of the packages that has the name inside; "" if none has."""
    return max((p for p in packages if name.startswith(f"{p}.")), key=len, default="")


def answered(root: Path, tables: Tables, needed: set[str]) -> dict[str, list[str]]:
    """Answer the model's example with these tables, unless a module runs that should wait.

    Packages that are needed may run, and what these use, too. At the end, each module that waits is
    run in a process of its own: those that cannot are broken.
    """
    sys.path.insert(0, str(root))
    lazy_imports: Any = importlib.import_module("lazy_imports")
    table, waiting = lazy_imports.tables, lazy_imports.waiting
    held = Tables(table.RE_EXPORTING, table.DEFERRED, table.INDEPENDENT, table.KNOWN)
    fill(held, tables)
    waiting.WITHOUT_PACKAGE = tables.independent | tables.deferred
    sys.meta_path[:] = [f for f in sys.meta_path if f is not lazy_imports.Finder]
    sys.meta_path.insert(0, lazy_imports.Finder)
    run = waiting.run
    uses: list[str] = []
    running: list[str] = []

    def watch(module: Any) -> None:
        name: str = module.__name__
        package = package_of(f"{name}.", tables.deferred)
        if loaded or running or package in needed or module not in waiting.waiting:
            running.append(package)
            run(module)
            running.pop()
            return
        frame: Any = sys._getframe(1)
        attribute = frame.f_locals["name"]
        while (user := str(frame.f_globals.get("__name__"))).startswith(
            ("importlib", "lazy_imports")
        ):
            frame = frame.f_back
        uses.extend([f"{name}.{attribute}" if name in tables.deferred else name, user])
        raise Stopped

    waiting.run, loaded, broken = watch, False, []
    try:
        app = importlib.import_module("app")
        loaded = True
        query = {name: str(value) for name, value in app.MODEL.example.items()}
        app.lambdaHandler({"queryStringParameters": query}, None)
        broken = [m.__name__ for m in waiting.waiting if in_a_fork(breaks, m)]
    except BaseException:  # modules in C make another of it
        if not (uses or running):
            raise
        broken = [] if uses else running[:1]
    waits = {module.__name__ for module in waiting.waiting}
    ran = [*({*sys.modules} - waits)]
    return {"use": uses[:2], "broken": broken, "ran": ran, "waits": [*waits]}


def breaks(module: Any) -> bool:
    try:
        dir(module)
    except Exception:
        return True
    return False


def resolve(use: str, tables: Tables) -> bool:
    """Change the tables so that a use runs no package; return whether that can be."""
    package = package_of(use, tables.deferred)
    source = child(source_of, package, use.removeprefix(f"{package}."), lazily=False)
    print(f"{use}: {source}", flush=True)
    if source is None or use in {*tables.independent, *tables.known}:
        if not package_of(package, tables.deferred):
            return False
        tables.deferred.discard(package)  # inside another, which it may do without
        tables.independent.add(package)
    elif source == use and is_loaded_by(SourceFileLoader, use) and use not in tables.deferred:
        tables.deferred.add(use)
    else:
        tables.independent.add(source)
        if source != use:
            tables.known[use] = source
    return True


def is_loaded_by(loader: type, module: str) -> bool:
    return isinstance(getattr(find_spec(module), "loader", None), loader)


def source_of(package: str, name: str) -> str | None:
    """Name the module inside that defines a name, or is it; None if there is no such module."""
    full = f"{package}.{name}"
    module = importlib.import_module(package)
    if not hasattr(module, name) or (hasattr(module, "__path__") and find_spec(full)):
        return full
    value = getattr(module, name)
    holders = [
        holder
        for holder, held in sys.modules.items()
        if holder.startswith(f"{package}.") and vars(held).get(name) is value
    ]
    named = getattr(value, "__module__", None)
    return min(
        holders, key=lambda h: (h != named, not is_loaded_by(ExtensionFileLoader, h)), default=None
    )

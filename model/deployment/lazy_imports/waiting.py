"""A module that has been found, and runs when it is used."""

import os
from importlib import _bootstrap, import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from sys import modules
from threading import get_ident
from types import ModuleType
from typing import Any, cast

from lazy_imports.tables import DEFERRED, INDEPENDENT, KNOWN

# What Python's import reads and sets of a module is no use of it.
OF_IMPORT = {"__class__", "__name__", "__package__", "__spec__", "__loader__", "__path__"}
OF_IMPORT |= {"__file__", "__cached__"}
WITHOUT_PACKAGE = INDEPENDENT | DEFERRED
waiting: "dict[ModuleType, Deferred]" = {}
# Python's lock of an import, for a run: a thread that would wait for itself goes on, as in imports.
Lock, WouldWaitForEver = cast(Any, _bootstrap)._ModuleLock, cast(Any, _bootstrap)._DeadlockError


class Waiting(ModuleType):
    """A module that has not run. Its first use runs it."""

    def __getattribute__(self, name: str) -> Any:
        if name not in OF_IMPORT and not known(self, name):
            run(self)
        return ModuleType.__getattribute__(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        by_import = isinstance(value, ModuleType) and value.__name__ == f"{self.__name__}.{name}"
        if name not in OF_IMPORT and not by_import:
            run(self)
        ModuleType.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        run(self)
        ModuleType.__delattr__(self, name)


class Exchanged:
    """A loader in the place of a module's own one, until the module is made."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def give_back(self, module: ModuleType) -> None:
        module.__loader__ = cast(ModuleSpec, module.__spec__).loader = self.loader


class Deferred(Exchanged):
    """Lets a module wait, from the moment that other threads can see it."""

    def __init__(self, loader: Any, package: ModuleType | None) -> None:
        super().__init__(loader)
        self.package, self.lock, self.runner = package, Lock(loader.name), 0

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module: ModuleType = self.loader.create_module(spec) or ModuleType(spec.name)
        if type(module) is ModuleType:
            waiting[module], module.__class__ = self, Waiting
        else:  # it has a class of its own, and does not wait
            spec.loader = self.loader
        return module

    exec_module = Exchanged.give_back


def run(module: ModuleType) -> None:
    """Run a module after its package, unless another thread or the package has."""
    deferred = waiting.get(module)
    if not deferred or deferred.runner == get_ident():
        return
    run(cast(ModuleType, deferred.package))  # first, if it waits
    try:
        deferred.lock.acquire()
    except WouldWaitForEver:
        return
    try:
        if module in waiting:
            deferred.runner = get_ident()
            deferred.loader.exec_module(module)
            del waiting[module]
            ran: set[ModuleType] = set()  # modules inside, which may set names in the package
            while inside := {m for m, its in [*waiting.items()] if its.package is module} - ran:
                for imported in inside:
                    run(imported)
                ran |= inside
    finally:  # if it has failed, the next use tries again
        if module not in waiting and type(module) is Waiting:  # it has set no class of its own
            cast(Any, module).__class__ = ModuleType
        deferred.runner = 0
        deferred.lock.release()


def forget_other_threads() -> None:
    """Let a new process begin anew what other threads of the old one have begun to run."""
    for deferred in waiting.values():
        if deferred.runner not in (0, get_ident()):
            deferred.lock, deferred.runner = Lock(deferred.loader.name), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forget_other_threads)


def known(module: ModuleType, name: str) -> bool:
    """Say whether a name can be had without the module, and see to it that it is there."""
    full = f"{module.__name__}.{name}"
    if source := KNOWN.get(full):
        value = getattr(import_module(source), name)
    elif full not in WITHOUT_PACKAGE:
        return False
    elif not (full in modules or find_spec(full)):
        return True  # then Python finds that there is no such name
    else:
        value = import_module(full)
    ModuleType.__getattribute__(module, "__dict__").setdefault(name, value)
    return True

"""A package whose __init__ only imports names from modules inside: each waits for its first use."""

import builtins
from importlib import import_module
from importlib.util import find_spec, resolve_name
from types import ModuleType, SimpleNamespace
from typing import Any, cast

from lazy_imports.waiting import Exchanged


class Place(tuple[str, str]):
    """Where a name is defined: module, name in it."""


places: dict[ModuleType, dict[str, Place]] = {}


class ReExports(ModuleType):
    """A package that has run, but for its imports from modules inside."""

    def __getattr__(self, name: str) -> Any:
        source, original = places[self].get(name, (self.__name__, name))
        if source != self.__name__:
            value = getattr(import_module(source), original)
        elif original.isidentifier() and find_spec(f"{source}.{original}"):
            value = import_module(f"{source}.{original}")
        else:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return vars(self).setdefault(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *places[self]})


class Scope:
    """What an __init__ sets goes into its namespace, but where it is only recorded."""

    def __init__(self, module: ModuleType) -> None:
        self.namespace, self.places = vars(module), places[module]

    def __getitem__(self, name: str) -> object:
        return self.namespace[name]

    def __setitem__(self, name: str, value: object) -> None:
        if isinstance(value, Place):
            self.places[name] = value
        else:
            self.namespace[name] = value


class ReExporting(Exchanged):
    """Runs an __init__, but records what it imports from modules inside."""

    def exec_module(self, module: ModuleType) -> None:
        def record(name: str, scope: Any, local: Any, names: Any, level: int) -> object:
            source = resolve_name("." * level + name, module.__name__)
            if names and "*" not in names and f"{source}.".startswith(f"{module.__name__}."):
                return SimpleNamespace(**{name: Place((source, name)) for name in names})
            return __import__(name, namespace, namespace, names, level)

        self.give_back(module)
        places[module] = {}
        module.__class__ = ReExports
        namespace = vars(module)
        namespace["__builtins__"] = vars(builtins)
        # (No function is defined in such an __init__, or it would keep this scope.)
        scope = {**namespace, "__builtins__": {**vars(builtins), "__import__": record}}
        exec(self.loader.get_code(module.__name__), scope, cast(Any, Scope(module)))

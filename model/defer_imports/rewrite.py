"""Rewrite a module so that it defers imports, keeping every line number."""

import ast
import sys
from collections.abc import Collection, Mapping
from importlib.machinery import SourceFileLoader
from importlib.util import resolve_name
from types import ModuleType
from typing import Any, TypeVar

from defer_imports.names import names_in

Source = tuple[str, str]  # what `from module import name` names; no name means the module itself
Import = ast.Import | ast.ImportFrom
Node = TypeVar("Node", bound=ast.AST)
# Threads that import modules in circles get in each other's way, so one imports at a time.
# The time limit resolves a deadlock: a waiting thread may hold Python's own lock of a module.
GETATTR = """
__deferred__ = {sources}
def __import_deferred__(name):
    if name == '__path__':  # imports inside functions ask for it each time
        raise AttributeError(name)
    if name in __deferred__:
        import importlib, sys, threading
        lock = sys.__dict__.setdefault('_deferred_imports', threading.RLock())
        locked = lock.acquire(timeout=5)
        try:
            module, inside = __deferred__[name]
            value = importlib.import_module(module)
            return globals().setdefault(name, getattr(value, inside) if inside else value)
        finally:
            if locked:
                lock.release()
    if name == '__all__':
        return [n for n in {{*globals(), *__deferred__}} if not n.startswith('_')]
    if '__own_getattr__' in globals():
        return __own_getattr__(name)
    raise AttributeError(f'module {{__name__!r}} has no attribute {{name!r}}')
__getattr__ = __import_deferred__
def __dir__():
    return sorted({{*globals(), *__deferred__}})
if __getattr__ is not __import_deferred__:  # at the module's end, which may have defined its own
    __own_getattr__, __getattr__ = __getattr__, __import_deferred__
"""


class Rewriting(ast.NodeTransformer):
    """One module, rewritten: its new syntax tree, and where its deferred names come from.

    A name that only functions use is imported when one of them first reads it, and one that is
    only passed on (by a package or an `__all__`) when it is first asked for. `sys.modules` has
    what plain imports load. Names that are `in_use` keep their place. Raises ValueError if the
    module is to be left alone.
    """

    def __init__(self, source: bytes, module: ModuleType, in_use: Collection[str] = ()) -> None:
        self.module, self.attributes, self.in_use = module, vars(module), in_use
        if b"numba" in source:
            raise ValueError("it mentions numba, which may compile its functions")
        if type(self.attributes.get("__loader__")) is not SourceFileLoader:
            raise ValueError("its own loader may change its source")
        self.is_package = "__path__" in self.attributes
        self.tree = tree = ast.parse(source)
        tree.body = [new for node in tree.body for new in self.written_out(node)]
        self.read, self.early, self.bound = names_in(tree)
        self.sources = self.submodules()
        for node in tree.body:
            if isinstance(node, Import):
                self.defer(node)
        tree.body = [node for node in tree.body if getattr(node, "names", True)]
        self.visit(tree)
        self.add_getattr(tree.body)

    def written_out(self, node: ast.stmt) -> list[ast.stmt]:
        """Write out the names that a computed `__all__` or a package's star import would load."""
        texts = []
        match node:
            case ast.ImportFrom(names=[ast.alias("*")]) if self.is_package:
                there = self.absolute(node)
                if names := attributes(there).get("__all__"):
                    texts = [f"from {there} import {', '.join(names)}"]
            case ast.Assign([ast.Name("__all__")], value) if "__all__" in self.attributes:
                match value:  # a function that copies another module's names
                    case ast.Call(args=[ast.Constant(str(there)), ast.Call(ast.Name("globals"))]):
                        texts = [f"from {there} import {', '.join(self.shared(there))}"]
                texts += [f"__all__ = {self.attributes['__all__']!r}"]
        return [at(node, new) for text in texts for new in ast.parse(text).body] or [node]

    def shared(self, there: str) -> list[str]:
        """Return the names that are the same in another module."""
        names = attributes(there).keys() & self.attributes.keys()
        same = {name for name in names if attributes(there)[name] is self.attributes[name]}
        return sorted(same - {"__all__", "__builtins__", "__doc__"})

    def submodules(self) -> dict[str, Source]:
        """Return the modules inside a package that are its attributes after plain imports."""
        return {
            name: (value.__name__, "")
            for name, value in self.attributes.items()
            if isinstance(value, ModuleType) and value.__name__ == f"{self.module.__name__}.{name}"
        }

    def defer(self, node: Import) -> None:
        """Remove the names that can wait from an import."""
        kept = []
        for alias in node.names:
            name, source = alias.asname or alias.name, self.source(node, alias)
            if source and self.can_wait(name, source):
                self.sources[name] = source
            else:
                kept.append(alias)
                self.bound.add(name)
        node.names = kept

    def source(self, node: Import, alias: ast.alias) -> Source | None:
        """Return where a name comes from, if it is still the same object there."""
        module = inside = alias.name
        if isinstance(node, ast.ImportFrom):
            module = self.absolute(node)
            inside = f"{module}.{alias.name}"
        value = self.attributes.get(alias.asname or alias.name)
        if value is None:
            return None
        if sys.modules.get(inside) is value:
            return inside, ""
        return (module, alias.name) if attributes(module).get(alias.name) is value else None

    def absolute(self, node: ast.ImportFrom) -> str:
        """Return the full name of the module that a from-import names."""
        return resolve_name("." * node.level + (node.module or ""), self.module.__package__)

    def can_wait(self, name: str, source: Source) -> bool:
        # Without an __all__, a package passes on the names that it imports, except modules.
        passed_on = self.attributes.get("__all__", {name} if self.is_package and source[1] else ())
        return (
            name not in self.early | self.bound | {*self.in_use}
            and not name.startswith("__")
            and source[0] != "__future__"
            # Others may rely on it: `from importlib import util` makes importlib.util work.
            and not ("." in source[0] and source[0].split(".")[0] in sys.stdlib_module_names)
            # A name that is neither read nor passed on may be imported for its effects.
            and (name in self.read or name in passed_on)
            # A submodule of the same name would take its place.
            and (name in self.sources or f"{self.module.__name__}.{name}" not in sys.modules)
        )

    def visit_Name(self, node: ast.Name) -> ast.expr:
        name = node.id
        if name in self.sources and name not in self.bound and isinstance(node.ctx, ast.Load):
            text = f"{name} if {name!r} in globals() else __import_deferred__({name!r})"
            return at(node, ast.parse(text, mode="eval").body)
        return node

    def add_getattr(self, body: list[ast.stmt]) -> None:
        """Add `__getattr__` (PEP 562), which imports the names, and `__dir__`."""
        top = ast.Pass(lineno=1, col_offset=0)
        added = ast.parse(GETATTR.format(sources=self.sources)).body
        *first, last = [at(top, node) for node in added]
        # Before the imports, which may be circular.
        future = [i for i, n in enumerate(body) if getattr(n, "module", "") == "__future__"]
        start = max(future, default=-1) + 1 or int(ast.get_docstring(self.tree) is not None)
        body[start:start] = first
        body.append(last)


def attributes(module: str) -> Mapping[str, Any]:
    return getattr(sys.modules.get(module), "__dict__", {})


def at(old: ast.AST, new: Node) -> Node:
    """Give a new node, and all nodes inside it, the position of an old one."""
    for node in ast.walk(new):
        ast.copy_location(node, old)
    return new

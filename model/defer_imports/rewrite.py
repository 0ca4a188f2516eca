"""Rewrite a module so that it defers imports, keeping every line number."""

import ast
import re
import sys
from collections.abc import Collection, Mapping
from importlib.util import decode_source, resolve_name
from typing import NamedTuple, TypeVar

from defer_imports.names import Names

Source = tuple[str, str]  # what `from module import name` names; no name means the module itself
Import = ast.Import | ast.ImportFrom
Node = TypeVar("Node", bound=ast.AST)
COPY = re.compile(r"""__all__ = \w+\(["']([\w.]+)["'], globals\(\)\)""")
# Threads that import modules in circles get in each other's way, so one imports at a time.
# The time limit is for an import that holds Python's own lock of a module and waits for this one.
GETATTR = """
def __getattr__(name):
    if name == '__path__':  # imports inside functions ask for it each time
        raise AttributeError(name)
    if name in {names}:
        import importlib, sys, threading
        lock = sys.__dict__.setdefault('_deferred_imports', threading.RLock())
        locked = lock.acquire(timeout=5)
        try:
            module, inside = {sources}[name]
            value = importlib.import_module(module)
            return globals().setdefault(name, getattr(value, inside) if inside else value)
        finally:
            if locked:
                lock.release()
    if name == '__all__':
        return [n for n in {{*globals(), *{names}}} if not n.startswith('_')]
    if '__own_getattr__' in globals():
        return __own_getattr__(name)
    raise AttributeError(f'module {{__name__!r}} has no attribute {{name!r}}')
def __dir__():
    return sorted({{*globals(), *{names}}})
"""


class Module(NamedTuple):
    """A module after an answer; attributes and modules are given by their id()."""

    name: str
    path: str
    is_package: bool
    identity: int
    attributes: dict[str, int]
    listed: list[str]  # its dir()
    exports: list[str] | None  # its __all__

    def absolute(self, node: ast.ImportFrom) -> str:
        """Return the full name of the module that one of its from-imports names."""
        package = self.name if self.is_package else self.name.rpartition(".")[0]
        return resolve_name("." * node.level + (node.module or ""), package)


class LeftAlone(Exception):
    """The module is not rewritten; the message says why."""


class Rewriting(ast.NodeTransformer):
    """One module, rewritten: its new syntax tree, and where its deferred names come from.

    A name that only functions use is imported when one of them first reads it, and a name that a
    package only passes on when it is first asked for. `modules` has what plain imports load. Names
    that are `in_use` keep their place. Raises LeftAlone.
    """

    def __init__(
        self,
        source: bytes,
        module: Module,
        modules: Mapping[str, Module],
        in_use: Collection[str] = (),
    ) -> None:
        self.module, self.modules, self.in_use = module, modules, in_use
        text = self.write_out(decode_source(source))
        self.tree = ast.parse(text)
        self.names = Names(text, self.tree)
        if self.names.dynamic:
            raise LeftAlone(f"it uses {self.names.dynamic}")
        self.deferred: dict[str, Source] = {}
        self.defer([node for node in self.tree.body if isinstance(node, Import)])
        self.tree.body = [n for n in self.tree.body if getattr(n, "names", True)]
        self.visit(self.tree)
        self.add_getattr(self.submodules() | self.deferred)

    def write_out(self, text: str) -> str:
        """Write out the names that a computed `__all__` and star imports would load."""
        lines, body, new = text.split("\n"), ast.parse(text).body, dict[ast.stmt, str]()
        for node in body if self.module.exports is not None else ():
            if (line := lines[node.lineno - 1]).startswith("__all__"):
                exports = "" if new else f"__all__ = {self.module.exports!r}"
                new[node] = self.copies(line) + exports
        for node in body if self.module.is_package else ():
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                there = self.modules.get(self.module.absolute(node))
                if there and there.exports:
                    new[node] = f"from {there.name} import {', '.join(there.exports)}"
        for node, line in new.items():
            end = node.end_lineno or node.lineno
            lines[node.lineno - 1 : end] = [line, *[""] * (end - node.lineno)]
        return "\n".join(lines)

    def copies(self, line: str) -> str:
        """Write the imports that `__all__ = copy("module", globals())` amounts to."""
        found = COPY.match(line)
        if not found or found[1] not in self.modules:
            return ""
        here, there = self.module.attributes, self.modules[found[1]].attributes
        same = {name for name, identity in here.items() if there.get(name) == identity}
        names = sorted(same - {"__all__", "__builtins__", "__doc__"})
        return f"from {found[1]} import {', '.join(names)}; "

    def defer(self, imports: list[Import]) -> None:
        """Remove the names that can wait, or that are imported again, from the imports."""
        found = {id(a): (a.asname or a.name, self.source(n, a)) for n in imports for a in n.names}
        # A name that is imported twice must be the same object both times.
        self.names.fixed.update(n for n, source in found.values() if not source)
        seen: set[str] = set()
        for node in imports:
            kept = []
            for alias in node.names:
                name, source = found[id(alias)]
                again = name in seen and name not in self.names.fixed
                seen.add(name)
                if not again and source and self.can_wait(name, source):
                    self.deferred[name] = source
                elif not again:
                    kept.append(alias)
            node.names = kept

    def source(self, node: Import, alias: ast.alias) -> Source | None:
        """Return where a name comes from, if it is still the same object there."""
        identity = self.module.attributes.get(alias.asname or alias.name, -1)
        module = inside = alias.name
        if isinstance(node, ast.ImportFrom):
            module = self.module.absolute(node)
            inside = f"{module}.{alias.name}"
        if inside in self.modules and self.modules[inside].identity == identity:
            return inside, ""
        if module in self.modules and self.modules[module].attributes.get(alias.name) == identity:
            return module, alias.name
        return None

    def can_wait(self, name: str, source: Source) -> bool:
        submodule = f"{self.module.name}.{name}"
        return (
            name not in self.names.early | self.names.fixed
            and name not in self.in_use
            and not name.startswith("__")
            and source[0] != "__future__"
            # Others may rely on it: `from importlib import util` makes importlib.util work.
            and not ("." in source[0] and source[0].split(".")[0] in sys.stdlib_module_names)
            # A name that is never read may be imported for its effects.
            and (name in self.names.read or self.module.is_package)
            and (submodule not in self.modules or source == (submodule, ""))
        )

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.deferred and isinstance(node.ctx, ast.Load):
            text = f"{node.id} if {node.id!r} in globals() else __getattr__({node.id!r})"
            return at(node, ast.parse(text, mode="eval").body)
        return node

    def add_getattr(self, sources: dict[str, Source]) -> None:
        """Add `__getattr__` (PEP 562), which imports the names, and `__dir__`."""
        body, is_own, self.changed = self.tree.body, False, bool(sources)
        for node in [n for s in body for n in (s, *(s.body if isinstance(s, ast.If) else ()))]:
            if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
                node.name, is_own = "__own_getattr__", True
        imported = {a.asname or a.name for n in body if isinstance(n, Import) for a in n.names}
        if "__getattr__" in self.names.fixed | imported and not is_own:
            raise LeftAlone("its __getattr__ is not defined as a function")
        names = f"{{{', '.join(map(repr, sources))}}}"  # a constant set, which is fast
        added = ast.parse(GETATTR.format(names=names, sources=sources)).body
        top = ast.Pass(lineno=1, col_offset=0)
        # Before the imports, which may be circular.
        future = [i for i, n in enumerate(body) if getattr(n, "module", "") == "__future__"]
        start = max(future, default=-1) + 1 or int(ast.get_docstring(self.tree) is not None)
        body[start:start] = [at(top, node) for node in added]

    def submodules(self) -> dict[str, Source]:
        """Return the modules inside a package that are its attributes after plain imports."""
        prefix = self.module.name + "."
        return {
            name: (prefix + name, "")
            for name, identity in self.module.attributes.items()
            if prefix + name in self.modules and self.modules[prefix + name].identity == identity
        }


def at(old: ast.AST, new: Node) -> Node:
    """Give a new node and all inside the position of an old one."""
    for node in ast.walk(new):
        ast.copy_location(node, old)
    return new

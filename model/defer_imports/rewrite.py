"""Rewrite a module so that it defers imports, keeping every line number."""

import ast
import re
import symtable
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

PURE = ("dir", "list", "set", "sorted", "tuple", ".append", ".extend", ".startswith")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Source = tuple[str, str]  # what `from module import name` names; no name means the module itself


@dataclass(frozen=True)
class Module:
    """A module after plain imports; attributes and modules are given by their id()."""

    name: str
    path: str
    is_package: bool
    identity: int
    attributes: Mapping[str, int]
    listed: list[str]  # its dir()
    exports: list[str] | None  # its __all__


class LeftAlone(Exception):
    """The module is not rewritten; the message says why."""


class Rewriting:
    """One module, rewritten: its new syntax tree, and where its deferred names come from.

    Imports that only functions use, or that a package only passes on, move to where they are first
    needed. `modules` has what plain imports load; imports for which `stays` is true keep their
    place. Raises LeftAlone.
    """

    def __init__(
        self,
        source: bytes,
        module: Module,
        modules: Mapping[str, Module],
        stays: Callable[[Source], bool],
    ) -> None:
        self.tree, self.module, self.modules, self.stays = ast.parse(source), module, modules, stays
        self.deferred: dict[str, Source] = {}
        self.imports: dict[str, ast.stmt] = {}  # the statements that import them
        self.write_out()
        nodes = [*walk(self.tree)]
        self.reject_dynamic(nodes)
        self.bound = Counter(name for node, early in nodes for name in bindings(node, early))
        self.read = {node.id for node, _ in nodes if isinstance(node, ast.Name)}
        self.early = {name for node, early in nodes if early for name in names_read(node)}
        self.chains = {dotted(node) for node, _ in nodes if isinstance(node, ast.Attribute)}
        self.changed = any([self.can_wait(n) for n in self.tree.body])
        self.tree.body = [n for n in self.tree.body if getattr(n, "names", True)]
        if self.deferred:
            table = symtable.symtable(source.decode(), module.path, "exec")
            self.scopes = {(s.get_name(), s.get_lineno()): s for s in scopes(table)}
            for node in [n for n, early in nodes if early and isinstance(n, FUNCTIONS)]:
                self.load_inside(node, set())
        top = ast.Pass(lineno=1, col_offset=0)
        for name, identity in module.attributes.items() if module.is_package else ():
            inside = modules.get(f"{module.name}.{name}")
            if inside and inside.identity == identity and name.isidentifier():
                self.imports.setdefault(name, import_of((inside.name, ""), name, top))
        if self.imports:
            self.changed = True
            self.add_getattr(top)

    def write_out(self) -> None:
        """Make a computed __all__ a literal, and write out the names of a package's star imports.

        Computing them would load everything that the module imports.
        """
        found = [n for n in self.tree.body if sets_exports(n)]
        calls = [n.func for f in found for n in ast.walk(f) if isinstance(n, ast.Call)]
        known = all(dotted(call).endswith(PURE) for call in calls)
        is_literal = len(found) == 1 and isinstance(getattr(found[0], "value", 0), ast.List)
        if found and known and not is_literal and self.module.exports is not None:
            literal = ast.parse(f"__all__ = {self.module.exports!r}").body[0]
            self.tree.body[self.tree.body.index(found[0])] = place(literal, found[0])
            self.tree.body = [n for n in self.tree.body if n not in found]
        for node in self.tree.body if self.module.is_package else ():
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
                exports = getattr(self.modules.get(self.absolute(node)), "exports", None)
                new = [ast.copy_location(ast.alias(n), node) for n in exports or ()]
                node.names = new or node.names

    def reject_dynamic(self, nodes: list[tuple[ast.AST, bool]]) -> None:
        """Raise LeftAlone if deferring could break it, as when it reads its own namespace."""
        own = own_functions(self.tree)
        ignored = {
            n for name in ("__getattr__", "__dir__") if name in own for n in ast.walk(own[name])
        }
        for node, early in nodes:
            match node:
                case ast.Name(id=name) | ast.arg(arg=name) if node not in ignored:
                    if name in ("globals", "eval", "exec"):
                        raise LeftAlone(f"it uses {name}()")
                case ast.Call(func=ast.Name(id="vars" | "locals" | "dir" as name), args=[]):
                    if early:
                        raise LeftAlone(f"it uses {name}() at module level")
                case ast.Subscript(value=ast.Attribute(attr="modules"), ctx=ast.Store()):
                    raise LeftAlone("it replaces a module in sys.modules")
                case ast.alias(name=name) if name.partition(".")[0] == "numba":
                    raise LeftAlone("numba compiles its functions")
        others = [n for n in self.tree.body if not isinstance(n, (*FUNCTIONS, ast.ClassDef))]
        bound = [
            node
            for n in others
            for node, early in walk(n)
            if "__getattr__" in bindings(node, early)
        ]
        if any(node is not own.get("__getattr__") for node in bound):
            raise LeftAlone("its __getattr__ is not defined as a function")

    def absolute(self, node: ast.ImportFrom) -> str:
        """Return the full name of the module that a from-import names."""
        parts = self.module.name.split(".") if node.level else []
        parts = parts[: len(parts) - node.level + self.module.is_package] if parts else []
        return ".".join([*parts, *([node.module] if node.module else [])])

    def can_wait(self, node: ast.stmt) -> bool:
        """Remove the names that can wait from an import; return whether there were any."""
        if not isinstance(node, ast.Import | ast.ImportFrom):
            return False
        kept = []
        for alias in node.names:
            bound, source = alias.asname or alias.name, self.source(node, alias)
            if isinstance(node, ast.Import) and "." in bound:
                # `a` then loads `a.b`, as its attribute.
                if bound in self.chains and not self.stays((bound, "")):
                    alias = ast.copy_location(ast.alias(bound.partition(".")[0]), node)
                kept.append(alias)
            elif source and self.is_unused(bound, source):
                self.deferred[bound] = source
                self.imports[bound] = import_of(source, bound, node)
            else:
                kept.append(alias)
        changed, node.names = kept != node.names, kept
        return changed

    def source(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Source | None:
        """Return where a name comes from, if it is still the same object there."""
        identity = self.module.attributes.get(alias.asname or alias.name, -1)
        name = alias.name if isinstance(node, ast.Import) else self.absolute(node)
        inside = f"{name}.{alias.name}" if isinstance(node, ast.ImportFrom) else name
        if inside in self.modules and self.modules[inside].identity == identity:
            return inside, ""
        if name in self.modules and self.modules[name].attributes.get(alias.name) == identity:
            return name, alias.name
        return None

    def is_unused(self, bound: str, source: Source) -> bool:
        """Return whether importing the module does not need the name, and nothing else sets it."""
        inside = f"{self.module.name}.{bound}"
        return (
            self.bound[bound] == 1
            and bound not in self.early
            and not bound.startswith("__")
            and source[0] != "__future__"
            and (
                bound in self.read or self.module.is_package
            )  # else it may be imported for its effects
            and (inside not in self.modules or source == (inside, ""))
            and not self.stays(source)
        )

    def load_inside(self, node: ast.AST, hidden: set[str]) -> None:
        """Load names before the statements that read them, except local ones (`hidden`)."""
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            symbols = self.scopes[node.name, node.lineno].get_symbols()
            hidden = {symbol.get_name() for symbol in symbols if not symbol.is_global()}
        for field, children in ast.iter_fields(node):
            if not isinstance(children, list):
                continue
            new: list[ast.AST] = []
            for child in children:
                if isinstance(child, ast.stmt):
                    names = {name for n in header(child) for name in names_read(n)}
                    for name in sorted(names & self.deferred.keys() - hidden):
                        text = f"{name!r} in globals() or __getattr__({name!r})"
                        new.append(place(ast.parse(text).body[0], child))
                if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                    self.load_inside(child, hidden)
                new.append(child)
            setattr(node, field, new)

    def add_getattr(self, top: ast.stmt) -> None:
        """Define `__getattr__` (PEP 562), which imports the names, and `__dir__`."""
        body, names = self.tree.body, [*self.imports]
        own = own_functions(self.tree)
        text = f"def __getattr__(attribute):\n    global {', '.join(names)}\n"
        text += "".join(
            f"    if attribute == {n!r}:\n        0\n        return {n}\n" for n in names
        )
        if "__all__" not in self.bound:
            text += "    if attribute == '__all__':\n"
            text += f"        names = {{*globals(), *{names!r}}}\n"
            text += "        return [name for name in names if not name.startswith('_')]\n"
        if "__getattr__" in own:
            own["__getattr__"].name = "__own_getattr__"
            text += "    if '__own_getattr__' in globals():\n"
            text += "        return __own_getattr__(attribute)\n"
        text += "    raise AttributeError(f'module {__name__!r} has no attribute {attribute!r}')\n"
        if "__dir__" not in own:
            text += f"def __dir__():\n    return sorted({{*globals(), *{names!r}}})\n"
        added = [place(n, top) for n in ast.parse(text).body]
        cases = [n for n in ast.walk(added[0]) if isinstance(n, ast.If)]
        for case, statement in zip(cases, self.imports.values(), strict=False):
            case.body[0] = statement
        start = int(ast.get_docstring(self.tree, clean=False) is not None)
        for i, node in enumerate(body):
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                start = i + 1
        body[start:start] = added  # before the imports, which may be circular


def walk(tree: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """Yield all nodes, and whether they run at import, outside functions."""
    nodes = [(tree, True)]
    while nodes:
        node, early = nodes.pop()
        yield node, early
        later = {*node.body} if isinstance(node, FUNCTIONS) else set()
        nodes += [(n, early and n not in later) for n in ast.iter_child_nodes(node)]


def own_functions(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    """Return the module's functions by name, also those inside an `if`."""
    nodes = [n for s in tree.body for n in (s, *(s.body if isinstance(s, ast.If) else ()))]
    return {n.name: n for n in nodes if isinstance(n, ast.FunctionDef)}


def scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for inside in table.get_children():
        yield inside
        yield from scopes(inside)


def bindings(node: ast.AST, early: bool) -> list[str]:
    """Return the names of the module that a node binds."""
    match node:
        case ast.Global(names=names):
            return names * 2  # a function may bind it at any time
        case ast.alias(name=name, asname=asname) if early:
            return [asname or name.partition(".")[0]]
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()) if early:
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if early:
            return [name]
        case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)) if early:
            return [name]
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) if early:
            return [name]
    return []


def names_read(node: ast.AST) -> list[str]:
    """Return the names that a node reads itself, or in an annotation in quotes."""
    if isinstance(node, ast.Name):
        return [node.id]
    annotations = (getattr(node, "annotation", None), getattr(node, "returns", None))
    quoted = [n for a in annotations if a for n in ast.walk(a) if isinstance(n, ast.Constant)]
    return [name for n in quoted for name in re.findall(r"\w+", str(n.value))]


def header(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement, without those of the statements inside."""
    nodes: list[ast.AST] = [statement]
    while nodes:
        yield (node := nodes.pop())
        nodes += [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.stmt)]


def dotted(node: ast.AST) -> str:
    """Write `a.b.c` as text, with a leading dot if it follows another expression."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def sets_exports(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.AugAssign(target=ast.Name(id="__all__")):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__")))):
            return True
    return False


def import_of(source: Source, bound: str, node: ast.stmt) -> ast.stmt:
    module, name = source
    text = f"from {module} import {name} as {bound}"
    if not name:  # not `import a.b as b`, which asks `a` for `b` again in a circular import
        text = f"{bound} = __import__('importlib').import_module({module!r})"
    return place(ast.parse(text).body[0], node)


def place(new: ast.stmt, old: ast.stmt) -> ast.stmt:
    """Give a statement the position at which another one begins."""
    for node in ast.walk(new):
        if "lineno" in node._attributes:
            ast.copy_location(node, old)
            node.__dict__ |= {"end_lineno": old.lineno, "end_col_offset": old.col_offset}
    return new

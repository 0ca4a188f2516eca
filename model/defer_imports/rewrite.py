"""Rewrite one module so that it imports later, keeping every line number."""

import ast
import re
import symtable
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Source = tuple[str, str]  # what `from module import name` names; no name means the module itself


@dataclass(frozen=True)
class Module:
    """A module as plain imports leave it; attributes and modules have identities."""

    name: str
    path: str
    is_package: bool
    identity: int
    attributes: Mapping[str, int]
    listed: list[str]  # its dir()
    exports: list[str] | None  # its __all__


@dataclass
class Rewritten:
    """The new syntax tree, and where each of its deferred names comes from."""

    tree: ast.Module
    deferred: dict[str, Source]
    changed: bool


class LeftAlone(Exception):
    """The module cannot be rewritten; the message says why."""


def rewrite(
    source: bytes, module: Module, modules: Mapping[str, Module], stays: Callable[[Source], bool]
) -> Rewritten:
    """Move imports that only functions use, or nobody here, to where they are first needed.

    `modules` has what plain imports load; imports of sources that `stays` names keep their place.
    Raises LeftAlone.
    """
    tree = ast.parse(source)
    top = ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
    refuse_dynamic(tree)
    write_exports_out(tree, module)
    expand_stars(tree, module, modules)
    rewriting = Rewriting(tree, source, module, modules, stays)
    rewriting.take_imports_out()
    statements = rewriting.statements
    if module.is_package:  # what plain imports would have loaded inside can be had all the same
        for name, identity in module.attributes.items():
            inside = modules.get(f"{module.name}.{name}")
            if inside and inside.identity == identity and name.isidentifier():
                statements.setdefault(name, import_of((inside.name, ""), name, top))
    if statements:
        rewriting.changed = True
        rewriting.load_in_functions()
        add_getattr(tree, statements, top)
    return Rewritten(ast.fix_missing_locations(tree), rewriting.deferred, rewriting.changed)


def at_import(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but those in the bodies of functions."""
    nodes = [tree]
    while nodes:
        yield (node := nodes.pop())
        later = {*node.body} if isinstance(node, FUNCTIONS) else set()
        nodes += [child for child in ast.iter_child_nodes(node) if child not in later]


def refuse_dynamic(tree: ast.Module) -> None:
    """Raise LeftAlone if the module looks at its own namespace, or replaces its own import."""
    imported = {*at_import(tree)}
    own = ("__getattr__", "__dir__")  # they may look: what waits, they need not know
    ignored = {n for f in tree.body if getattr(f, "name", "") in own for n in ast.walk(f)}
    for node in {*ast.walk(tree)} - ignored:
        match node:
            case ast.Name(id="globals" | "eval" | "exec" as name) | ast.arg(arg="globals" as name):
                raise LeftAlone(f"it uses {name}()")
            case ast.Call(func=ast.Name(id="vars" | "locals" as name), args=[]) if node in imported:
                raise LeftAlone(f"it uses {name}() at module level")
            case ast.Subscript(value=ast.Attribute(attr="modules"), ctx=ast.Store()):
                raise LeftAlone("it replaces a module in sys.modules")
            case ast.alias(name=str(name)) if name.partition(".")[0] in ("numba", "lazy_loader"):
                raise LeftAlone(f"it imports {name}")
    for node in tree.body:
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)) and "__getattr__" in bindings(node):
            raise LeftAlone("its __getattr__ is not a function of its own")


def bindings(tree: ast.AST) -> Iterator[str]:
    """Yield the names that importing the module binds, once for each time."""
    for node in at_import(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.partition(".")[0]
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name


def write_exports_out(tree: ast.Module, module: Module) -> None:
    """Make a computed __all__ a literal: computing it would load what it looks at."""
    found = [n for n in tree.body if changes_exports(n)]
    if not found or module.exports is None:
        return
    if len(found) == 1 and isinstance(getattr(found[0], "value", None), ast.List | ast.Tuple):
        return
    literal = ast.parse(f"__all__ = {module.exports!r}").body[0]
    tree.body = [place(literal, n) if n is found[0] else n for n in tree.body if n not in found[1:]]
    if any(isinstance(n, ast.Call) and getattr(n.func, "id", "") == "dir" for n in at_import(tree)):
        raise LeftAlone("it uses dir() at module level")


def changes_exports(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.AugAssign(target=ast.Name(id="__all__")):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="__all__")))):
            return True
    return False


def expand_stars(tree: ast.Module, module: Module, modules: Mapping[str, Module]) -> None:
    """Write out what a package's star imports import."""
    for node in tree.body if module.is_package else ():
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            source = modules.get(absolute(node, module))
            if source and source.exports:
                node.names = [ast.alias(name) for name in source.exports]


def absolute(node: ast.ImportFrom, module: Module) -> str:
    """Return the full name of the module that a from-import names."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    up = node.level - module.is_package
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


class Rewriting:
    """One module while it is rewritten."""

    def __init__(
        self,
        tree: ast.Module,
        source: bytes,
        module: Module,
        modules: Mapping[str, Module],
        stays: Callable[[Source], bool],
    ) -> None:
        self.tree, self.module, self.modules, self.stays = tree, module, modules, stays
        self.deferred: dict[str, Source] = {}
        self.changed = False
        self.statements: dict[str, ast.stmt] = {}  # that import the deferred names
        self.scopes = {
            (scope.get_name(), scope.get_lineno()): scope
            for scope in all_scopes(symtable.symtable(source.decode(), module.path, "exec"))
        }
        self.eager = {*read_at_import(tree)}
        rebound = {name for n in ast.walk(tree) if isinstance(n, ast.Global) for name in n.names}
        self.bound = Counter(bindings(tree)) + Counter(rebound)
        self.read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        self.chains = {dotted(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}

    def take_imports_out(self) -> None:
        """Take the imports that can wait out of the module's statements."""
        for node in [n for n in self.tree.body if isinstance(n, ast.Import | ast.ImportFrom)]:
            kept = []
            for alias in node.names:
                bound = alias.asname or alias.name
                source = self.source(node, alias)
                if isinstance(node, ast.Import) and "." in alias.name and not alias.asname:
                    kept.append(self.root_alone(alias))
                elif source and self.can_wait(bound, source):
                    self.deferred[bound] = source
                    self.statements[bound] = import_of(source, bound, node)
                else:
                    kept.append(alias)
            node.names = kept
            if not kept:
                self.tree.body.remove(node)

    def source(self, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Source | None:
        """Return where a name comes from, if it is still the same object there."""
        bound = alias.asname or alias.name
        identity = self.module.attributes.get(bound)
        name = alias.name if isinstance(node, ast.Import) else absolute(node, self.module)
        inside = f"{name}.{alias.name}" if isinstance(node, ast.ImportFrom) else name
        if identity is None:
            return None
        if inside in self.modules and self.modules[inside].identity == identity:
            return inside, ""
        if name in self.modules and self.modules[name].attributes.get(alias.name) == identity:
            return name, alias.name
        return None

    def can_wait(self, bound: str, source: Source) -> bool:
        is_own_submodule = source == (f"{self.module.name}.{bound}", "")
        return (
            self.bound[bound] == 1
            and bound not in self.eager
            and not bound.startswith("__")
            and source[0] != "__future__"
            and (bound in self.read or self.module.is_package)  # else it may be for its effects
            and (f"{self.module.name}.{bound}" not in self.modules or is_own_submodule)
            and not self.stays(source)
        )

    def root_alone(self, alias: ast.alias) -> ast.alias:
        """Make `import a.b` an `import a` if `a.b` is read, for `a` then loads it."""
        can_wait = alias.name in self.chains and not self.stays((alias.name, ""))
        self.changed |= can_wait
        return ast.alias(alias.name.partition(".")[0]) if can_wait else alias

    def load_in_functions(self) -> None:
        for node in [n for n in at_import(self.tree) if isinstance(n, FUNCTIONS)]:
            self.load_inside(node, set())

    def load_inside(self, node: ast.AST, hidden: set[str]) -> None:
        """Load names before the statements that read them; `hidden` ones are not the module's."""
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            scope = self.scopes[node.name, node.lineno]
            hidden = {s.get_name() for s in scope.get_symbols() if not s.is_global()}
        for name, value in ast.iter_fields(node):
            if not isinstance(value, list):
                continue
            new = []
            for child in value:
                if isinstance(child, ast.stmt):
                    needed = {*names_read(child)} & self.deferred.keys() - hidden
                    new += [check(needed_name, child) for needed_name in sorted(needed)]
                if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                    self.load_inside(child, hidden)
                new.append(child)
            setattr(node, name, new)


def dotted(node: ast.AST) -> str:
    """Write `a.b.c`; nothing before the dot if it is not a name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def all_scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for inside in table.get_children():
        yield inside
        yield from all_scopes(inside)


def read_at_import(tree: ast.Module) -> Iterator[str]:
    """Yield names that the module reads while it is imported, and those of its annotations."""
    for node in at_import(tree):
        if isinstance(node, ast.Name):
            yield node.id
        annotations = (getattr(node, "annotation", None), getattr(node, "returns", None))
        for constant in (n for a in annotations if a for n in ast.walk(a)):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                yield from re.findall(r"\w+", constant.value)


def names_read(statement: ast.stmt) -> Iterable[str]:
    """Yield the names that a statement reads outside the statements inside it."""
    nodes: list[ast.AST] = [statement]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Name):
            yield node.id
        nodes += [n for n in ast.iter_child_nodes(node) if not isinstance(n, ast.stmt)]


def check(name: str, statement: ast.stmt) -> ast.stmt:
    text = f"{name!r} in globals() or __getattr__({name!r})"
    return place(ast.parse(text).body[0], statement)


def import_of(source: Source, bound: str, node: ast.stmt) -> ast.stmt:
    module, name = source
    text = f"from {module} import {name} as {bound}"
    if not name:  # not `import a.b as b`: in a circle of imports, it would ask `a` for `b` again
        text = f"{bound} = __import__('importlib').import_module({module!r})"
    return place(ast.parse(text).body[0], node)


def place(new: ast.stmt, old: ast.stmt) -> ast.stmt:
    """Let a statement stand where another one begins."""
    for node in ast.walk(new):
        if hasattr(node, "lineno") and hasattr(node, "col_offset"):
            ast.copy_location(node, old)
            node.end_lineno, node.end_col_offset = old.lineno, old.col_offset  # type: ignore
    return new


def add_getattr(tree: ast.Module, statements: Mapping[str, ast.stmt], top: ast.stmt) -> None:
    """Define `__getattr__` (PEP 562), which imports the names, and `__dir__`, which has them."""
    own = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    cases = "".join(
        f"    if attribute == {name!r}:\n        pass\n        return {name}\n"
        for name in statements
    )
    exports = f"[n for n in {{*globals(), *{[*statements]!r}}} if not n.startswith('_')]"
    text = f"def __getattr__(attribute):\n    global {', '.join(statements)}\n{cases}"
    if "__all__" not in bindings(tree):
        text += f"    if attribute == '__all__':\n        return {exports}\n"
    if "__getattr__" in own:
        own["__getattr__"].name = "__own_getattr__"
        text += "    if '__own_getattr__' in globals():\n"
        text += "        return __own_getattr__(attribute)\n"
    text += "    raise AttributeError(f'module {__name__!r} has no attribute {attribute!r}')\n"
    if "__dir__" not in own:
        text += f"def __dir__():\n    return sorted({{*globals(), *{[*statements]!r}}})\n"
    added = [place(n, top) for n in ast.parse(text).body]
    tests = [n for n in added[0].body if isinstance(n, ast.If)]  # type: ignore[attr-defined]
    for test, statement in zip(tests, statements.values(), strict=False):
        test.body[0] = statement
    start = int(ast.get_docstring(tree, clean=False) is not None)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            start = tree.body.index(node) + 1
    tree.body[start:start] = added  # before the imports, which may come back here in a circle

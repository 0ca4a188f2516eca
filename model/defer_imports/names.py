"""Find out how a module uses its names: when it reads them, and what else may bind them."""

import ast
import re
from collections.abc import Iterator
from symtable import SymbolTable, symtable

DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
EXPRESSIONS = ("lambda", "genexpr", "listcomp", "setcomp", "dictcomp")  # they may run at import
HOOKS = (
    "__getattr__",
    "__dir__",
)  # they may look at the module's names, so they find all of theirs


class Names:
    """The names of a module that are read at all, that are read at import, and that are fixed.

    Fixed names may not only be bound by the module's imports. `dynamic` says how the module looks
    at its own namespace, if it does.
    """

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.read, self.early, self.fixed, self.dynamic = set[str](), set[str](), set[str](), ""
        for scope, early in scopes(symtable(text, "", "exec")):
            self.read_scope(scope, early)
        for node in ast.walk(tree):
            for field in ("annotation", "returns", "pattern"):
                if part := getattr(node, field, None):  # also in quotes
                    self.early.update(re.findall(r"\w+", ast.unparse(part)))
            if isinstance(node, ast.comprehension):  # symtable no longer shows its names
                self.fixed.update(n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))
        for node in tree.body:  # an import in a try or an if may be there to fail
            if not isinstance(node, DEFINITIONS | ast.Import | ast.ImportFrom):
                aliases = [n for n in ast.walk(node) if isinstance(n, ast.alias)]
                self.fixed.update(a.asname or a.name.partition(".")[0] for a in aliases)
        if re.search(r"^\s*(import|from) numba\b", text, re.MULTILINE):
            self.dynamic = "numba, which compiles its functions"

    def read_scope(self, scope: SymbolTable, early: bool) -> None:
        for symbol in scope.get_symbols():
            name, read = symbol.get_name(), symbol.is_referenced()
            if read and symbol.is_global():
                self.read.add(name)
                if early:
                    self.early.add(name)
                if scope.get_name() not in HOOKS:
                    if name in ("globals", "eval", "exec"):
                        self.dynamic = f"{name}()"
                    elif early and name in ("vars", "locals", "dir"):
                        self.dynamic = f"{name}() at module level"
            # A local name may hide the module's.
            if symbol.is_declared_global() or (
                symbol.is_assigned() if symbol.is_global() else read
            ):
                self.fixed.add(name)


def scopes(table: SymbolTable, early: bool = True) -> Iterator[tuple[SymbolTable, bool]]:
    """Yield all scopes, and whether their code may run at import."""
    yield table, early
    for inside in table.get_children():
        later = inside.get_type() == "function" and inside.get_name() not in EXPRESSIONS + HOOKS
        yield from scopes(inside, early and not later)

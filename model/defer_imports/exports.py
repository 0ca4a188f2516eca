"""Write out the names of a computed `__all__` and of star imports.

Computing them would load everything that the module imports.
"""

import ast
import builtins
from collections.abc import Mapping

from defer_imports.observe import Module

OWN = {"__all__", "__builtins__", "__doc__"}


def write_out(text: str, module: Module, modules: Mapping[str, Module]) -> str:
    """Return the text of the module with these names, in as many lines."""
    lines, tree = text.split("\n"), ast.parse(text)
    new: dict[ast.stmt, str] = {}
    exports = [n for n in tree.body if lines[n.lineno - 1].startswith("__all__")]
    if exports and module.exports is not None:
        copied = imports_of_copy(exports[0], module, modules)
        if copied or not any(map(calls, exports)):
            new = dict.fromkeys(exports, "")
            new[exports[0]] = f"{copied}__all__ = {module.exports!r}"
    for node in tree.body if module.is_package else ():
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            there = modules.get(module.absolute("." * node.level + (node.module or "")))
            if there and there.exports:
                new[node] = f"from {there.name} import {', '.join(there.exports)}"
    for node, line in new.items():
        end = node.end_lineno or node.lineno
        lines[node.lineno - 1 : end] = [line, *[""] * (end - node.lineno)]
    return "\n".join(lines)


def imports_of_copy(node: ast.stmt, module: Module, modules: Mapping[str, Module]) -> str:
    """Write the imports that `__all__ = copy("module", globals())` amounts to."""
    match node:
        case ast.Assign(
            value=ast.Call(
                args=[ast.Constant(value=str(name)), ast.Call(func=ast.Name(id="globals"))]
            )
        ) if name in modules:
            there = modules[name].attributes
            same = {n for n, identity in module.attributes.items() if there.get(n) == identity}
            return f"from {name} import {', '.join(sorted(same - OWN))}; "
    return ""


def calls(node: ast.stmt) -> bool:
    """Say whether a statement calls a function that is not built in."""
    functions = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    names = [function.id for function in functions if isinstance(function, ast.Name)]
    return any(not hasattr(builtins, name) for name in names)

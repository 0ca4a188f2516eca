"""Find out how a module uses its names: when it reads them, and what else may bind them."""

import ast
import re


def names_in(tree: ast.Module) -> tuple[set[str], set[str], set[str]]:
    """Return three sets of names: those that a module reads, those that it reads at import, and
    those that anything but its own imports may bind. Raises ValueError if it must stay as it is.
    """
    read, early, bound = set[str](), set[str](), set[str]()
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    hooks = {n for f in functions if f.name in ("__getattr__", "__dir__") for n in ast.walk(f)}
    later = {n for f in functions for statement in f.body for n in ast.walk(statement)}
    for node in ast.walk(tree):
        match node:
            case ast.Name("globals" as name) | ast.Call(ast.Name("eval" | "exec" as name)) if (
                node not in hooks
            ):
                raise ValueError(f"it uses {name}()")
            case ast.Call(ast.Name("vars" | "locals" | "dir" as name), []) if node not in later:
                raise ValueError(f"it uses {name}()")
            case ast.Name(name, ast.Load()):
                read.add(name)
                if node not in later:
                    early.add(name)
            case ast.Name(name) | ast.arg(name) | ast.ExceptHandler(name=str(name)):
                bound.add(name)
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                bound.add(name)
            case ast.Import(aliases) | ast.ImportFrom(_, aliases) if node not in tree.body:
                bound.update(a.asname or a.name.partition(".")[0] for a in aliases)
        for field in ("annotation", "returns", "slice", "pattern", "type_params"):
            if part := getattr(node, field, None):  # also in quotes
                early.update(re.findall(r"\w+", ast.unparse(part)))
    return read, early, bound

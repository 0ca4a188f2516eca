"""The rules of the rewriting, on small modules."""

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from defer_imports.rewrite import GETATTR, Rewriting
from tests.start.rewriting_rows import ROWS, Row

HELPER = """
__all__ = ["tool", "other"]
counter = 0
def tool(*arguments): return tool
def other(): ...
def copy(name, names):
    names |= {"tool": tool, "other": other}
    return __all__
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "pkg"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "helper.py").write_text(HELPER)
    (folder / "again.py").write_text("from .helper import tool, other")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "pkg"]:
        del sys.modules[name]


def rewritten(row: Row, package: Path) -> Rewriting:
    name = "pkg" if row.is_package else "pkg.module"
    path = package / ("__init__.py" if row.is_package else "module.py")
    path.write_text(row.source)
    module = importlib.import_module(name)
    if "another one" in row.why:
        sys.modules["pkg.helper"].counter = 1  # type: ignore[attr-defined]
    return Rewriting(row.source.encode(), module, row.in_use)


def text(new: Rewriting) -> str:
    """Write the module without what the rewriting adds for all names."""
    added = {ast.unparse(n) for n in ast.parse(GETATTR.format(sources=new.sources)).body}
    others = [code for node in new.tree.body if (code := ast.unparse(node)) not in added]
    return ast.unparse(ast.parse("\n".join(others)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.why)
def test_each_rule(row: Row, package: Path) -> None:
    try:
        becomes = text(rewritten(row, package))
    except ValueError:
        becomes = ast.unparse(ast.parse(row.source))
    assert becomes == ast.unparse(ast.parse(row.becomes))


def run(new: Rewriting, name: str = "pkg.module") -> dict[str, object]:
    """Run the rewritten module and return its namespace."""
    namespace: dict[str, object] = {"__name__": name, "__package__": "pkg"}
    exec(compile(new.tree, "module.py", "exec"), namespace)
    return namespace


USER = "from .helper import tool\n\ndef f():\n    if True:\n        return tool(1 / len(''))\n"


def test_a_function_uses_a_name_that_was_set_from_outside(package: Path) -> None:
    namespace = run(rewritten(Row("", USER.replace("1 / len('')", ""), ""), package))
    namespace["tool"] = lambda: "theirs"
    assert namespace["f"]() == "theirs"  # type: ignore[operator]


def test_tracebacks_have_the_lines_of_the_source(package: Path) -> None:
    function = run(rewritten(Row("", USER, ""), package))["f"]
    with pytest.raises(ZeroDivisionError) as raised:
        function()  # type: ignore[operator]
    assert raised.traceback[-1].lineno == 4  # counted from 0


def test_a_missing_name_is_the_usual_error(package: Path) -> None:
    getter = run(rewritten(Row("", USER, ""), package))["__getattr__"]
    with pytest.raises(AttributeError, match=r"^module 'pkg.module' has no attribute 'gone'$"):
        getter("gone")  # type: ignore[operator]


def test_a_modules_own_getattr_comes_after_ours(package: Path) -> None:
    source = "from .helper import tool\ndef attach():\n"  # as lazy_loader does
    source += "    def __getattr__(name): return tool and name\n    return __getattr__\n"
    source += "__getattr__ = attach()\n"
    getter = run(rewritten(Row("", source, ""), package))["__getattr__"]
    assert getter("tool") is sys.modules["pkg.helper"].tool  # type: ignore[operator]
    assert getter("gone") == "gone"  # type: ignore[operator]


def test_a_star_import_of_a_module_without_exports_gets_all_names(package: Path) -> None:
    getter = run(rewritten(Row("", USER, ""), package))["__getattr__"]
    assert sorted(getter("__all__")) == ["f", "tool"]  # type: ignore[operator]

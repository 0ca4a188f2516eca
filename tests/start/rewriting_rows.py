"""The rules for rewriting a module, one per row: its source, what it becomes, and why.

The module is `pkg.module`, or `pkg` itself if the row says so. The package also has
`pkg.helper`, with `tool`, `other` and `counter`, and `pkg.lsqr`, with a function `lsqr`.
"""

from typing import NamedTuple


class Row(NamedTuple):
    why: str
    source: str
    becomes: str
    is_package: bool = False
    loaded: tuple[str, ...] = ()  # by the example's answer, so their imports stay


CHECK = "'tool' in globals() or __getattr__('tool')"
FUNCTION = f"def f():\n    {CHECK}\n    return tool()"


def stays(why: str, source: str, is_package: bool = False) -> Row:
    return Row(why, source, source, is_package)


ROWS = [
    Row(
        "a name that only a function uses is imported on first use",
        "from pkg.helper import tool\ndef f():\n    return tool()",
        FUNCTION,
    ),
    Row(
        "a docstring and future imports stay first",
        "'''Doc.'''\nfrom __future__ import annotations\nfrom .helper import tool\n"
        "def f():\n    '''Doc.'''\n    return tool()",
        "'''Doc.'''\nfrom __future__ import annotations\n"
        f"def f():\n    '''Doc.'''\n    {CHECK}\n    return tool()",
    ),
    Row(
        "a branch that is not taken loads nothing",
        "from .helper import tool\ndef f(x):\n    if x:\n        return tool()\n    return x",
        f"def f(x):\n    if x:\n        {CHECK}\n        return tool()\n    return x",
    ),
    Row(
        "methods and nested functions are functions",
        "from .helper import tool\nclass C:\n    def f(self):\n        def g():\n"
        "            return tool()\n        return g",
        "class C:\n    def f(self):\n        def g():\n"
        f"            {CHECK}\n            return tool()\n        return g",
    ),
    Row(
        "a local variable hides the module's name",
        "from .helper import tool\ndef f(tool):\n    return tool()\ndef g():\n    return tool()",
        f"def f(tool):\n    return tool()\ndef g():\n    {CHECK}\n    return tool()",
    ),
    Row(
        "a comprehension reads the module's name before its statement",
        "from .helper import tool\ndef f(x):\n    return [tool(y) for y in x]",
        f"def f(x):\n    {CHECK}\n    return [tool(y) for y in x]",
    ),
    Row(
        "the types of except clauses are loaded before the try",
        "from .helper import tool\ndef f():\n    try:\n        f\n    except tool:\n        pass",
        f"def f():\n    {CHECK}\n    try:\n        f\n    except tool:\n        pass",
    ),
    Row(
        "a package passes names on without importing them",
        "from .helper import tool, other\n__all__ = ['tool']",
        "__all__ = ['tool']",
        is_package=True,
    ),
    Row(
        "a computed __all__ is written out: computing it would load everything",
        "from . import helper\nfrom .helper import tool\n"
        "__all__ = ['tool']\n__all__ += helper.__all__",
        "__all__ = ['tool', 'tool', 'other']",
        is_package=True,
    ),
    Row(
        "a package's star import is written out",
        "from .helper import *\ndef f():\n    return tool()",
        FUNCTION,
        is_package=True,
    ),
    Row(
        "an import of what the example's answer loads stays: a warm answer imports nothing",
        "from .helper import tool\ndef f():\n    return tool()",
        "from .helper import tool\ndef f():\n    return tool()",
        loaded=("pkg.helper",),
    ),
    stays("a name is called at import", "from .helper import tool\nx = tool()"),
    stays("a decorator", "from .helper import tool\n@tool\ndef f():\n    return tool()"),
    stays("a default", "from .helper import tool\ndef f(x=tool):\n    return tool()"),
    stays("an annotation", "from .helper import tool\ndef f(x: tool):\n    return tool()"),
    stays(
        "an annotation in quotes", "from .helper import tool\ndef f(x: 'tool'):\n    return tool"
    ),
    stays("a class body", "from .helper import tool\nclass C:\n    x = tool"),
    stays("a lambda at module level", "from .helper import tool\nf = lambda: tool()"),
    stays(
        "a name is bound twice", "from .helper import tool\ntool = tool or 1\ndef f(): return tool"
    ),
    stays(
        "a function rebinds the name",
        "from .helper import tool\ndef f():\n    global tool\n    tool = 1",
    ),
    stays(
        "the module reads its own namespace", "from .helper import tool\ndef f():\n    globals()"
    ),
    stays(
        "an import in a try or an if may be there to fail",
        "try:\n    from .helper import tool\nexcept ImportError:\n    tool = None\ndef f(): tool()",
    ),
    stays("a module that is never named is imported for its effects", "from . import helper"),
    stays(
        "a submodule of the same name would take its place",
        "from .lsqr import lsqr",
        is_package=True,
    ),
    stays(
        "the value is another one where it comes from",
        "from .helper import counter\ndef f():\n    counter",
    ),
    stays(
        "a library's own way to be lazy",
        "from .helper import tool\n__getattr__ = tool\ndef f(): tool()",
    ),
]

"""The rules for rewriting a module, one per row: its source, what it becomes, and why.

The module is `pkg.module`, or `pkg` itself if the row says so. The package also has
`pkg.helper`, with `tool`, `other` and `counter`, and `pkg.again`, which imports them.
"""

import sys
from typing import NamedTuple


class Row(NamedTuple):
    why: str
    source: str
    becomes: str
    is_package: bool = False
    in_use: tuple[str, ...] = ()  # by the example's answer


USER = "from pkg.helper import tool\ndef f(): return tool()"
TOOL = "(tool if 'tool' in globals() else __import_deferred__('tool'))"


def stays(why: str, source: str, is_package: bool = False) -> Row:
    return Row(why, source, source, is_package)


ROWS = [
    Row(
        "a name that only functions use is imported on first use", USER, f"def f(): return {TOOL}()"
    ),
    Row(
        "a docstring and future imports stay first",
        "'''Doc.'''\nfrom __future__ import annotations\nfrom .helper import tool\n"
        "def f():\n    '''Doc.'''\n    return tool()",
        "'''Doc.'''\nfrom __future__ import annotations\n"
        f"def f():\n    '''Doc.'''\n    return {TOOL}()",
    ),
    Row(
        "methods, nested functions and comprehensions are functions",
        "from .helper import tool\nclass C:\n    def f(self):\n        def g():\n"
        "            return [tool(y) for y in self]\n        return g",
        "class C:\n    def f(self):\n        def g():\n"
        f"            return [{TOOL}(y) for y in self]\n        return g",
    ),
    Row(
        "a package passes names on without importing them",
        "from .helper import tool, other\ndef f(): pass",
        "def f(): pass",
        is_package=True,
    ),
    Row(
        "an __all__ says what is passed on: other names may be imported for their effects",
        "from .helper import tool, other\n__all__ = ('tool',)",
        "from .helper import other\n__all__ = ('tool',)",
    ),
    Row(
        "a package may read a submodule that its imports used to load",
        "from .helper import tool\ndef f():\n    helper",
        "def f():\n    helper if 'helper' in globals() else __import_deferred__('helper')",
        is_package=True,
    ),
    Row(
        "a local variable hides the submodule",
        "from .helper import tool\ndef f(helper):\n    return helper",
        "def f(helper):\n    return helper",
        is_package=True,
    ),
    Row(
        "a computed __all__ is written out: computing it would load everything",
        "from . import helper\nfrom .helper import tool\n__all__ = ['tool'] + helper.__all__",
        "from . import helper\n__all__ = ['tool', 'tool', 'other']",
        is_package=True,
    ),
    Row(
        "a package's star import is written out",
        "from .helper import *\ndef f():\n    return tool()",
        f"def f():\n    return {TOOL}()",
        is_package=True,
    ),
    Row(
        "a copy of another module's names is written out",
        "from .helper import copy\n__all__ = copy('pkg.helper', globals())\ndef f(): tool()",
        "from .helper import copy\nfrom pkg.helper import copy\n"
        f"__all__ = ['tool', 'other']\ndef f(): {TOOL}()",
        is_package=True,
    ),
    Row("the answer uses the name: a warm answer imports nothing", USER, USER, in_use=("tool",)),
    stays("a local variable hides the name", "from .helper import tool\ndef f(tool): tool()"),
    stays(
        "a comprehension hides the name",
        "from .helper import tool\ndef f(x): return [tool for tool in x], tool",
    ),
    stays(
        "a method has the name", "from .helper import tool\nclass C:\n    def tool(self): tool()"
    ),
    stays("a name is called at import", "from .helper import tool\nx = tool()"),
    stays("a decorator", "from .helper import tool\n@tool\ndef f():\n    return tool()"),
    stays("a default", "from .helper import tool\ndef f(x=tool):\n    return tool()"),
    stays("an annotation", "from .helper import tool\ndef f(x: tool):\n    return tool()"),
    stays("an annotation in quotes", "from .helper import tool\ndef f(x: 'tool'):\n    tool"),
    stays("a type in quotes", "from .helper import tool\nX = list['tool']\ndef f(): return tool"),
    stays("a list of its names", "from .helper import tool\nx = [*vars()]\ndef f(): return tool"),
    stays("a class body", "from .helper import tool\nclass C:\n    x = tool"),
    stays("a lambda at module level", "from .helper import tool\nf = lambda: tool()"),
    stays("a name is bound twice", f"{USER}\ntool = tool or 1"),
    stays("a function rebinds the name", f"{USER}\ndef g():\n    global tool\n    tool = 1"),
    stays("the module reads its own namespace", f"{USER}\ndef g(): globals()"),
    stays(
        "an import in a try or an if may be there to fail",
        "try:\n    from .helper import tool\nexcept ImportError:\n    tool = None\ndef f(): tool()",
    ),
    stays(
        "the value is another one where it comes from",
        "from .helper import counter\ndef f():\n    counter",
    ),
    stays("a pattern", "from .helper import tool\ndef f(x):\n    match x:\n        case tool(): 1"),
    stays(
        "another object has the name first",
        "from .again import other as tool\nfrom .helper import tool\ndef f(): tool()",
    ),
    stays(
        "the module in `import a.b` becomes an attribute, on which others may rely",
        "import pkg.helper\ndef f(): return pkg.helper.tool",
    ),
    stays(
        "a submodule of the same name would take its place",
        "from .helper import tool as helper",
        is_package=True,
    ),
    stays("a package may import a module for its effects", "from . import helper", True),
    stays("its own loader may change its source", f"{USER}\n__loader__ = None"),
    stays("a submodule of the standard library", "from os.path import join as j\ndef f(): j()"),
]
if sys.version_info >= (3, 12):  # PEP 695
    source = "from .helper import tool\ndef f[tool](): return tool"
    ROWS.append(stays("a type parameter hides the name", source))

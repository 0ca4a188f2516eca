"""scikit-learn's modules in, the same modules out, run when they are used: a faster start.

`import sklearn` and a k-NN model load 1,200 modules, of which an answer takes half. After
`import lazy_imports`, the packages in tables.py wait for their first use. Every object is the
genuine one, every module runs once, and no answer changes. These things differ:

- A module's own errors, warnings and time come with its first use, not with its import.
  A setting that the first use makes inside `catch_warnings`, `errstate` or
  `mock.patch.dict(sys.modules)` ends with that block, as with any first import there.
- `type(module)` is a subclass of ModuleType: of a waiting module until its first use, of a
  package in RE_EXPORTING always.
- Of a package in RE_EXPORTING, `vars` lacks the names that nobody has used, `del` of a name does
  not last, and every module inside is an attribute, `tests` too: `hasattr(package, "tests")`.
- `sys.modules` has fewer modules, in another order. So a pickle may name another module for an
  object that several modules hold and that does not say where it is from, such as SciPy's ufuncs.
- A reference to the `__dict__` of a module, taken in C without asking the module, may be empty.

EAGER_IMPORT=1 turns it off, as in Scientific Python's SPEC 1.
"""

import logging
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from lazy_imports.re_exporting import ReExporting
from lazy_imports.tables import DEFERRED, INDEPENDENT, PROVED, RE_EXPORTING
from lazy_imports.waiting import Deferred, waiting


class Finder:
    """Asks the finders behind it, and exchanges the loader.

    It imports nothing: Python holds a lock of all imports while it asks.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package = sys.modules.get(name.rpartition(".")[0])
        re_exporting = name in RE_EXPORTING
        deferred = name in DEFERRED or package in waiting
        if target or name in INDEPENDENT or not (re_exporting or deferred):
            return None
        for finder in sys.meta_path[sys.meta_path.index(cast(Any, Finder)) + 1 :]:
            if spec := finder.find_spec(name, path):
                # A loader of another kind is somebody's own, who wants to see the module run.
                if re_exporting and type(spec.loader) is SourceFileLoader:
                    spec.loader = cast(Any, ReExporting(spec.loader))
                elif deferred and type(spec.loader) in (SourceFileLoader, ExtensionFileLoader):
                    spec.loader = cast(Any, Deferred(spec.loader, package))
                return spec
        return None


def why_not() -> str:
    """Say why nothing may wait; "" if it may."""
    if "sklearn" in sys.modules:
        return "scikit-learn is imported already. Import lazy_imports before it."
    if "SCIPY_ARRAY_API" in os.environ:
        return "SCIPY_ARRAY_API is set, which changes what packages export."
    for name, version in PROVED.items():
        # pip names a folder by the version. (importlib.metadata would take 20 ms more.)
        spec = PathFinder.find_spec({"scikit-learn": "sklearn"}.get(name, name))
        folder = f"{name.replace('-', '_')}-{version}.dist-info"
        if not (spec and spec.origin and (Path(spec.origin).parents[1] / folder).is_dir()):
            return f"they are proved with {name} {version} only (see lazy_imports/tables.py)."
    return ""


if not os.environ.get("EAGER_IMPORT"):
    if reason := why_not():
        logging.getLogger(__name__).warning("Lazy imports are off: %s", reason)
    else:
        sys.meta_path.insert(0, cast(Any, Finder))

"""scikit-learn's modules in, the same modules out, run when they are used: a faster start.

After `import lazy_imports`, the packages in tables.py wait for their first use. Every object is the
genuine one, every module runs once, and no answer changes: model/README.md says what differs.
EAGER_IMPORT=1 (SPEC 1) turns it off.
"""

import logging
import os
import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any, cast

from lazy_imports.re_exporting import ReExporting
from lazy_imports.tables import DEFERRED, INDEPENDENT, PROVED, RE_EXPORTING
from lazy_imports.waiting import Deferred, Waiting


class Finder:
    """Exchanges loaders. It imports nothing: Python holds a lock of all imports while it asks."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        package = sys.modules.get(name.rpartition(".")[0])
        re_exporting = name in RE_EXPORTING
        deferred = name in DEFERRED or type(package) is Waiting
        if target or name in INDEPENDENT or not (re_exporting or deferred):
            return None
        for finder in cast(Any, sys.meta_path)[sys.meta_path.index(cast(Any, Finder)) + 1 :]:
            if spec := finder.find_spec(name, path):
                own = spec.loader  # of another kind, it is somebody's who wants to see the run
                if type(own) in (SourceFileLoader, ExtensionFileLoader):
                    spec.loader = ReExporting(own) if re_exporting else Deferred(own, package)
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

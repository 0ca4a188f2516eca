"""A name of scikit-learn in, its module loaded: `import lazy_imports` before it to start faster.

`import sklearn` and a k-NN model load 1,200 modules, of which an answer takes half. With this file,
the packages below are there at once, as ever, but what is inside loads when a name of it is used.
All objects are the genuine ones; only the moment differs. It works with any scikit-learn model, and
without it, and the line that imports it, everything works the same, slower.
"""

import builtins
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec, resolve_name
from pathlib import Path
from threading import RLock
from traceback import walk_stack
from types import CodeType, ModuleType
from typing import Any, cast

# The tables were proved with these versions (tests/test_lazy_*.py and `make proof`); with any
# other, nothing is lazy. From CPython 3.15 on, the language can do it (PEP 810).
PROVED = {
    "joblib": "1.6.0",
    "narwhals": "2.29.0",
    "numpy": "2.4.6",
    "scikit-learn": "1.9.1",
    "scipy": "1.17.1",
}

# Packages whose __init__ only imports names from modules inside: each name waits until it is used.
# fmt: off
RE_EXPORTING = {
    "joblib", "joblib.externals.loky", "narwhals._compliant", "narwhals.stable",
    "scipy._lib.array_api_extra", "sklearn.callback", "sklearn.cluster", "sklearn.compose",
    "sklearn.covariance", "sklearn.cross_decomposition", "sklearn.decomposition",
    "sklearn.ensemble", "sklearn.externals.array_api_extra", "sklearn.feature_extraction",
    "sklearn.feature_selection", "sklearn.gaussian_process", "sklearn.inspection",
    "sklearn.linear_model", "sklearn.manifold", "sklearn.metrics", "sklearn.metrics.cluster",
    "sklearn.mixture", "sklearn.neighbors", "sklearn.neural_network", "sklearn.preprocessing",
    "sklearn.semi_supervised", "sklearn.svm", "sklearn.tree", "sklearn.utils",
}
# fmt: on

# Modules that few fitted models call: all of it waits until a name of it is used, except names that
# are imported from it at every start, but seldom called: they come from the module inside.
DEFERRED: dict[str, dict[str, str]] = {
    "numpy.f2py": {},
    "numpy.ma": {},
    "numpy.polynomial": {},
    "numpy.testing": {},
    "scipy.interpolate": {},
    "scipy.linalg": {"get_lapack_funcs": "lapack"},
    "scipy.optimize": {},
    "scipy.sparse.csgraph": {"laplacian": "_laplacian"},
    "scipy.sparse.linalg": {"LinearOperator": "_interface", "cg": "_isolve.iterative"},
    "scipy.sparse.linalg._isolve": {},
    "scipy.spatial": {},
    "scipy.spatial.distance": {},
    "scipy.special": {"boxcox": "_ufuncs", "inv_boxcox": "_ufuncs"},
    "scipy.stats": {},
}


class Names:
    """What an import gets that is only recorded: `from source import name` asks it for the name."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __getattr__(self, name: str) -> "Place":
        return Place((self._source, name))


class Place(tuple[str, str]):
    """Where a name is defined: module, name in it."""


class ReExporting(SourceFileLoader):
    """Runs an __init__, but records what it imports from modules inside."""

    def exec_module(self, module: ModuleType) -> None:
        def record(name: str, scope: Any, local: Any, names: Any, level: int) -> object:
            source = resolve_name("." * level + name, self.name)
            if names and "*" not in names and f"{source}.".startswith(f"{self.name}."):
                return Names(source)
            return __import__(name, scope, local, names, level)

        namespace = vars(module)
        namespace["__builtins__"] = {**vars(builtins), "__import__": record}
        exec(cast(CodeType, self.get_code(self.name)), namespace)
        namespace["__builtins__"] = vars(builtins)
        recorded = {name: at for name, at in namespace.items() if isinstance(at, Place)}
        for name in recorded:
            del namespace[name]
        # What is imported from the package itself is a module inside, and found as such.
        places = {name: at for name, at in recorded.items() if at[0] != self.name}
        look_up_lazily(module, places, rest=lambda: None)


class Deferred(SourceFileLoader):
    """Runs nothing of a module until a name is used that is not found without."""

    def exec_module(self, module: ModuleType) -> None:
        known = DEFERRED[self.name].items()
        places = {name: (f"{self.name}.{source}", name) for name, source in known}
        rest = REST + self.name.replace(".", ":")  # with dots, it would be a module inside
        sys.modules.pop(rest, None)  # a module that is imported anew is empty again
        look_up_lazily(module, places, rest=lambda: import_module(rest))


class Rest(SourceFileLoader):
    """Runs what was deferred, by the import of a module that only stands for it.

    So it runs once, other threads wait, and if it fails, the next use tries again.
    """

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(sys.modules[self.name])


REST = "the rest of "


def look_up_lazily(
    module: ModuleType, places: Mapping[str, tuple[str, str]], rest: Callable[[], object]
) -> None:
    """Let missing names be looked up (PEP 562): in their places, as modules inside, in the rest."""
    name, namespace = module.__name__, vars(module)

    def find(attribute: str) -> object:
        if attribute in places:
            source, original = places[attribute]
            return getattr(import_module(source), original)
        if "__path__" in namespace and find_spec(f"{name}.{attribute}"):
            return import_module(f"{name}.{attribute}")
        # Python and the modules inside try for names that no __init__ has: __wrapped__, _cblas.
        if attribute == "__all__" or not attribute.startswith("_"):
            rest()
        if attribute not in namespace:
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        return namespace[attribute]

    def __getattr__(attribute: str) -> object:
        with one_thread_at_a_time():
            namespace[attribute] = value = find(attribute)
        return value

    def __dir__() -> list[str]:
        with one_thread_at_a_time():
            rest()
        return sorted({*namespace, *places})

    namespace |= {"__getattr__": __getattr__, "__dir__": __dir__}


loading = RLock()


def one_thread_at_a_time() -> AbstractContextManager[object]:
    """Wait for the other threads, for SciPy's modules import each other in circles.

    Not in the midst of an import: who holds the lock may be waiting for that.
    """
    files = (frame.f_code.co_filename for frame, _ in walk_stack(None))
    return nullcontext() if "<frozen importlib._bootstrap>" in files else loading


class Finder:
    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name.startswith(REST):
            deferred = sys.modules[name.removeprefix(REST).replace(":", ".")]
            return ModuleSpec(name, Rest(deferred.__name__, str(deferred.__file__)))
        loader = ReExporting if name in RE_EXPORTING else Deferred if name in DEFERRED else None
        spec = PathFinder.find_spec(name, path, target) if loader else None
        if loader and spec and spec.origin:
            spec.loader = loader(name, spec.origin)
        return spec


def proved() -> bool:
    """Look for the folders that pip names by version; importlib.metadata would take 20 ms more."""
    sklearn = find_spec("sklearn")
    folders = [f"{name.replace('-', '_')}-{version}.dist-info" for name, version in PROVED.items()]
    return bool(
        sklearn
        and sklearn.origin
        and all((Path(sklearn.origin).parents[1] / folder).is_dir() for folder in folders)
    )


if proved():
    sys.meta_path.insert(0, Finder)
else:
    versions = ", ".join(f"{name} {version}" for name, version in PROVED.items())
    logging.getLogger(__name__).warning("Lazy imports are off: proved only with %s.", versions)

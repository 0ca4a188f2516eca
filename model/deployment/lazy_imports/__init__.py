"""A name of scikit-learn in, its module loaded: `import lazy_imports` before it to start faster.

`import sklearn` and a k-NN model load 1,200 modules, of which an answer takes half. With this file,
the packages below are there at once, as ever, but what is inside loads when a name of it is used.
All objects are the genuine ones; only the moment differs. It works with any scikit-learn model, and
without it, and the line that imports it, everything works the same, slower.
"""

import builtins
import logging
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from importlib.abc import Loader
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
    "joblib", "narwhals._compliant", "narwhals.stable",
    "scipy._lib.array_api_extra", "sklearn.callback", "sklearn.cluster", "sklearn.compose",
    "sklearn.covariance", "sklearn.cross_decomposition", "sklearn.decomposition",
    "sklearn.ensemble", "sklearn.externals.array_api_extra", "sklearn.feature_extraction",
    "sklearn.feature_selection", "sklearn.gaussian_process", "sklearn.inspection",
    "sklearn.linear_model", "sklearn.manifold", "sklearn.metrics", "sklearn.metrics.cluster",
    "sklearn.mixture", "sklearn.neighbors", "sklearn.neural_network", "sklearn.preprocessing",
    "sklearn.semi_supervised", "sklearn.svm", "sklearn.tree", "sklearn.utils",
}
# fmt: on

# Modules that few fitted models call: they run when a name of theirs is used, or a module inside is
# imported; except names that are imported at every start, but seldom called: they come from the
# module inside.
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

# The modules inside that are imported at every start, and need nothing of what is around them.
# (There is no _cblas and no _clapack, but SciPy looks whether there is.)
# fmt: off
INDEPENDENT = {
    "scipy.linalg._cblas", "scipy.linalg._clapack", "scipy.linalg._fblas",
    "scipy.linalg._flapack", "scipy.linalg.blas", "scipy.linalg.cython_blas",
    "scipy.linalg.lapack", "scipy.sparse.csgraph._laplacian", "scipy.sparse.linalg._interface",
    "scipy.sparse.linalg._isolve.iterative", "scipy.sparse.linalg._isolve.utils",
    "scipy.special._ellip_harm_2", "scipy.special._gufuncs", "scipy.special._special_ufuncs",
    "scipy.special._ufuncs", "scipy.special._ufuncs_cxx", "scipy.special.cython_special",
    *DEFERRED,
}
# fmt: on


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

        def find(attribute: str) -> object:
            source, original = recorded.get(attribute, (self.name, attribute))
            if source != self.name:
                return getattr(import_module(source), original)
            inside = f"{self.name}.{original}"  # a module, or else nothing
            if original.isidentifier() and find_spec(inside):
                return import_module(inside)
            raise no_attribute(self.name, attribute)

        look_up_lazily(module, find, lambda: {*namespace, *recorded})


class Deferred(SourceFileLoader):
    """Runs nothing of a module until a name is used that is not found without."""

    def exec_module(self, module: ModuleType) -> None:
        if rest_of(self.name) in sys.modules:  # imported anew: then at once
            return super().exec_module(module)
        namespace, known = vars(module), DEFERRED[self.name]

        def find(attribute: str) -> object:
            if source := known.get(attribute):
                return getattr(import_module(f"{self.name}.{source}"), attribute)
            if (inside := f"{self.name}.{attribute}") in INDEPENDENT:
                if find_spec(inside):
                    return import_module(inside)
            # Python itself looks for names that no module has: __wrapped__, __path__.
            elif attribute[:2] != "__" or attribute == "__all__":
                run_rest(self.name)
                if attribute in namespace:
                    return namespace[attribute]
                if (own := namespace["__getattr__"]).__module__ == self.name:
                    return own(attribute)
            raise no_attribute(self.name, attribute)

        def names() -> Iterable[str]:
            run_rest(self.name)
            return namespace

        look_up_lazily(module, find, names)


class Rest(SourceFileLoader):
    """Runs what was deferred, by the import of a module that only stands for it.

    So it runs once, other threads wait, and if it fails, the next use tries again.
    """

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(sys.modules[self.name])


def rest_of(name: str) -> str:
    return f"the rest of {name.replace('.', ':')}"  # with dots, it would be a module inside


def run_rest(name: str) -> None:
    """Run what is deferred of a module; as ever, its package comes first."""
    package = name.rpartition(".")[0]
    if package in DEFERRED:
        run_rest(package)
    if isinstance(sys.modules[name].__loader__, Deferred):
        import_module(rest_of(name))


def no_attribute(name: str, attribute: str) -> AttributeError:
    return AttributeError(f"module {name!r} has no attribute {attribute!r}")


def look_up_lazily(
    module: ModuleType, find: Callable[[str], object], names: Callable[[], Iterable[str]]
) -> None:
    """Let missing names be found when they are used (PEP 562)."""

    def __getattr__(attribute: str) -> object:
        with one_thread_at_a_time():
            value = find(attribute)
            vars(module)[attribute] = value
        return value

    def __dir__() -> list[str]:
        with one_thread_at_a_time():
            return sorted({*names()} - {"__getattr__", "__dir__"})

    vars(module).update(__getattr__=__getattr__, __dir__=__dir__)


loading = RLock()
if hasattr(os, "register_at_fork"):  # a process begins with no half of a module
    os.register_at_fork(
        before=loading.acquire, after_in_parent=loading.release, after_in_child=loading.release
    )


def one_thread_at_a_time() -> AbstractContextManager[object]:
    """Wait for the other threads, for SciPy's modules import each other in circles.

    Not in the midst of an import: who holds the lock may be waiting for that.
    """
    files = (frame.f_code.co_filename for frame, _ in walk_stack(None))
    return nullcontext() if "<frozen importlib._bootstrap>" in files else loading


class Loaded:
    """Gives a module that its package has imported, when it was about to be imported by itself."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


class Finder:
    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package = name.rpartition(".")[0]
        if name in RESTS:
            deferred = sys.modules[RESTS[name]]
            return ModuleSpec(name, Rest(deferred.__name__, str(deferred.__file__)))
        if package in DEFERRED and name not in INDEPENDENT:
            run_rest(package)
            if name in sys.modules:
                return ModuleSpec(name, cast(Loader, Loaded(sys.modules[name])))
        loader = ReExporting if name in RE_EXPORTING else Deferred if name in DEFERRED else None
        spec = PathFinder.find_spec(name, path, target) if loader else None
        if loader and spec and spec.origin and isinstance(spec.loader, SourceFileLoader):
            spec.loader = loader(name, spec.origin)
        return spec


RESTS = {rest_of(name): name for name in DEFERRED}


def proved() -> bool:
    """Look for the folders that pip names by version; importlib.metadata would take 20 ms more."""
    if "SCIPY_ARRAY_API" in os.environ:  # which wraps what __init__s export
        return False
    for name, version in PROVED.items():
        spec = find_spec({"scikit-learn": "sklearn"}.get(name, name))
        folder = f"{name.replace('-', '_')}-{version}.dist-info"
        if not (spec and spec.origin and (Path(spec.origin).parents[1] / folder).is_dir()):
            return False
    return True


if proved():
    sys.meta_path.insert(0, Finder)
else:
    versions = ", ".join(f"{name} {version}" for name, version in PROVED.items())
    logging.getLogger(__name__).warning(
        "Lazy imports are off: proved only with %s, and without SCIPY_ARRAY_API.", versions
    )

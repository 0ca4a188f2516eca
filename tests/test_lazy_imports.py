"""Lazy imports change when scikit-learn's modules are loaded, and nothing else that can be seen."""

import hashlib
import importlib
import inspect
import os
import pickle
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

MODEL = Path(__file__).parents[1] / "model"
LAZY_IMPORTS = MODEL / "deployment" / "lazy_imports.py"


def child(function: Callable[..., Any], *arguments: Any, lazily: bool) -> Any:
    """Call the function in a new interpreter that has imported nothing of scikit-learn."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_switched, lazily, function, arguments).result()


def _switched(lazily: bool, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    if lazily:
        lazy_imports = importlib.import_module("lazy_imports")
        assert lazy_imports.Finder in sys.meta_path, "other versions: `make proof`, then set PROVED"
    return function(*arguments)


def on_and_off(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Any]:
    with ThreadPoolExecutor(2) as both:
        on = both.submit(child, function, *arguments, lazily=True)
        off = both.submit(child, function, *arguments, lazily=False)
        return on.result(), off.result()


@pytest.fixture(scope="module", autouse=True)
def alike_from_run_to_run() -> Iterator[None]:
    """The order of parallel sums changes last bits, and that of sets changes pickles."""
    with pytest.MonkeyPatch.context() as environment:
        for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONHASHSEED"):
            environment.setenv(variable, "1")
        yield


def data() -> tuple[Any, Any]:
    import numpy as np

    X = np.random.default_rng(0).integers(0, 6, (40, 4)) / 2
    return X, (X[:, 0] + X[:, 1] > 2).astype(int)


def fit_all(folder: Path) -> list[str]:
    """Write a pickle of every estimator scikit-learn has, fitted; return their names."""
    from sklearn.utils._test_common.instance_generator import _construct_instances
    from sklearn.utils.discovery import all_estimators
    from sklearn.utils.estimator_checks import (
        _enforce_estimator_tags_X,
        _enforce_estimator_tags_y,
    )

    warnings.simplefilter("ignore")
    for name, kind in all_estimators():
        if name == "HashingVectorizer":  # its pickle holds an address in memory
            continue
        try:
            estimator = next(iter(_construct_instances(kind)))
            seeds = {key: 0 for key in estimator.get_params() if key.endswith("random_state")}
            estimator.set_params(**seeds)
            X, y = data()
            X, y = _enforce_estimator_tags_X(estimator, X), _enforce_estimator_tags_y(estimator, y)
            estimator.fit(X, y)
        except Exception:  # ten are fitted on texts, on labels alone or on other estimators
            continue
        (folder / name).write_bytes(pickle.dumps((estimator, X, y)))
    (folder / "the served one").write_bytes(pickle.dumps((served(), [[39.15, -77.07]], ["x"])))
    return sorted(path.name for path in folder.iterdir())


def served() -> Any:
    import joblib

    return joblib.load(MODEL / "chipotle.pkl")


@pytest.fixture(scope="module")
def pickles(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("pickles")
    return folder, child(fit_all, folder, lazily=False)


def use_all(folder: Path, names: list[str]) -> dict[str, Any]:
    return {name: use(folder / name) for name in names}


def use(path: Path) -> dict[str, Any]:
    """Load a fitted estimator and use it rightly and wrongly; return all that can be seen of it."""
    estimator, X, y = pickle.loads(path.read_bytes())
    other, _, _ = pickle.loads(path.read_bytes())
    calls: dict[str, Callable[[], Any]] = {
        "answers": lambda: answers(estimator, X),
        "scores": lambda: estimator.score(X, y),
        "is told of too few columns": lambda: answers(estimator, X[:, :1]),
        "is told of texts": lambda: answers(estimator, [["a", None, "b", "c"]]),
        "is told of numbers that are none": lambda: answers(estimator, X * float("nan")),
        "is told of parameters it has not": lambda: estimator.set_params(nonsense=1),
        "is fitted again": lambda: answers(other.fit(X, y), X),
        "is fitted to nothing": lambda: other.fit(X[:0], y[:0]),
        "is of another version": lambda: other.__setstate__({"_sklearn_version": "0.1"}),
        "is written": lambda: repr(estimator),
        "has this signature": lambda: str(inspect.signature(type(estimator))),
        "is pickled": lambda: pickle.dumps(estimator),
    }
    return {what: outcome(call) for what, call in calls.items()}


def answers(estimator: Any, X: Any) -> list[Any]:
    methods = ("predict", "predict_proba", "transform", "score_samples", "kneighbors")
    return [getattr(estimator, name)(X) for name in methods if hasattr(estimator, name)]


def outcome(call: Callable[[], Any]) -> tuple[str, list[str]]:
    """Return a digest of all bits of the result, or the error, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call()
            if not isinstance(result, str):
                result = hashlib.sha256(pickle.dumps(result)).hexdigest()
        except Exception as error:
            result = f"{type(error)}: {error}"
    # An estimator without a readable name of its own is written with its address.
    result = re.sub(r"0x[0-9a-f]+", "0x...", result)
    return result, [f"{warning.category}: {warning.message}" for warning in caught]


def test_every_estimator_answers_fails_and_warns_the_same(
    pickles: tuple[Path, list[str]],
) -> None:
    on, off = on_and_off(use_all, *pickles)
    different = [
        f"{name} {what}: {on[name][what]} instead of {result}"
        for name, uses in off.items()
        for what, result in uses.items()
        if on[name][what] != result
    ]
    assert different == [], "\n".join(different)
    outcomes = [outcome for uses in off.values() for outcome in uses.values()]
    assert len(off) > 200, "hardly any estimator was compared"
    assert sum("<class" in result for result, _ in outcomes) > 500, "hardly any error was compared"
    assert sum(bool(caught) for _, caught in outcomes) > 200, "hardly any warning was compared"


def answer_all(folder: Path, names: list[str], at_once: bool) -> dict[str, Any]:
    """Load all, as at a start; then return the answers and fits of each, at once or one by one."""
    loaded = {name: pickle.loads((folder / name).read_bytes()) for name in names}
    sys.setswitchinterval(1e-6 if at_once else 5e-3)
    start = threading.Barrier(len(names) if at_once else 1)

    def answer(name: str) -> tuple[str, str]:
        estimator, X, y = loaded[name]
        start.wait()
        return name, outcome(lambda: [answers(estimator, X), answers(estimator.fit(X, y), X)])[0]

    with ThreadPoolExecutor(start.parties) as threads:
        return dict(threads.map(answer, names))


def test_threads_may_use_models_for_the_first_time_at_once(
    pickles: tuple[Path, list[str]],
) -> None:
    folder, names = pickles
    with ThreadPoolExecutor(2) as both:
        off = both.submit(child, answer_all, folder, names, False, lazily=False)
        on: dict[str, Any] = {}
        for start in range(0, len(names), 70):
            on |= child(answer_all, folder, names[start : start + 70], True, lazily=True)
    assert on == off.result()


def first_use(names: list[tuple[str, str]]) -> list[str]:
    """Use names of deferred modules for the first time, all at once, each in several threads."""
    modules = {module: importlib.import_module(module) for module, _ in names}
    sys.setswitchinterval(1e-6)
    start = threading.Barrier(4 * len(names))

    def get(module: str, name: str) -> int:
        start.wait()
        return id(getattr(modules[module], name))

    with ThreadPoolExecutor(start.parties) as threads:
        got = [[threads.submit(get, *name) for _ in range(4)] for name in names]
        return [
            str(name)
            for name, ids in zip(names, got, strict=True)
            if len({i.result() for i in ids}) > 1
        ]


def test_threads_get_one_and_the_same_object() -> None:
    names = [
        ("scipy.interpolate", "BSpline"),
        ("scipy.linalg", "lstsq"),
        ("scipy.optimize", "minimize"),
        ("scipy.sparse.csgraph", "dijkstra"),
        ("scipy.sparse.linalg", "eigsh"),
        ("scipy.spatial", "cKDTree"),
        ("scipy.special", "gamma"),
        ("scipy.stats", "norm"),
        ("sklearn.linear_model", "Ridge"),
        ("sklearn.metrics", "roc_curve"),
    ]
    for start in range(0, len(names), 5):  # another comes first each time
        assert child(first_use, names[start:] + names[:start], lazily=True) == []


def packages() -> list[str]:
    lazy_imports = importlib.import_module("lazy_imports")
    return sorted({*lazy_imports.RE_EXPORTING, *lazy_imports.DEFERRED})


def names_in(packages: list[str]) -> dict[str, list[str]]:
    return {package: dir(importlib.import_module(package)) for package in packages}


def surface(names: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    """Describe what can be got out of packages: the names, the star, what it lacks, the text."""
    return {
        package: surface_of(importlib.import_module(package), names[package]) for package in names
    }


def surface_of(package: Any, names: list[str]) -> dict[str, str]:
    star: dict[str, Any] = {}
    exec(f"from {package.__name__} import *", star)
    return {
        **{name: described(getattr(package, name, None)) for name in names if name[:2] != "__"},
        "from package import *": str(sorted(star)),
        "package.nonsense": outcome(lambda: package.nonsense)[0],
        "from package import nonsense": outcome(
            lambda: exec(f"from {package.__name__} import nonsense")
        )[0],
        "source": inspect.getsource(package),
    }


def described(value: Any) -> str:
    qualified = [str(getattr(value, name, "")) for name in ("__module__", "__name__")]
    return " ".join([str(type(value)), *qualified])


def test_every_package_shows_the_same_objects_and_errors() -> None:
    names = child(names_in, child(packages, lazily=False), lazily=False)
    on, off = on_and_off(surface, names)
    for package in names:
        assert on[package] == off[package], package


def modules_of_an_answer() -> list[str]:
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as in the image
    served().predict([[39.15, -77.07]])
    return [*sys.modules]


def test_an_answer_takes_half_of_the_modules() -> None:
    on, off = on_and_off(modules_of_an_answer)
    assert len(on) < 0.6 * len(off)
    assert "scipy.stats._stats_py" in {*off} - {*on}


def test_with_other_versions_they_stay_off_and_say_so(tmp_path: Path) -> None:
    other = LAZY_IMPORTS.read_text().replace('"scikit-learn": "', '"scikit-learn": "0.')
    (tmp_path / "lazy_imports.py").write_text(other)
    code = "import lazy_imports, sys; assert lazy_imports.Finder not in sys.meta_path"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    assert result.stdout == ""
    assert re.fullmatch(
        "Lazy imports are off: proved only with .*scikit-learn 0.*, scipy .*\n", result.stderr
    )


def modules_of_estimators() -> list[str]:
    """Name those that a pickle may import before any other."""
    from sklearn.utils.discovery import all_estimators

    return sorted({estimator.__module__ for _, estimator in all_estimators()})


def import_each_first(modules: list[str]) -> dict[str, int]:
    """Import each before any other of scikit-learn, in a process of its own."""
    import numpy  # noqa: F401  # once for all, to be quick

    return {module: exit_code(module) for module in modules}


def exit_code(module: str) -> int:
    if not (process := os.fork()):
        try:
            importlib.import_module(module)
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.proof
def test_every_module_of_an_estimator_can_be_imported_first() -> None:
    on, off = on_and_off(import_each_first, child(modules_of_estimators, lazily=False))
    assert on == off
    assert len(on) > 100
    assert {*on.values()} == {0}


@pytest.mark.proof
def test_scikit_learns_own_tests_end_and_warn_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as both:
        on, off = both.map(report_of_tests, (True, False), (tmp_path, tmp_path))
    assert on == off
    assert int(re.findall(r"(\d+) passed", off)[0]) > 3_000


def report_of_tests(lazily: bool, folder: Path) -> str:
    """Run those of what the served model is made of; return how each ended, and all warnings."""
    tested = ["neighbors", "tests.test_pipeline", "preprocessing", "compose"]
    result = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no"),
            *(["-p", "lazy_imports"] if lazily else []),
            *("--pyargs", *(f"sklearn.{name}" for name in tested)),
        ],
        cwd=folder,
        # A regression on random numbers (test_pipeline) converges or warns, by chance: seed them.
        env={**os.environ, "PYTHONPATH": str(LAZY_IMPORTS.parent), "SKLEARN_SEED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return re.sub(r" in [\d.]+s.*", "", result.stdout)

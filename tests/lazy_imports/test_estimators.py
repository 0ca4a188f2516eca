"""With lazy imports, every estimator of scikit-learn answers, fails and warns as without."""

import inspect
import pickle
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.lazy_imports.new_interpreter import child, on_and_off, outcome


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
    for name, fitted in composed().items():
        (folder / name).write_bytes(pickle.dumps(fitted))
    return sorted(path.name for path in folder.iterdir())


def composed() -> dict[str, tuple[Any, Any, Any]]:
    """The served model, and models of what none above has: texts, a table, SciPy's objects."""
    import pandas as pd
    from scipy.interpolate import PchipInterpolator
    from sklearn.compose import make_column_transformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

    curve = FunctionTransformer(PchipInterpolator([0, 1, 3], [0, 2, 3]))
    y = [0, 1] * 20
    texts = [f"{'a cat' if label else 'the dog'} {number}" for number, label in enumerate(y)]
    table = pd.DataFrame({"kind": [*"abcd"] * 10, "size": range(40)})
    words = TfidfVectorizer(analyzer=str.split)  # else it remembers an address in memory
    columns = make_column_transformer((OneHotEncoder(), ["kind"]), (StandardScaler(), ["size"]))
    return {
        "of texts": (
            make_pipeline(words, LogisticRegression()).fit(texts, y),
            texts,
            y,
        ),
        "of a curve": (curve.fit([[1.0], [2.0]]), [[1.0], [2.0]], [0, 1]),
        "of a table": (make_pipeline(columns, LogisticRegression()).fit(table, y), table, y),
    }


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


@pytest.mark.proof
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


@pytest.mark.proof
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

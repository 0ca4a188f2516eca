"""Real libraries behave the same with deferred imports: own tests, threads, models, pickles."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import pytest

from tests.start.environments import Environment
from tests.start.kinds import KINDS, TRAIN

PACKAGES = [
    *(f"sklearn.{name}" for name in ("cluster", "ensemble", "gaussian_process", "linear_model")),
    *(f"sklearn.{name}" for name in ("naive_bayes", "neighbors", "neural_network", "svm")),
    *(f"scipy.{name}" for name in ("interpolate", "spatial", "special", "sparse.csgraph", "stats")),
    "xgboost",
]
EXAMPLE = """
from importlib import import_module
from sklearn.neighbors import KNeighborsClassifier
for name in {packages}:
    import_module(name)
model = KNeighborsClassifier(1).fit([[0], [1]], [3, 4])
answer = lambda: model.predict([[1]]).tolist()
"""
LIBRARY_TESTS = [
    "sklearn/neighbors/tests/test_nearest_centroid.py",
    *(
        pytest.param(path, marks=pytest.mark.proof)
        for path in (
            *(f"sklearn/{name}/tests" for name in ("neighbors", "svm", "cluster")),
            *(
                "sklearn/linear_model/tests/test_ridge.py",
                "sklearn/ensemble/tests/test_stacking.py",
            ),
            *("sklearn/metrics/tests/test_ranking.py", "sklearn/preprocessing/tests/test_data.py"),
            *(f"scipy/{name}/tests" for name in ("special", "spatial", "interpolate")),
            *("scipy/sparse/csgraph/tests", "scipy/stats/tests/test_stats.py"),
        )
    ),
]
THREADS = """
import random, sys, threading
from importlib import import_module
errors, barrier = [], threading.Barrier(24)
modules = [import_module(name) for name in {packages}]
def use(seed):
    names = [(module, name) for module in modules for name in dir(module)]
    random.Random(seed).shuffle(names)
    barrier.wait()
    for module, name in names:
        try:
            getattr(module, name)
        except BaseException as error:
            errors.append(f"{{module.__name__}}.{{name}}: {{error!r}}")
seeds = [(f"{{sys.argv[1]}} {{i}}",) for i in range(24)]
threads = [threading.Thread(target=use, args=seed, daemon=True) for seed in seeds]
for thread in threads: thread.start()
for thread in threads: thread.join(20)
print(*errors, *(["it hangs"] if any(thread.is_alive() for thread in threads) else []))
"""
PREDICT = """
import pickle, sys, sklearn.datasets
model = pickle.load(open(sys.argv[1], "rb"))
print(model.predict(sklearn.datasets.load_iris(return_X_y=True)[0]).tobytes().hex())
"""


@pytest.fixture(scope="module")
def environments() -> Iterator[Mapping[str, Environment]]:
    """The tests' own packages, as they are and rewritten."""
    code, names = EXAMPLE.format(packages=PACKAGES), ("plain", "deferred")
    with TemporaryDirectory(dir=sys.prefix) as folder:  # hard links need the same file system
        made = {name: Environment(Path(folder, name), None, code) for name in names}
        for environment in made.values():  # scikit-learn imports pandas if it is there
            rmtree(environment.site / "pandas")
        said = made["deferred"].defer()
        assert "wait until they are used" in said, said
        yield made


@pytest.mark.parametrize("path", LIBRARY_TESTS)
def test_a_librarys_own_tests_have_the_same_outcomes(
    environments: Mapping[str, Environment], path: str
) -> None:
    plain, deferred = (outcomes(environment, path) for environment in environments.values())
    assert len(plain) > 5
    assert deferred == plain


def outcomes(environment: Environment, path: str) -> dict[tuple[str, str], list[str]]:
    """Run tests of a package; return each one's outcome."""
    report = environment.task / "report.xml"
    options = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", f"--junitxml={report}"]
    environment.run(
        *("-m", "pytest", *options, str(environment.site / path)),
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        OMP_NUM_THREADS="1",
    )
    cases = ElementTree.parse(report).iter("testcase")
    return {(c.attrib["classname"], c.attrib["name"]): sorted(e.tag for e in c) for c in cases}


@pytest.mark.parametrize(
    "run", [0, *(pytest.param(n, marks=pytest.mark.proof) for n in range(1, 100))]
)
def test_threads_may_use_deferred_names_at_once(
    environments: Mapping[str, Environment], run: int
) -> None:
    done = environments["deferred"].run("-c", THREADS.format(packages=PACKAGES), str(run))
    assert done.stdout == "\n", done.stdout + done.stderr


@pytest.mark.proof
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "LightGBM"])  # not installed
def test_a_model_predicts_the_same_bits_wherever_it_was_trained(
    environments: Mapping[str, Environment], kind: str
) -> None:
    predictions = set()
    for trained in environments.values():
        trained.run("-c", TRAIN, KINDS[kind])
        pickle = str(Path(trained.task, "model.pkl"))
        for loaded in environments.values():
            predictions.add(loaded.run("-c", PREDICT, pickle).stdout)
    assert len(predictions) == 1
    assert len(predictions.pop()) > 100

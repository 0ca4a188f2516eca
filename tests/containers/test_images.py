"""Both images, built from the committed Dockerfiles, reproduce the model and its answers."""

import hashlib
import json
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from predictive_lambda.local.event import make_event
from predictive_lambda.local.image import (
    ENGINE,
    MODEL,
    Container,
    EngineError,
    build,
    container,
    docker,
)
from tests.engines import EXAMPLE, in_process, over_http, served
from tests.table import Row, all_rows

[PICKLE] = MODEL.glob("*.pkl")
MANIFEST = PICKLE.with_suffix(".json")
ARTEFACTS = (PICKLE.name, MANIFEST.name)
EVENT = make_event(EXAMPLE.method, EXAMPLE.target)


@pytest.fixture(scope="module")
def trained(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of model/ without artefacts, after trainmodel.sh."""
    folder = tmp_path_factory.mktemp("trained") / "model"
    shutil.copytree(MODEL, folder, ignore=shutil.ignore_patterns(*ARTEFACTS, "__pycache__"))
    subprocess.run(["sh", folder / "trainmodel.sh"], check=True, capture_output=True)
    return folder


def test_training_in_the_container_gives_the_committed_artefacts(trained: Path) -> None:
    """The same bytes, if they were committed from a container on such a machine."""
    fresh, committed = (
        json.loads((folder / MANIFEST.name).read_text()) for folder in (trained, MODEL)
    )
    if fresh["python"] == committed["python"] and platform.machine() in ("x86_64", "AMD64"):
        for name in ARTEFACTS:
            assert (trained / name).read_bytes() == (MODEL / name).read_bytes()
    assert fresh["signature"] == committed["signature"]
    assert fresh["about"] == committed["about"]


def test_the_training_image_keeps_data_code_and_model(trained: Path) -> None:
    content = (trained / PICKLE.name).read_bytes()
    image = f"predictive-lambda-training:{hashlib.sha256(content).hexdigest()[:12]}"
    kept = docker("run", "--rm", "--entrypoint", "sh", image, "-c", "sha256sum */*.*")
    hashes = {name: sha256 for sha256, name in map(str.split, kept.splitlines())}
    assert hashes[f"trained/{PICKLE.name}"] == hashlib.sha256(content).hexdigest()
    labels = json.loads(docker("image", "inspect", "--format", "{{json .Config.Labels}}", image))
    for file in (trained / "training").glob("*.*"):
        assert hashes[f"training/{file.name}"] == hashlib.sha256(file.read_bytes()).hexdigest()
        if file.suffix == ".csv":
            assert labels[f"{file.name}.sha256"] == hashes[f"training/{file.name}"]


def test_the_serving_image_holds_only_the_model_and_its_code(serving: Container) -> None:
    found = docker("exec", serving.name, "find", ".", "-type", "f").splitlines()
    files = {name for name in found if "/__pycache__/" not in name}
    deployment = MODEL / "deployment"
    code = {
        f"./{file.relative_to(deployment)}"
        for file in deployment.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert files == code | {"./requirements.txt", *(f"./{name}" for name in ARTEFACTS)}
    if "pandas==" not in (MODEL / "requirements.txt").read_text():
        with pytest.raises(EngineError, match="No module named 'pandas'"):
            docker("exec", serving.name, "python", "-c", "import pandas")


def test_the_serving_image_compiles_nothing_at_start(serving: Container) -> None:
    """`python -v` names each module's file; a .py means that it had to be compiled."""
    command = [ENGINE, "exec", serving.name, "python", "-v", "-c", "import app"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    loaded = re.findall(r"^# code object from '?([^'\n]+?)'?$", output, re.MULTILINE)
    assert len(loaded) > 100  # the regular expression still matches
    assert [name for name in loaded if not name.endswith(".pyc")] == []


def test_the_function_is_unprivileged_and_can_only_write_to_tmp(serving: Container) -> None:
    status = docker("exec", serving.name, "cat", "/proc/1/status")
    assert "\nUid:\t993\t" in status
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
    with pytest.raises(EngineError, match=r"[Rr]ead-only file system"):
        docker("exec", serving.name, "touch", "/var/task/mark")


@pytest.mark.proof
def test_a_clone_that_only_its_owner_can_read_is_served(engine: None, tmp_path: Path) -> None:
    """As after `umask 077; git clone`: COPY keeps modes, and Lambda runs as another user."""
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    image = build(folder)
    with container(image) as running:
        assert running(EVENT)["body"] == in_process(EXAMPLE).text
    docker("rmi", "--no-prune", image)


@pytest.fixture(scope="module")
def in_container(serving: Container) -> Iterator[str]:
    with served(serving) as url:
        yield url


@pytest.mark.parametrize("row", all_rows(), ids=lambda row: row.rule)
def test_in_the_container_as_in_process(row: Row, local_api: str, in_container: str) -> None:
    here, there = (over_http(url)(row) for url in (local_api, in_container))
    row.check(there)
    assert there.status == here.status
    assert there.text == here.text
    # Lengths may differ: another version of zlib compresses the same text to other bytes.
    for name in (here.headers | there.headers).keys() - {"date", "content-length"}:
        assert there.headers.get(name) == here.headers.get(name)

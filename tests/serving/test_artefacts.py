"""The committed model, manifest and Dockerfiles belong together; loading checks the first two."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sklearn

from artefacts import image
from serving.artefacts import ArtefactError, load

MODEL = Path(__file__).resolve().parents[2] / "model"
[PICKLE] = MODEL.glob("*.pkl")
MANIFEST = PICKLE.with_suffix(".json")


def test_the_model_was_trained_with_the_versions_that_serve_it(capsys: Any) -> None:
    image.warn_of_versions(json.loads(MANIFEST.read_text())["versions"])
    assert capsys.readouterr().err == ""


def test_both_images_have_the_same_base_and_install_before_they_copy_code() -> None:
    serving = (MODEL / "Dockerfile").read_text()
    training = (MODEL / "TrainingDockerfile").read_text()
    standard = "FROM public.ecr.aws/lambda/python:3.13 AS tagged"
    for text in (serving, training):
        bases = re.findall("^(?:ARG BASE|FROM).*$", text, re.MULTILINE)
        assert bases == ["ARG BASE=tagged", standard, "FROM ${BASE}"]
    assert serving.index("RUN pip") < serving.index("COPY deployment")
    assert training.index("RUN pip") < training.index("COPY training/ training/")
    assert 'CMD ["app.lambdaHandler"]' in serving


EXITS = b"csys\nexit\n(S'unpickled'\ntR."  # a pickle that calls sys.exit("unpickled")
RENAMED = b"csys\nold_name\n."  # a pickle of sys.old_name


@pytest.fixture
def task(tmp_path: Path) -> Path:
    """A folder with the model's files, like the image's /var/task."""
    for file in (PICKLE, MANIFEST):
        shutil.copy(file, tmp_path)
    return tmp_path


def edit_manifest(task: Path, **changes: object) -> None:
    manifest = json.loads((task / MANIFEST.name).read_text())
    (task / MANIFEST.name).write_text(json.dumps(manifest | changes))


def pickle_renamed(task: Path) -> None:
    (task / PICKLE.name).write_bytes(RENAMED)
    edit_manifest(task, pickle_sha256=hashlib.sha256(RENAMED).hexdigest())


MISFITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no pickle": (lambda task: (task / PICKLE.name).unlink(), "No pickle (*.pkl) was found in"),
    "no manifest": (lambda task: (task / MANIFEST.name).unlink(), "cannot be read"),
    "cut short": (lambda task: (task / MANIFEST.name).write_text("{"), "is not a manifest"),
    "another pattern's": (lambda task: edit_manifest(task, trees=5), "is not a manifest"),
    "pickle that runs code": (
        lambda task: (task / PICKLE.name).write_bytes(EXITS),
        f"is not the model that {MANIFEST.name} describes",
    ),
    "a class that was renamed": (pickle_renamed, f"{PICKLE.name} cannot be loaded"),
    "two pickles": (lambda task: shutil.copy(PICKLE, task / "b.pkl"), "Only one pickle is allowed"),
    "another scikit-learn": (
        lambda task: edit_manifest(task, versions={"sklearn": "0.23.2"}),
        f"was trained with sklearn 0.23.2, but {sklearn.__version__} is installed",
    ),
    "a package that is missing": (
        lambda task: edit_manifest(task, versions={"forests": "1.0"}),
        f"{PICKLE.name} needs forests: No module named 'forests'",
    ),
}


@pytest.mark.parametrize(("misfit", "sentence"), MISFITS.values(), ids=[*MISFITS])
def test_files_that_do_not_match_are_rejected_with_advice(
    task: Path, misfit: Callable[[Path], object], sentence: str
) -> None:
    """tests/containers/test_faults.py starts a container with such files."""
    misfit(task)
    with pytest.raises(ArtefactError, match=re.escape(sentence)) as rejected:
        load(task)
    assert str(rejected.value).endswith(("rain the model again: make train.", "remove the other."))

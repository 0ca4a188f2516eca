"""The model's files: finds them, checks that they belong together, and unpickles the estimator."""

import hashlib
import pickle
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from serving.manifest import Manifest


class ArtefactError(RuntimeError):
    """The model's files cannot be served; the message says why and how to fix it."""

    def __init__(self, why: str, advice: str = "Train the model again: make train") -> None:
        super().__init__(f"{why}. {advice}.")


def load(folder: Path) -> tuple[Any, Manifest]:
    """Unpickle the model in the folder, or in one above it; return it and its manifest.

    NAME.pkl and NAME.json lie side by side. If they do not belong together, or were made with other
    versions of packages, this raises ArtefactError before it unpickles. That catches files that are
    stale, truncated or from two trainings, but not an attacker who can write both: a pickle runs
    code.
    """
    path = find(folder)
    try:
        manifest = Manifest.parse(path.with_suffix(".json").read_bytes())
        file = path.open("rb")
    except OSError as error:
        raise ArtefactError(f"{error.filename} cannot be read ({error.strerror})") from error
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{path.with_suffix('.json')} is not a manifest") from error
    with file:  # streamed: a large pickle is never in memory as a whole
        if (found := hashlib.file_digest(file, "sha256").hexdigest()) != manifest.pickle_sha256:
            raise ArtefactError(
                f"{path.name} (sha256 {found[:12]}) is not the model that {path.stem}.json "
                f"describes ({manifest.pickle_sha256[:12]})",
            )
        compare_versions(path.name, manifest.versions)
        file.seek(0)
        try:
            return pickle.load(file), manifest  # joblib.load needs 20 times the time
        except (AttributeError, ImportError) as error:  # a class of steps.py was renamed, say
            raise ArtefactError(f"{path.name} cannot be loaded: {error}") from error


def find(folder: Path) -> Path:
    """Return the one pickle in the folder, or else in the closer of the two folders above it."""
    for place in (folder, *folder.parents[:2]):
        pickles = sorted(place.glob("*.pkl"))
        if len(pickles) > 1:
            several = f"{place} has {' and '.join(path.name for path in pickles)}"
            raise ArtefactError(several, "Only one pickle is allowed: remove the other")
        if pickles:
            return pickles[0]
    raise ArtefactError(f"No pickle (*.pkl) was found in {folder} or above it")


def compare_versions(name: str, versions: Mapping[str, str]) -> None:
    """Raise ArtefactError if a package is missing, or its version is not the training's."""
    advice = "Install model/requirements.txt, or train the model again: make train"
    for package, version in versions.items():
        try:
            found = import_module(package).__version__
        except ImportError as error:
            raise ArtefactError(f"{name} needs {package}: {error}", advice) from error
        if found != version:
            other = f"{name} was trained with {package} {version}, but {found} is installed"
            raise ArtefactError(other, advice)

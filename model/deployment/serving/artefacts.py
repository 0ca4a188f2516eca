"""The model's files: a folder in, the estimator and its manifest out, if they belong together."""

import hashlib
import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import sklearn
from sklearn.exceptions import InconsistentVersionWarning


class ArtefactError(RuntimeError):
    """The model's files cannot be served; the message says why and how to mend it."""

    def __init__(self, why: str, advice: str = "Train the model again: make train") -> None:
        super().__init__(f"{why}. {advice}.")


def load(folder: Path) -> tuple[Any, dict[str, Any]]:
    """Unpickle the model of the folder, or of one above; return it and its manifest.

    NAME.pkl and NAME.json lie side by side. If they do not belong together, this raises
    ArtefactError before it unpickles. It finds files that are stale, cut short or of two
    trainings. It does not protect against someone who can write both: a pickle runs code.
    """
    path = find(folder)
    try:
        content = path.read_bytes()
        manifest = json.loads(path.with_suffix(".json").read_bytes())
        trained_with, sha256 = manifest["scikit-learn"], str(manifest["pickle_sha256"])
    except OSError as error:
        raise ArtefactError(f"{error.filename} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{path.with_suffix('.json')} is not a manifest") from error
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ArtefactError(
            f"{path.name} (sha256 {found[:12]}) is not the model that {path.stem}.json describes "
            f"({sha256[:12]})",
        )
    if trained_with != sklearn.__version__:
        raise ArtefactError(
            f"{path.name} was trained with scikit-learn {trained_with}, but here is "
            f"{sklearn.__version__}",
            "Install model/requirements.txt, or train the model again: make train",
        )
    with warnings.catch_warnings(action="error", category=InconsistentVersionWarning):
        return pickle.loads(content), manifest  # joblib.load needs 20 times the time


def find(folder: Path) -> Path:
    """Return the one pickle in the folder, or else in the closer of the two folders above it."""
    for place in (folder, *folder.parents[:2]):
        pickles = sorted(place.glob("*.pkl"))
        if len(pickles) > 1:
            names = " and ".join(path.name for path in pickles)
            raise ArtefactError(f"{place} has {names}", "It can have one pickle: remove the other")
        if pickles:
            return pickles[0]
    raise ArtefactError(f"There is no pickle (*.pkl) in {folder} or above it")

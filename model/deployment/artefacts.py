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

    def __init__(self, why: str) -> None:
        super().__init__(f"{why}: in model/, run ./trainmodel.sh")


def load(folder: Path) -> tuple[Any, dict[str, Any]]:
    """Unpickle the model of the folder, or of the one above; raise ArtefactError before if unfit.

    Guards against stale, truncated and mismatched files, not against someone who can write both.
    """
    folder = folder if (folder / "chipotle.pkl").exists() else folder.parent
    try:
        content = (folder / "chipotle.pkl").read_bytes()
        manifest = json.loads((folder / "chipotle.json").read_bytes())
        trained_with, sha256 = manifest["scikit-learn"], str(manifest["pickle_sha256"])
    except OSError as error:
        raise ArtefactError(f"{error.filename} cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ArtefactError(f"{folder / 'chipotle.json'} is not a manifest") from error
    if (found := hashlib.sha256(content).hexdigest()) != sha256:
        raise ArtefactError(
            f"chipotle.pkl (sha256 {found[:12]}) is not the model that chipotle.json describes "
            f"({sha256[:12]})"
        )
    if trained_with != sklearn.__version__:
        raise ArtefactError(
            f"chipotle.pkl was trained with scikit-learn {trained_with}, but here is "
            f"{sklearn.__version__}; install model/requirements.txt, or else"
        )
    with warnings.catch_warnings(action="error", category=InconsistentVersionWarning):
        return pickle.loads(content), manifest  # joblib.load takes 20 times as long

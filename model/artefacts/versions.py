"""Compare package versions: in the training process, in the image's lock, and in loaded files."""

import re
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import sklearn.base
from sklearn.exceptions import InconsistentVersionWarning

from artefacts.refusals import ModelError

LOCK = Path(__file__).resolve().parent.parent / "requirements.txt"


def pins() -> dict[str, list[str]]:
    """Return the versions in the image's lock by package: several if it depends on Python's."""
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK.read_text(), re.MULTILINE):
        found.setdefault(plain_name(package), []).append(version)
    return found


def absent() -> set[str]:
    """Return the modules that are installed here and missing from the serving image."""
    there, found = pins(), packages_distributions().items()
    return {name for name, packages in found if not any(plain_name(p) in there for p in packages)}


def check_loaded() -> None:
    """Raise ModelError if a file of another scikit-learn version was loaded in this process.

    scikit-learn only warns when it loads one. A new pickle of the model would claim the installed
    version, so nobody would be warned again. But Python remembers which warnings it showed.
    """
    for shown in getattr(sklearn.base, "__warningregistry__", {}):
        if isinstance(shown, tuple) and InconsistentVersionWarning in shown:
            [sentence, *_] = str(shown[0]).partition(". ")
            raise ModelError(
                f"{sentence}. Train it with the version in model/requirements.txt, or put its "
                "version into model/requirements.in and run make lock."
            )


def check_trained(versions: Mapping[str, str]) -> None:
    """Raise ModelError if the lock has other versions than the training; warn if it has two."""
    packages, locked = packages_distributions(), pins()
    for module, version in versions.items():
        names = [name for name in map(plain_name, packages.get(module, [])) if name in locked]
        if not names:  # the user's own steps
            continue
        name = names[0]
        if version not in locked[name]:
            raise ModelError(
                f"The model was trained with {name} {version}, but model/requirements.txt has "
                f"{' and '.join(locked[name])}. Train with the image's packages: make train."
            )
        if len(locked[name]) > 1:
            print(
                f"model/requirements.txt has {name} {' and '.join(locked[name])}, depending on "
                f"Python's version. This model needs {version}. Before you deploy: make train",
                file=sys.stderr,
            )


def plain_name(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()

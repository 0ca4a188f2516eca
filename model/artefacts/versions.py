"""Compare the versions of packages: of loaded files, of the training process and of the image."""

import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions

import sklearn.base
from sklearn.exceptions import InconsistentVersionWarning

from artefacts.image import pins, plain_name
from artefacts.refusals import ModelError


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
        for name in {plain_name(package) for package in packages.get(module, [])} & locked.keys():
            found = " and ".join(locked[name])
            if version not in locked[name]:
                raise ModelError(
                    f"The model was trained with {name} {version}, but model/requirements.txt has "
                    f"{found}. Train with the image's packages: make train."
                )
            if len(locked[name]) > 1:
                print(
                    f"model/requirements.txt has {name} {found}, depending on Python's version. "
                    f"This model needs {version}. Before you deploy: make train",
                    file=sys.stderr,
                )

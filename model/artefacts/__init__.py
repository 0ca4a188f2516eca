"""Keep what training made: a fitted model in, NAME.pkl and NAME.json out, if they can be served.

The pattern's: any training calls `write`. Its files are all that the function needs of it.
"""

import contextlib
import hashlib
import json
import os
import pickle
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import sklearn

from artefacts import signature, trial
from artefacts.refusals import OF_LIBRARIES, ModelError
from artefacts.signature import rows

__all__ = ["ModelError", "rows", "write"]
MODEL = Path(__file__).resolve().parent.parent
MINUTE, HOUR = 60, 3600  # seconds


def write(
    model: Any,
    *,
    name: str,
    table: pd.DataFrame,
    target: str | Sequence[str] = (),
    about: Mapping[str, Any] | None = None,
    units: Mapping[str, str] | None = None,
    example: Mapping[str, Any] | None = None,
    folder: Path = MODEL,
) -> str:
    """Write NAME.pkl and NAME.json into the folder; return the pickle's sha256.

    table: what the model was fitted on, one column an input, and the columns of `target`.
    about: facts for people, such as a title; units: by column; example: values of a request, by
    column; a row of the table gives the others.

    The same model, table and facts give the same bytes. Both files are complete on disk before
    either takes its name. Raises ModelError if the function could not load the model or answer with
    it, and OSError if the folder cannot be written; then the old files stay.
    """
    if not re.fullmatch(r"[\w-][\w.-]*", name):
        raise ModelError(f"The name {name!r} is no file's. It may have letters, digits, _, - and .")
    targets = [target] if isinstance(target, str) else [*target]
    try:  # before it predicts, which some models count
        content = pickle.dumps(model, protocol=5)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        advice = OF_LIBRARIES
        raise ModelError(f"The model cannot be pickled: {error}. {advice}.") from error
    described = signature.describe(model, table, targets, units or {}, example)
    sha256 = hashlib.sha256(content).hexdigest()
    manifest = {
        "pickle_sha256": sha256,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "joblib": joblib.__version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "about": dict(about or {}),
        "signature": described,
    }
    try:
        text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        text.encode()
    except (TypeError, ValueError) as error:
        raise ModelError(f"`about`, `example` or a name is not what JSON has: {error}.") from error
    _sweep(folder, ".training-*", HOUR)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".training-") as new:
        files = {f"{name}.pkl": content, f"{name}.json": text.encode()}
        for file_name, data in files.items():
            with open(Path(new, file_name), "wb") as file:
                file.write(data)
                os.fsync(file.fileno())
        inputs = table.drop(columns=targets)
        trial.load(Path(new, f"{name}.pkl"), model, inputs, described["flat"])
        with _only_one(folder):
            for file_name in files:
                os.replace(Path(new, file_name), folder / file_name)
    return sha256


@contextlib.contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Let trainings at once take the names one after the other, as trainmodel.sh does.

    So no pair is mixed. A lock of a minute ago is that of a killed training.
    """
    lock = folder / ".training-lock"
    while True:
        try:
            lock.mkdir()
            break
        except FileExistsError:
            _sweep(folder, lock.name, MINUTE)
            time.sleep(0.2)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):  # swept, because this took a minute
            lock.rmdir()


def _sweep(folder: Path, names: str, seconds: float) -> None:
    """Remove what trainings left in the folder so long ago."""
    for left in folder.glob(names):
        with contextlib.suppress(FileNotFoundError):
            if left.stat().st_mtime < time.time() - seconds:
                shutil.rmtree(left, ignore_errors=True)

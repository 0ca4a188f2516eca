"""Write the two files that the function serves: a fitted model and its manifest.

A training script ends with `artefacts.write`, which first checks that the model can be served.
"""

import hashlib
import os
import platform
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from artefacts.estimators import has_threshold, pickled, predict_here
from artefacts.refusals import ModelError, check, compare_classes
from artefacts.signature import as_columns, describe, first_row, plain, result_types, rows_to_try
from artefacts.trial import complete
from artefacts.versions import check_loaded
from serving.manifest import Manifest, Signature

__all__ = ["ModelError", "write"]
MODEL = Path(__file__).resolve().parent.parent


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

    table: the data that the model was fitted on: a column for each input, and those in `target`.
    about: facts for people, such as a title. units: the inputs' units, by column. example: values
    of an example request, by column; a row of the table provides the others.

    The same model, table and facts give the same bytes. Both files are complete on disk before
    they replace the old ones. Raises ModelError if the function could not load the model or would
    answer differently from it, and OSError if the folder cannot be written; the old files then
    stay.
    """
    if not re.fullmatch(r"[\w-][\w.-]*", name):
        raise ModelError(f"{name!r} is not a valid name. Use letters, digits, _, - and .")
    targets = [target] if isinstance(target, str) else [*target]
    units, example = units or {}, {name: plain(v) for name, v in (example or {}).items()}
    check(model, table, targets, [*targets, *units, *example])
    check_loaded()
    content = pickled(model)  # before predicting, which changes some models
    inputs = tuple(
        describe(column, units.get(str(column_name), ""))
        for column_name, column in table.drop(columns=targets).items()
    )
    tried = table.iloc[rows_to_try(table, targets)]
    columns = as_columns(inputs, tried)
    own, expected, likelihoods = predict_here(model, tried.drop(columns=targets), inputs, columns)
    compare_classes(model, table, targets)
    draft = Manifest(
        hashlib.sha256(content).hexdigest(),
        ".".join(platform.python_version_tuple()[:2]),
        versions={},
        signature=Signature(
            inputs,
            result_types(expected, targets or ["label"]),
            first_row(inputs, columns) | example,
        ),
        about=dict(about or {}),
    )
    with tempfile.TemporaryDirectory(dir=folder, prefix=".training-") as new:
        file = Path(new, f"{name}.pkl")
        file.write_bytes(content)
        complete(file, draft, columns, expected, likelihoods, own, has_threshold(model))
        files = [file, file.with_suffix(".json")]
        for path in files:
            with path.open("rb") as written:
                os.fsync(written.fileno())
        for path in files:  # if concurrent trainings mix theirs, serving rejects the pair
            os.replace(path, folder / path.name)
    return draft.pickle_sha256

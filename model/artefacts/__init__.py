"""Write the two files that the function serves: a fitted model and its manifest.

A training script ends with `artefacts.write`, which first checks that the model can be served.
"""

import hashlib
import json
import platform
import re
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from artefacts import image
from artefacts.estimators import Pickler, dump, predict_here
from artefacts.refusals import PANDAS, ModelError, check, compare_classes, unusable
from artefacts.signature import as_columns, describe, first_row, plain, rows_to_try, type_of
from serving import tabular
from serving.manifest import Manifest, Signature
from serving.parameters import Parameter, values
from serving.problems import Problem

__all__ = ["ModelError", "write"]
MOST_COMPARED = 20_000  # rows that may show that a class is not chosen by its probability
TRIAL = Path(__file__).with_name("trial.py")
WITH_PANDAS = ("pandas", "python-dateutil", "six")


def write(
    model: Any,
    *,
    name: str,
    table: pd.DataFrame,
    target: str | Sequence[str] | None = None,
    about: Mapping[str, Any] | None = None,
    units: Mapping[str, str] | None = None,
    example: Mapping[str, Any] | None = None,
    folder: str | Path = image.MODEL,
) -> str:
    """Write NAME.pkl and NAME.json into the folder; return the pickle's sha256.

    table: what the model was fitted on: a column for each input, and `target`, in the order of y.
    about: facts for people, such as a title. units: the inputs' units, by column. example: values
    of an example request, by column; a row of the table provides the others.

    The same model, table and facts give the same bytes. Raises ModelError if the function could not
    load the model or would answer differently from it, and OSError if the folder cannot be written;
    the old files then stay.
    """
    if not re.fullmatch(r"[\w-][\w.-]*", name):
        raise ModelError(f"{name!r} is not a valid name. Use letters, digits, _, - and .")
    targets = pd.Series(target, dtype=object).tolist()  # of one name, several or None
    units, example = units or {}, {name: plain(v) for name, v in (example or {}).items()}
    check(model, table, targets, [*units, *example])
    with tempfile.TemporaryDirectory(dir=folder, prefix=".training-") as new:
        pickled, described = Path(new, f"{name}.pkl"), Path(new, f"{name}.json")
        dumped = dump(model, pickled)  # before predicting, which changes some models
        image.warn_of_versions(dumped.versions())
        with pickled.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        python = ".".join(platform.python_version_tuple()[:2])
        signature = find_signature(model, table, targets, units, example, dumped)
        manifest = Manifest(sha256, python, dumped.versions(), signature, about or {})
        write_manifest(described, model, manifest)
        for path in (pickled, described):  # if concurrent trainings mix theirs, serving rejects it
            path.replace(Path(folder, path.name))
    return sha256


def find_signature(
    model: Any,
    table: pd.DataFrame,
    targets: Sequence[str],
    units: Mapping[str, str],
    example: Mapping[str, Any],
    dumped: Pickler,
) -> Signature:
    """Describe the model's inputs and results from the table, and find out how to ask it."""
    inputs = tuple(describe(table[name], units) for name in table.columns if name not in targets)
    types = {name: type_of(table[name]) for name in targets}
    tried = table.iloc[rows_to_try(table, targets)]
    columns = as_columns(inputs, tried)
    with warnings.catch_warnings(action="ignore"):
        way, results = predict_here(model, tried.drop(columns=targets), targets, inputs, columns)
        compared = results
        if "probability" in results:  # the trial would take too long for so many rows
            many = table.iloc[:: (len(table) - 1) // MOST_COMPARED + 1]
            given = many.drop(columns=targets), targets, inputs, as_columns(inputs, many)
            with suppress(ModelError):  # the training may have left rows out
                _, compared = predict_here(model, *given)
    compare_classes(model, table, types, results)
    if dumped.has_threshold or "probability" not in compared:
        results.pop("probability", None)
    if way == "texts":
        inputs = (replace(inputs[0], choices=()),)
    result = {
        name: type_of(pd.Series(values[:, 0], dtype=object, name=name))
        for name, values in results.items()
    }
    signature = Signature(inputs, result, example={})
    ways = ["texts"] if way == "texts" else ["array", "table", "frame"]
    takes, with_others = find_way(dumped.path, signature, columns, results, ways)
    inputs = tuple(replace(entry, others_allowed=entry.name in with_others) for entry in inputs)
    return Signature(inputs, result, {**first_row(inputs, columns), **example}, takes)


def find_way(*given: Any) -> tuple[str, list[str]]:
    """Run the trial, and return what it finds; raise ModelError if the model cannot be served."""
    code, output = image.run(TRIAL, *given)
    if code:
        code, reason = image.run(TRIAL, *given, more=WITH_PANDAS)  # would pandas help?
        raise unusable(reason) if code else unusable(output, PANDAS)
    takes, with_others = json.loads(output.splitlines()[-1])
    return takes, with_others


def write_manifest(path: Path, model: Any, manifest: Manifest) -> None:
    """Write NAME.json; raise ModelError if its facts or its example cannot be served."""
    try:
        served = tabular.serve(model, manifest)
        with warnings.catch_warnings(action="ignore"):
            served.answer([served.point(values(served.inputs, served.example, Parameter.check))])
        path.write_text(manifest.dumps(), encoding="utf-8")
    except (Problem, AttributeError, TypeError, ValueError) as error:
        raise ModelError(
            f"`about`, `example` or a name is invalid: {str(error).rstrip('.')}."
        ) from error

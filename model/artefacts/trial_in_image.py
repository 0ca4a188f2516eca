"""The part of the trial that runs as the serving image would: find out how to ask the model.

Reads from standard input the pickle's path, a draft of its manifest, values of the inputs, and the
training process's predictions for them. Writes the manifest next to the pickle. The last line of
its output is JSON: what failed, by how the model was asked; {} if it can be served.
"""

import json
import pickle
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from serving import tabular
from serving.asking import ask
from serving.manifest import TAKES, Manifest, Signature
from serving.model import Model
from serving.parameters import Parameter, values
from serving.problems import Problem

ONE_BY_ONE = 10  # rows that are also asked one by one
MODULES: set[str] = set()  # the modules that the pickle refers to


class Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        MODULES.add(module.partition(".")[0])
        return super().find_class(module, name)


def main() -> dict[str, str]:
    file, draft, columns, expected, likelihoods, has_threshold = pickle.load(sys.stdin.buffer)
    try:
        with open(file, "rb") as opened:
            estimator = Unpickler(opened).load()
    except Exception as error:
        return {"load": sentence(error)}
    manifest, failures = Manifest.parse(draft), {}
    for takes in TAKES:
        signature = replace(manifest.signature, takes=takes)
        try:
            given = ask(takes, signature.inputs, columns)
            failures[takes] = difference(estimator.predict(given), expected)
            if likelihoods is not None and not failures[takes]:
                failures[takes] = difference(estimator.predict_proba(given), likelihoods)
        except Exception as error:
            failures[takes] = sentence(error)
        if not failures[takes]:
            break
    else:
        return failures
    if not has_threshold and predicts_likeliest(estimator, signature, given, expected):
        signature = replace(signature, result={**signature.result, "probability": "number"})
    if takes == "texts":
        signature = replace(signature, inputs=(replace(signature.inputs[0], choices=()),))
    else:
        signature = replace(signature, inputs=with_others(estimator, signature, columns))
    manifest = replace(manifest, signature=signature, versions=versions())
    del estimator, given  # so that a large one is not in memory twice
    file.with_suffix(".json").write_text(manifest.dumps(), encoding="utf-8")
    try:
        differs = compare_served(tabular.model(file), columns, expected)
    except (Problem, ValueError) as error:
        if error.__cause__:  # the estimator's
            return {"served": f"asked for rows one by one, {sentence(error.__cause__)}"}
        return {"facts": str(error)}  # an example or a title that cannot be served
    return {"served": differs} if differs else {}


def sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def predicts_likeliest(
    estimator: Any, signature: Signature, given: Any, expected: np.ndarray
) -> bool:
    """Return whether the model predicts its likeliest class; a threshold may choose another."""
    classes = getattr(estimator, "classes_", None)
    if not isinstance(classes, np.ndarray) or classes.ndim > 1 or len(signature.targets) > 1:
        return False
    if not hasattr(estimator, "predict_proba"):
        return False
    return not difference(classes[estimator.predict_proba(given).argmax(axis=1)], expected)


def with_others(estimator: Any, signature: Signature, columns: Sequence[np.ndarray]) -> Any:
    """Return the inputs; find out for which ones the model also answers unknown texts."""
    inputs = [*signature.inputs]
    for i, entry in enumerate(signature.inputs):
        first = [column[:1] for column in columns]
        first[i] = np.array(["?" * (1 + max(map(len, entry.choices), default=0))], dtype=object)
        with suppress(Exception):
            if entry.choices:
                estimator.predict(ask(signature.takes, signature.inputs, first))
                inputs[i] = replace(entry, others_allowed=True)
    return tuple(inputs)


def versions() -> dict[str, str]:
    """Return the versions of the packages that the pickle refers to."""
    named = sorted((MODULES | {"sklearn"}) - sys.stdlib_module_names)
    found = {name: getattr(sys.modules.get(name), "__version__", "") for name in named}
    return {name: version for name, version in found.items() if version}


def compare_served(model: Model, columns: Sequence[np.ndarray], expected: np.ndarray) -> str:
    """Say how answers to many points at once, or to single ones, differ from the expected."""
    model.answer([model.point(values(model.inputs, model.example, Parameter.check))])
    points = [*zip(*(column.tolist() for column in columns), strict=True)]
    answers = model.answer(points) + [model.answer([point])[0] for point in points[:ONE_BY_ONE]]
    found = np.array(
        [[v for name, v in results[0].items() if name != "probability"] for results in answers],
        dtype=object,
    )
    return difference(found, np.concatenate([expected, expected[:ONE_BY_ONE]]))


def difference(found: Any, expected: np.ndarray) -> str:
    """Say how predictions differ from those of the training process; return "" if they agree.

    Numbers may differ by rounding: sums depend on how many rows are predicted at once.
    """
    found = np.asarray(found).reshape(len(expected), -1)
    expected = expected.reshape(len(expected), -1)
    if found.shape != expected.shape:
        return f"it predicts {found.shape[1]} values instead of {expected.shape[1]}"
    same = found == expected
    if expected.dtype.kind == "f":
        rounding = 1e-9 if expected.dtype == float else 1e-6
        scale = np.abs(expected).max()
        same = np.isclose(found.astype(float), expected, rtol=rounding, atol=rounding * scale)
    if same.all():
        return ""
    row, column = np.argwhere(~same)[0]
    return (
        f"it predicts {found[row, column]} instead of {expected[row, column]}, which it predicts "
        "in the training"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    failures = main()
    print()  # some models print
    print(json.dumps(failures))

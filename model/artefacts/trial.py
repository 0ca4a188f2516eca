"""Serve a pickled model in a process like the image's, and compare it with the training's results.

Standard input has the pickle's path, its signature, values of the inputs, the results for them in
the training process, and the ways to ask the model that it may try. The last line of the output
has, in JSON, the first way that works, and the inputs with choices for which the model also answers
other texts. If no way works, it exits with the reason.
"""

import json
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from serving.manifest import Input
from serving.tabular import Tabular

ROUNDING = 1e-6
ONE_BY_ONE = 10  # rows that are also asked one by one
Columns = Sequence[np.ndarray]
Results = Mapping[str, np.ndarray]  # by the result's members
Predict = Callable[[Columns], Results]


def main() -> tuple[str, list[str]]:
    """Return how to ask the model, and the names of the inputs that may have other texts."""
    path, signature, columns, expected, ways = pickle.load(sys.stdin.buffer)
    with open(path, "rb") as file:
        estimator = pickle.load(file)
    for takes in ways:
        predict = Tabular(estimator, replace(signature, takes=takes)).predict_columns
        if not (reason := difference(predict, columns, expected)):
            break
    else:
        sys.exit(reason)
    for row in range(min(ONE_BY_ONE, len(columns[0]))):
        right = {name: of_all[[row]] for name, of_all in expected.items()}
        if found := difference(predict, [column[[row]] for column in columns], right):
            sys.exit(f"asked for rows one by one, {found}")
    return takes, [*with_others(predict, signature.inputs, columns)]


def with_others(predict: Predict, inputs: Sequence[Input], columns: Columns) -> Iterator[str]:
    """Yield the names of the inputs for which the model answers a text that training never saw."""
    for i, entry in enumerate(inputs):
        if entry.choices:
            first = [column[:1] for column in columns]
            first[i] = np.array(["".join(entry.choices) + "?"], dtype=object)
            if not difference(predict, first, {}):
                yield entry.name


def difference(predict: Predict, columns: Columns, expected: Results) -> str:
    """Say how the results differ from those of the training process; return "" if they agree.

    Numbers may differ by rounding: sums depend on how many rows are predicted at once.
    """
    try:
        results = predict(columns)
    except Exception as error:
        cause = error.__cause__ or error
        return f"{type(cause).__name__}: {cause}".splitlines()[0]
    for name, right in expected.items():
        found = results[name]
        same = found == right
        if right.dtype.kind == "f":
            scale = np.abs(right).max()
            same = np.isclose(found.astype(float), right, rtol=ROUNDING, atol=ROUNDING * scale)
        if not same.all():
            [row, *_] = np.flatnonzero(~same)
            return f"it predicts {found[row, 0]}, but predicted {right[row, 0]} during training"
    return ""


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(f"\n{json.dumps(main())}")  # a line of its own, as some models print

"""A column is checked like its cells one by one, and a csv is read as pandas reads it."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bulk.checks import MISSING, check, read
from serving.model import Model
from serving.parameters import Parameter
from serving.problems import Problem
from tests.bulk.scored import cells

NUMBER, TEXT = Parameter("n", "", "number"), Parameter("t", "", "string")
PARAMETERS = [
    Parameter("n", "", "number", minimum=-1, maximum=100, required=True),
    Parameter("n", "", "number", above=0),
    Parameter("n", "", "integer", maximum=2**53 + 2),
    Parameter("n", "", "integer", minimum=0, required=True),
    Parameter("n", "", "boolean"),
    Parameter("n", "", "string", choices=("NA", "a", " b", "1"), required=True),
    Parameter("n", "", "string", choices=("a", "b")),
    Parameter("n", "", "string", longest=3, required=True),
    Parameter("n", "", "string", longest=3),
]
CELLS = [
    *("1", "+1", "-0", "1.", ".1", "1E-1", "007", "1e400", "0x1", "1_0", "\u0661", "inf", "-nan"),
    *(" 1", "1\t", "++1", "9007199254740993", "9007199254740992.0", "2.5", "true", "FALSE", "0"),
    *("a", " a", "b", " b ", "NA", " NA", "caf\xe9", "long text", "1,5", "", " ", *MISSING),
]
TYPED = [
    pa.array([1, 2**53 - 3, 2**60, -5, None], pa.int64()),
    pa.array([1.5, np.nan, np.inf, -0.0, None]),
    pa.array(["a", "NA", "b", "1", "long text", None]),
    pa.array([b"a", b"\xff", None], pa.large_binary()),
    pa.array([True, None]),
    pa.nulls(2),
]


def csv_column(cells: list[str]) -> pa.Array:
    return pa.array(map(str.encode, cells), pa.binary())


CSV = st.lists(st.sampled_from(CELLS) | st.text(max_size=4), max_size=5).map(csv_column)


@pytest.mark.parametrize("parameter", PARAMETERS)
@given(column=st.sampled_from(TYPED) | CSV)
@example(column=csv_column(CELLS))
@settings(deadline=None)
def test_a_column_is_checked_like_its_cells(parameter: Parameter, column: pa.Array) -> None:
    values, problems = check(parameter, column)
    for i, cell in enumerate(column.to_pylist()):
        try:
            expected = parameter.in_point(read(parameter, cell))
        except Problem as problem:
            assert problems.pop(i) == problem.detail
        else:
            np.testing.assert_equal(values[i], expected)
            assert not isinstance(expected, float) or np.signbit(values[i]) == np.signbit(expected)
    assert not problems


def seen(tmp_path: Path, content: bytes, *inputs: Parameter) -> list[Any]:
    """Return the points that a model is asked for when a csv is scored, and the problems."""
    points: list[Any] = []

    def predict(some: Any) -> Any:
        points.extend(some)
        return [[{"x": 1}] for _ in some]

    model = Model({"version": "1"}, inputs, {"x": "integer"}, predict)
    problems = [row[-1] for row in cells(tmp_path, content, model=model) if row[-1]]
    return [*points, *problems]


@pytest.mark.parametrize(
    "content",
    [
        "n,t\n\n",
        "t,n\na,1\r\nb,2\r\n",
        "n,t\n1,a\n\n  \n2,b",
        "\ufeffn,t\n1,a\n",
        "t\n\ufeffa\n",
        'n,t\n1,"a, ""b""\nc"\n"2",""\n',
        "n,t\n 1 , a\n",
        "n,t\n1e3,007\n.5,1.0\n",
        "n,t\n" + "".join(f"{mark},{mark}\n" for mark in sorted(MISSING) if mark) + "1,\n,a\n",
        'n,t\n1,6" pipe\n',
        "n,other,other,t\n1,x,y,a\n",
        "n,t,t2\n1,caf\xe9\u2028\x85,\n",
        "n,t\n1,a\0b\n",
        "t\na\n\nb\n",
    ],
)
def test_a_csv_is_read_as_pandas_reads_it(content: str, tmp_path: Path) -> None:
    text = content.removeprefix("\ufeff")
    inputs = [p for p in (NUMBER, TEXT) if p.name in text.partition("\n")[0].split(",")]
    dtypes: dict[Any, Any] = {p.name: float if p is NUMBER else str for p in inputs}
    table = pd.read_csv(io.StringIO(text), dtype=dtypes)
    expected = table[[p.name for p in inputs]].astype(object).to_numpy().tolist()
    found = seen(tmp_path, content.encode(), *inputs)
    assert [[None if v != v else v for v in point] for point in found] == [
        [None if v != v else v for v in point] for point in expected
    ]


@pytest.mark.parametrize(
    ("cell", "parameter", "expected"),
    [
        (b"NA", Parameter("t", "", "string", required=True), "t is 'NA', which means a missing"),
        (b"", Parameter("t", "", "string", required=True), "t is missing. It must be"),
        (b"", Parameter("t", "", "string", choices=("a",), required=True), "t is empty. It must"),
        (b"NA", Parameter("t", "", "string", choices=("NA", "b"), required=True), ("NA",)),
        (b" b ", Parameter("t", "", "string", choices=("a", "b"), required=True), ("b",)),
        (b" b", Parameter("t", "", "string", choices=(" b", "b"), required=True), (" b",)),
        (b"9007199254740993", Parameter("t", "", "integer"), "t is 9007199254740993, which is too"),
        (b"rat\xe9", TEXT, "t is 'rat\ufffd', which is not UTF-8. Save"),
    ],
)
def test_a_cell_of_text(cell: bytes, parameter: Parameter, expected: Any, tmp_path: Path) -> None:
    [found] = seen(tmp_path, b" t,other\n" + cell + b",caf\xe9\n", parameter)
    assert found == expected or found.startswith(expected)

"""Lines in, blocks that can be answered apart: no row changes, wherever they end."""

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulk import blocks
from bulk.columns import numbers_of
from serving.parameters import NUMBER
from tests.bulk.scored import HEADER, scored


def parted(text: str, lines: int) -> list[list[str]]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(blocks, "LINES", lines)
        return [*blocks.part(io.StringIO(text, newline=""), of_csv=True)]


@given(st.text('",\r\na', max_size=40))
@example('a\n"b\nc"\na\n')
@example('a\n"b\nc\n')
def test_where_blocks_end_changes_no_row_and_loses_no_line(text: str) -> None:
    lines = [*io.StringIO(text, newline="")]
    some = parted(text, 2)
    assert [line for block in some for line in block] == lines
    assert all(len(block) == 2 or '"' in "".join(block) for block in some[:-1])
    read = [row for block in some for row in blocks.rows(block)]
    assert [(row, bool(wrong)) for row, wrong in read] == [
        (row, bool(wrong)) for row, wrong in blocks.rows(lines)
    ]
    with suppress(csv.Error):  # the oracle, if all quotes are right
        assert read == [(row, "") for row in csv.reader(lines, strict=True)]


def test_wrong_quotes_are_one_bad_row_wherever_they_end(tmp_path: Path) -> None:
    good = "6.7,3.0,5.2,2.3,no. {}"
    rows = [good.format(i) for i in range(20_000)]  # more than a field may be long
    bad = {0: '5.1,3.5,1.4,0.2,"5 inch', 7_999: '"', 9_000: '"5.1"x,3.5', 19_999: '1,"'}
    rows = [bad.get(i, row) for i, row in enumerate(rows)]
    text = "\n".join([f"{HEADER},note", *rows])
    _, *found = csv.reader(io.StringIO(scored(tmp_path, text), newline=""))
    assert len(found) == 20_000
    assert {i: row[0] for i, row in enumerate(found) if row[-1]} == bad
    assert all("The row cannot be read: " in found[i][-1] for i in bad)
    assert all(row[4] == f"no. {i}" for i, row in enumerate(found) if i not in bad)


@given(st.lists(st.text("-+.019Ee_ nai\u0661", max_size=5), max_size=3))
@example(["+1", "1.", ".1", "1E-1"])
@example(["1_0"])
@example(["\u0661"])
@example([" 1"])
@example(["nan"])
def test_many_cells_are_numbers_if_each_is(cells: list[str]) -> None:
    are = all(map(NUMBER.fullmatch, cells))
    assert numbers_of(cells, str) == ([*map(float, cells)] if are else [])

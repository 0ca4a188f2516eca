"""The handler answers every row of the request tables, in process and behind the local API."""

import pytest

from tests.engines import in_process, over_http
from tests.table import Row, all_rows

ROWS = all_rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_in_process(row: Row) -> None:
    row.check(in_process(row))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_behind_the_local_api(row: Row, local_api: str) -> None:
    row.check(over_http(local_api)(row))


def test_names_of_rules_are_unique() -> None:
    assert len({row.rule for row in ROWS}) == len(ROWS)

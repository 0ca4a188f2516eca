"""The handler answers the whole request table, in process and behind the local API."""

import pytest

from app import lambdaHandler
from predictive_lambda.local_api import make_event, read_answer
from request_table import ROWS, Answer, Row
from smoke import over_http


def in_process(row: Row) -> Answer:
    event = make_event(row.method, row.target, row.send.items(), row.body.encode())
    return Answer(*read_answer(lambdaHandler(event, None)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_in_process(row: Row) -> None:
    row.check(in_process(row))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_behind_the_local_api(row: Row, local_api: str) -> None:
    row.check(over_http(local_api)(row))


def test_every_rule_is_named_once() -> None:
    rules = [row.rule for row in ROWS]
    assert len(rules) == len(set(rules))

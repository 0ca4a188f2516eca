"""The handler answers the whole request table, in process and behind the local API."""

import http.client

import pytest

from app import lambdaHandler
from predictive_lambda.local_api import LocalApi, make_event, read_answer
from request_table import ROWS, Answer, Row


def in_process(row: Row) -> Answer:
    event = make_event(row.method, row.target, row.send.items(), row.body.encode())
    return Answer(*read_answer(lambdaHandler(event, None)))


def over_http(row: Row, host: str, port: int) -> Answer:
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.request(row.method, row.target, row.body.encode() or None, row.send)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_in_process(row: Row) -> None:
    row.check(in_process(row))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.rule)
def test_behind_the_local_api(row: Row, local_api: str) -> None:
    answer = over_http(row, local_api)
    row.check(answer)


def test_every_rule_is_named_once() -> None:
    rules = [row.rule for row in ROWS]
    assert len(rules) == len(set(rules))

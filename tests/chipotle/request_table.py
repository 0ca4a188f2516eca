"""The example's HTTP contract: one row per rule, sent to every engine."""

from tests.chipotle import answer_rows, batch_rows, page_rows, place_rows, refusal_rows

ROWS = [
    row
    for rows in (answer_rows, page_rows, place_rows, refusal_rows, batch_rows)
    for row in rows.ROWS
]

"""A URL in, out how each row of the request tables is answered there: `make smoke URL=...`."""

import sys
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import urlsplit

from tests.engines import over_http
from tests.table import Answer, Row, all_rows


def failures(send: Callable[[Row], Answer], rows: list[Row]) -> dict[str, str]:
    """Send the rows; return what was wrong with the answer, by the rule that it breaks."""
    wrong = {}
    for row in rows:
        try:
            row.check(send(row))
        except (AssertionError, OSError, HTTPException, ValueError) as error:
            wrong[row.rule] = f"{type(error).__name__}: {error}".partition("\n")[0]
    return wrong


def main() -> None:
    if len(sys.argv) != 2 or urlsplit(sys.argv[1]).scheme not in ("http", "https"):
        sys.exit("Say where: make smoke URL=https://... (the output HTTPAPIUrl of a deployment)")
    rows = all_rows()
    wrong = failures(over_http(sys.argv[1]), rows)
    print(f"Request table, {sys.argv[1]}: {len(rows) - len(wrong)} of {len(rows)} rows hold.")
    for rule, what in wrong.items():
        print(f"  {rule}: {what}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

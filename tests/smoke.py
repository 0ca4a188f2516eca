"""A URL in, out how each row of the request table is answered there: `make smoke URL=...`."""

import sys
from collections.abc import Callable, Iterable
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from request_table import ROWS, Answer, Row


def over_http(url: str) -> Callable[[Row], Answer]:
    """Return what sends a row to the URL, its path before the row's own."""
    address = urlsplit(url)
    connect = HTTPSConnection if address.scheme == "https" else HTTPConnection

    def send(row: Row) -> Answer:
        connection = connect(address.netloc, timeout=60)
        try:
            target = address.path.rstrip("/") + row.target
            connection.request(row.method, target, row.body.encode() or None, row.send)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()

    return send


def failures(send: Callable[[Row], Answer], rows: Iterable[Row] = ROWS) -> dict[str, str]:
    """Send the rows; return what was wrong with the answer, by the rule that it breaks."""
    wrong = {}
    for row in rows:
        try:
            row.check(send(row))
        except (AssertionError, OSError, HTTPException, ValueError) as error:
            wrong[row.rule] = f"{type(error).__name__}: {error}".partition("\n")[0]
    return wrong


def report(where: str, wrong: dict[str, str]) -> str:
    """Say how many rows hold, and which do not."""
    lines = [f"Request table, {where}: {len(ROWS) - len(wrong)} of {len(ROWS)} rows hold."]
    return "\n".join(lines + [f"  {rule}: {what}" for rule, what in wrong.items()])


def main() -> None:
    if len(sys.argv) != 2 or urlsplit(sys.argv[1]).scheme not in ("http", "https"):
        sys.exit("Say where: make smoke URL=https://... (the output HTTP API Url of a deployment)")
    wrong = failures(over_http(sys.argv[1]))
    print(report(sys.argv[1], wrong))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

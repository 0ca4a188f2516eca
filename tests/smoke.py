"""Send the request tables to a URL and say which rows fail: `make smoke URL=...`.

HEADER='authorization: Bearer ...' goes with each request. A URL that asks for a signature gets one
made with your AWS credentials.
"""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from http.client import HTTPException
from urllib.parse import urlsplit

from tests.engines import EXAMPLE, over_http
from tests.table import Answer, Row, all_rows

Send = Callable[[Row], Answer]
# With the setting cors, API Gateway answers OPTIONS itself; so does the emulator.
ROWS = [row for row in all_rows() if row.method != "OPTIONS"]


def failures(send: Send, rows: list[Row]) -> dict[str, str]:
    """Send the rows; return what was wrong with the answer, by the rule that it breaks."""
    wrong = {}
    for row in rows:
        try:
            row.check(send(row))
        except (AssertionError, OSError, HTTPException, ValueError) as error:
            wrong[row.rule] = f"{type(error).__name__}: {error}".partition("\n")[0]
    return wrong


def with_header(send: Send, header: str) -> Send:
    """Add a header such as `authorization: Bearer ...` to each request."""
    name, colon, value = header.partition(":")
    if not (colon and name.strip()):
        sys.exit("HEADER must be a name and a value: HEADER='authorization: Bearer ...'")
    return lambda row: send(replace(row, send=row.send | {name.strip(): value.strip()}))


def signed(send: Send, url: str) -> Send:
    """Sign each request for API Gateway, as an API with the setting auth=iam wants it."""
    try:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.session import get_session
    except ImportError:
        sys.exit("This URL wants signed requests, which needs botocore: make .venv/.development")
    session = get_session()
    credentials = session.get_credentials()
    region = os.environ.get("AWS_REGION") or session.get_config_variable("region")
    if not credentials or not region:
        sys.exit("This URL wants signed requests: set up AWS credentials and a region.")

    def headers(row: Row) -> Mapping[str, str]:
        body = row.body.encode() or None
        request = AWSRequest(row.method, url.rstrip("/") + row.target, dict(row.send), body)
        SigV4Auth(credentials.get_frozen_credentials(), "execute-api", region).add_auth(request)
        return dict(request.headers.items())

    return lambda row: send(replace(row, send=dict(headers(row))))


def main() -> None:
    url, header = "".join(sys.argv[1:]), os.environ.get("HEADER")
    if urlsplit(url).scheme not in ("http", "https"):
        sys.exit("Say where: make smoke URL=https://... (the output HTTPAPIUrl of a deployment)")
    send = with_header(over_http(url), header) if header else over_http(url)
    try:
        if send(EXAMPLE).status == 403 and not header:
            send = signed(send, url)
    except (OSError, HTTPException) as error:
        sys.exit(f"{url} does not answer: {error}")
    wrong = failures(send, ROWS)
    print(f"Request table, {url}: {len(ROWS) - len(wrong)} of {len(ROWS)} rows hold.")
    for rule, what in wrong.items():
        print(f"  {rule}: {what}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

"""Fixtures that several files share: the handler behind a local API."""

import threading
from collections.abc import Iterator

import pytest

from app import lambdaHandler
from predictive_lambda.local_api import LocalApi


@pytest.fixture(scope="session")
def local_api() -> Iterator[LocalApi]:
    with LocalApi(lambda event: lambdaHandler(event, None)) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()

"""The engines that answer a row of the request table: this process, and whatever has a URL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPSConnection
from threading import Thread
from urllib.parse import urlsplit

from app import lambdaHandler
from predictive_lambda.local.api import Function, LocalApi
from predictive_lambda.local.event import as_query, make_event, read_answer
from predictive_lambda.local.image import Container, docker
from tests.table import Answer, Row

EXAMPLE = Row("the model's example", "/?" + as_query(lambdaHandler.model.example))


def in_process(row: Row) -> Answer:
    event = make_event(row.method, row.target, row.send.items(), row.body.encode())
    return Answer(*read_answer(lambdaHandler(event, None)))


@contextmanager
def served(function: Function) -> Iterator[str]:
    """Serve the function behind the local API; give the URL."""
    with LocalApi(function) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()


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


def runtime_pid(running: Container) -> str:
    """Find, inside the container, the Python process that the emulator has started."""
    [file] = docker("exec", running.name, "sh", "-c", FIND_RUNTIME).split()
    return file.split("/")[2]


# The brackets keep it from finding itself.
FIND_RUNTIME = "grep -l 'awslambda[r]ic' /proc/[0-9]*/cmdline"

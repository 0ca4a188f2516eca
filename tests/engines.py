"""Send a row of the request table to an engine: this process, or anything with a URL."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPSConnection
from subprocess import PIPE, Popen
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from waitress import wasyncore

from app import lambdaHandler
from predictive_lambda.local.api import Function, listen
from predictive_lambda.local.event import as_query, make_event, read_answer
from predictive_lambda.local.image import Container, docker
from tests.table import Answer, Row

EXAMPLE = Row("the model's example", "/?" + as_query(lambdaHandler.model.example))


def in_process(row: Row) -> Answer:
    event = make_event(row.method, row.target, row.send.items(), row.body.encode())
    return Answer(*read_answer(lambdaHandler(event, None)))


@contextmanager
def served(function: Function) -> Iterator[str]:
    """Serve the function behind the local API until the block ends; give the URL."""
    server = listen(function, 0)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}/"
    finally:
        # The server's own thread closes the sockets, and ends once none is left.
        with suppress(OSError):  # it may do so before it is woken up
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join()
        server.task_dispatcher.shutdown()


@contextmanager
def started(command: list[str], **options: Any) -> Iterator[tuple[Popen[str], str]]:
    """Start a program that prints "Open URL", and end it after the block; give it and the URL."""
    with Popen(command, stdout=PIPE, text=True, start_new_session=True, **options) as process:
        assert process.stdout
        try:
            opened = next(line for line in process.stdout if line.startswith("Open "))
            yield process, opened.split()[1]
        finally:
            with suppress(ProcessLookupError):  # it has already ended
                os.killpg(process.pid, signal.SIGTERM)  # and what it started, such as make's shell


def over_http(url: str) -> Callable[[Row], Answer]:
    """Return a function that sends a row to the URL, below its path."""
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
    """Return the process id, inside the container, of the Python that the emulator started."""
    [file] = docker("exec", running.name, "sh", "-c", FIND_RUNTIME).split()
    return file.split("/")[2]


def resident_kb(running: Container) -> int:
    """Return the memory of the Python process that serves, in KB."""
    status = docker("exec", running.name, "cat", f"/proc/{runtime_pid(running)}/status")
    [resident] = re.findall(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(resident)


# The brackets keep grep from finding itself.
FIND_RUNTIME = "grep -l 'awslambda[r]ic' /proc/[0-9]*/cmdline"

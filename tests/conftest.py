"""Fixtures for several folders of tests: the engine, the images, the servers, the browser."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from app import lambdaHandler
from predictive_lambda.local.image import Container, EngineError, build, container, docker
from tests.engines import served


def pytest_configure() -> None:
    """End on SIGTERM as on Ctrl-C, so that everything that was started is removed."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell's background jobs ignore the first
        signal.signal(number, signal.default_int_handler)


def skip_unless_ci(advice: str) -> NoReturn:
    """Skip the test, but fail in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(advice)
    pytest.skip(advice)


@pytest.fixture(scope="session")
def local_api() -> Iterator[str]:
    """The handler behind the local API, in this process."""
    with served(lambda event: lambdaHandler(event, None)) as url:
        yield url


@pytest.fixture(scope="session")
def engine() -> None:
    """A container engine that answers; without one the test is skipped, but not in CI."""
    try:
        docker("version")
    except EngineError as error:
        skip_unless_ci(str(error))


@pytest.fixture(scope="session")
def serving_image(engine: None) -> Iterator[str]:
    """The serving image, under a name that only this session uses."""
    name = f"predictive-lambda-tests:{os.getpid()}"
    docker("tag", build(), name)
    yield name
    docker("rmi", "--no-prune", name)  # keeps its layers for the next build


@pytest.fixture(scope="session")
def serving(serving_image: str) -> Iterator[Container]:
    """The serving image under AWS's runtime client and emulator."""
    with container(serving_image) as running:
        yield running


CHROMIUM = Path("/usr/bin/chromium")  # Debian's; else the one that `playwright install` brings
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without it the test is skipped, but not in CI."""
    with ExitStack() as stack:
        try:
            playwright = stack.enter_context(sync_playwright())  # may lack a library of the system
            path = CHROMIUM if CHROMIUM.exists() else None
            launched = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Exception:
            skip_unless_ci("No browser. Run .venv/bin/playwright install --with-deps chromium")
        yield stack.enter_context(launched)


def by_script(route: Route) -> bool:
    return route.request.resource_type == "fetch"


@pytest.fixture
def visit(browser: Browser, local_api: str) -> Iterator[Callable[..., Page]]:
    """Open the page in a new profile; afterwards, check that nothing went wrong in it.

    `answer` handles the requests of the page's script instead of the server. It is in place before
    the page opens: a route that is added later may miss a request.
    """
    wrong: list[str] = []

    def visit(
        target: str = "",
        url: str = local_api,
        answer: Callable[[Route], object] = lambda route: route.continue_(),
        **options: Any,
    ) -> Page:
        options = {"viewport": {"width": 1200, "height": 800}} | options
        page = browser.new_context(**options).new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.on("console", lambda message: wrong.append(message.text))
        page.route("**/*", lambda route: (answer if by_script(route) else Route.fallback)(route))
        page.goto(url + target)
        return page

    yield visit
    for context in browser.contexts:
        context.close()
    # The browser also reports the errors that tests cause on purpose.
    assert [text for text in wrong if "Failed to load resource" not in text] == []

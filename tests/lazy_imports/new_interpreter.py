"""A function in, what it returns in a new interpreter out: with lazy imports and without."""

import hashlib
import importlib
import json
import os
import pickle
import re
import signal
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from select import select
from typing import Any

MODEL = Path(__file__).resolve().parents[2] / "model"


def child(function: Callable[..., Any], *arguments: Any, lazily: bool) -> Any:
    """Call the function in a new interpreter that has imported nothing of scikit-learn."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_switched, lazily, function, arguments).result()


def _switched(lazily: bool, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    if lazily:
        lazy_imports = importlib.import_module("lazy_imports")
        assert lazy_imports.Finder in sys.meta_path, "they are off: other versions?"
    return function(*arguments)


def on_and_off(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Any]:
    with ThreadPoolExecutor(2) as both:
        on = both.submit(child, function, *arguments, lazily=True)
        off = both.submit(child, function, *arguments, lazily=False)
        return on.result(), off.result()


def in_a_fork(function: Callable[..., Any], *arguments: Any, seconds: float = 120) -> Any:
    """Call the function in a copy of this process; return what it returns, as JSON can say it.

    Raises TimeoutError when it takes so many seconds: then it is stuck.
    """
    reading, writing = os.pipe()
    if not (process := os.fork()):
        try:
            with open(writing, "w") as pipe:
                json.dump(function(*arguments), pipe)
        finally:  # even if what is imported exits
            os._exit(0)
    os.close(writing)
    with open(reading) as pipe:
        ready, _, _ = select([pipe], [], [], seconds)
        if not ready:
            os.kill(process, signal.SIGKILL)
        said = pipe.read()
    os.waitpid(process, 0)
    if not ready:
        raise TimeoutError(function.__name__, *arguments)
    return json.loads(said)


def outcome(call: Callable[[], Any]) -> tuple[str, list[str]]:
    """Return a digest of all bits of the result, or the error, and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result = call()
            if not isinstance(result, str):
                result = hashlib.sha256(pickle.dumps(result)).hexdigest()
        except Exception as error:
            result = f"{type(error)}: {error}"
    # An estimator without a readable name of its own is written with its address.
    result = re.sub(r"0x[0-9a-f]+", "0x...", result)
    return result, [f"{warning.category}: {warning.message}" for warning in caught]

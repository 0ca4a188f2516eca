"""What the function does beyond one prediction: each a file that you may delete.

A file that is not there is None here, and what it did is no longer offered.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


def _optional(name: str) -> Any:
    return import_module(name) if find_spec(name) else None


lazy_imports = _optional("lazy_imports")  # first: it changes how the libraries are imported
batch = _optional("batch")
openapi = _optional("openapi")
page = _optional("page")

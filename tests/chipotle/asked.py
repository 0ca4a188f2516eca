"""Queries and checks that the rows of this folder share."""

from collections.abc import Callable
from typing import Any

from tests.table import TEXT, Row

OLNEY = "3333 Olney Sandy Springs Rd Olney, MD 20832 US"
DENVER = "1600 California St Unit 7 Denver, CO 80202 US"
HERE = "/?lat=39.153198&long=-77.066176"
GEOJSON = "application/geo+json"


def row(rule: str, target: str = HERE, media_type: str | None = TEXT, **more: Any) -> Row:
    """A row that asks for the nearest store, and by default gets text."""
    return Row(rule, target, media_type=media_type, **more)


def close_to(metres: float) -> Callable[[float], bool]:
    """Allow a millimetre."""
    return lambda found: abs(found - metres) < 1e-3

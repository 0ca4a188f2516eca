"""The page's words: how far a store is from a point, in miles and km, and in which direction."""

from typing import Any

import numpy as np

from predictor.geodesics import WGS84
from predictor.parameters import ABOUT
from serving.problems import quoted

DIRECTIONS = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]
METRES_A_MILE = 1609.344
MILES = ABOUT.get("units") == "miles"


def way(point: tuple[float, float], store: dict[str, Any]) -> str:
    """Say how far a store is from a point, and in which direction."""
    if store["distance_m"] < 10:
        return "Right here"
    miles, km = number(store["distance_m"] / METRES_A_MILE), number(store["distance_m"] / 1000)
    far = f"{miles} miles ({km} km)" if MILES else f"{km} km ({miles} miles)"
    return f"{far} {direction(*point, store['lat'], store['long'])}"


def direction(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> str:
    """Name the direction in which the geodesic sets out."""
    if abs(latitude) == 90:  # there is only one direction at a pole
        return "south" if latitude > 0 else "north"
    azimuth = WGS84.Inverse(latitude, longitude, to_latitude, to_longitude)["azi1"]
    return DIRECTIONS[round(azimuth / 45) % 8]


def number(value: float) -> str:
    """Write a distance to two or three figures."""
    decimals = 2 if value < 0.995 else 1 if value < 9.95 else 0
    return f"{value:,.{decimals}f}"


def written(value: object) -> str:
    """Write a number as people do, not as 1e-05 or 1.0; text as it is."""
    if isinstance(value, float):
        return np.format_float_positional(value, trim="-")
    return value if isinstance(value, str) else quoted(value)

"""The page's words: how far a store is from a point, in miles and km, and in which direction."""

from typing import Any

from predictor.geodesics import WGS84
from predictor.parameters import ABOUT
from serving.problems import quoted

DIRECTIONS = ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"]
METRES_A_MILE = 1609.344
MILES = ABOUT.get("units") == "miles"


def way(point: tuple[float, float], store: dict[str, Any]) -> str:
    """Say how far a store is from a point, and in which direction the geodesic sets out."""
    if store["distance_m"] < 10:
        return "Right here"
    miles, km = number(store["distance_m"] / METRES_A_MILE), number(store["distance_m"] / 1000)
    far = f"{miles} miles ({km} km)" if MILES else f"{km} km ({miles} miles)"
    azimuth = WGS84.Inverse(*point, store["lat"], store["long"])["azi1"]
    return f"{far} {DIRECTIONS[round(azimuth / 45) % 8]}"


def number(value: float) -> str:
    """Write a distance to two or three figures."""
    return f"{value:,.{2 if value < 0.995 else 1 if value < 9.95 else 0}f}"


def written(value: object) -> str:
    """Write a number without the .0 of a whole one; text as it is."""
    if isinstance(value, float):
        return f"{value:.15g}"
    return value if isinstance(value, str) else quoted(value)

"""What a client may ask: a point or a place, how many stores, and within which radius."""

from predictor.nearest import manifest
from predictor.place import PLACE
from serving.parameters import Parameter

# The data's own words, from training.
ABOUT = {"title": "The nearest place", "place": "place", "places": "places", "source": ""}
ABOUT |= manifest.about
DEGREES = "decimal degrees, WGS84"
K_DESCRIPTION = f"How many {ABOUT['places']}, nearest first."
RADIUS_DESCRIPTION = f"Leave out {ABOUT['places']} that are farther away."
# The classic version of this pattern answers for 0, 0 when nothing is sent. So does this one.
INPUTS = (
    Parameter("lat", "Latitude of the point.", "number", DEGREES, -90, 90, default=0.0),
    Parameter("long", "Longitude of the point.", "number", DEGREES, -180, 180, default=0.0),
    PLACE,
)
OPTIONS = (
    Parameter("k", K_DESCRIPTION, "integer", ABOUT["places"], 1, 50, default=1),
    Parameter("radius", RADIUS_DESCRIPTION, "number", "metres", above=0),
)

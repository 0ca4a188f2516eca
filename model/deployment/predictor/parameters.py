"""What a client may ask: a point, how many places, and within which radius."""

from predictor import place
from predictor.nearest import manifest
from serving.parameters import Parameter

# The data's own words, from training.
ABOUT = {"title": "The nearest place", "place": "place", "places": "places"} | {**manifest.about}
POINT = f"of the point whose nearest {ABOUT['places']} are wanted."
DEGREES = "decimal degrees, WGS84"
# The classic version of this pattern answers for 0, 0 when nothing is sent. So does this one.
INPUTS = (
    Parameter("lat", f"Latitude {POINT}", "number", DEGREES, -90, 90, default=0.0),
    Parameter("long", f"Longitude {POINT}", "number", DEGREES, -180, 180, default=0.0),
)
ALIASES = {place.PLACE: place.find}
MANY = f"How many {ABOUT['places']}, nearest first."
OPTIONS = (
    Parameter("k", MANY, "integer", ABOUT["places"], 1, 50, default=1),
    Parameter("radius", "Leave out what is farther than this.", "number", "metres", above=0),
)

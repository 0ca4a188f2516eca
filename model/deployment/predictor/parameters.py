"""What a client may ask: a point, how many stores, and within which radius."""

from serving.parameters import Parameter

POINT = "of the point whose nearest stores are wanted."
DEGREES = "decimal degrees, WGS84"
# The classic version of this pattern answers for 0, 0 when nothing is sent. So does this one.
INPUTS = (
    Parameter("lat", f"Latitude {POINT}", "number", DEGREES, -90, 90, default=0.0),
    Parameter("long", f"Longitude {POINT}", "number", DEGREES, -180, 180, default=0.0),
)
OPTIONS = (
    Parameter("k", "How many stores, nearest first.", "integer", "stores", 1, 50, default=1),
    Parameter("radius", "Leave out stores farther than this.", "number", "metres", above=0),
)

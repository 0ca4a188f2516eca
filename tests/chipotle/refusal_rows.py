"""Bad queries, and how they are explained; tests/contract has the rows that hold for any model."""

from tests.chipotle.asked import row
from tests.table import PROBLEM, refused

ROWS = [
    refused("a limit is exact", "long=-180.001", "long", "from -180 to 180"),
    refused("almost a number, and long", f"lat={'1' * 9000}x", "lat", "plain decimal number"),
    refused("empty", "lat=", "lat", "lat is empty"),
    refused("no value at all", "lat", "lat", "lat is empty"),
    refused("given twice", "lat=1&lat=2", "lat", "given twice"),
    refused("a decimal comma", "lat=39,15", "lat", "decimal comma"),
    refused("hexadecimal", "lat=0x10", "lat", "plain decimal number"),
    refused("an unescaped plus is a space", "lat=+39", "lat", "' 39'"),
    refused("a NUL, escaped", "lat=%00", "lat", "\\\\x00"),
    refused("a line break, escaped", "lat=1%0D%0Aset-cookie:x", "lat", "\\\\r\\\\n"),
    refused("at most 40 characters are echoed", f"lat={'7' * 1000}x", "lat", f"'{'7' * 39}…'"),
    refused("radius above 0", "radius=0", "radius", "greater than 0 (metres)"),
    refused("radius too small to be above 0", "radius=1e-400", "radius", "out of range"),
    refused("formats are case-sensitive", "format=JSON", "format", "'JSON'"),
    refused("an empty format", "format=", "format", "format is empty"),
    refused("lng is not long", "lat=39&lng=-77", "long", "'lng' is not a parameter. Did you mean"),
    refused("latitude is not lat", "latitude=39&long=-77", "lat", "Did you mean lat?"),
    refused("lat[] is not lat", "lat[]=39&long=-77", "lat", "Did you mean lat?"),
    refused("amp;long is not long", "lat=39&amp;long=-77", "long", "Did you mean long?"),
    row("a problem as text is the sentence", "/?lat=x", status=400, contains=("lat is 'x'",)),
    row("a problem as GeoJSON is problem details", "/?lat=x&format=geojson", PROBLEM, status=400),
]

"""Formats, methods and paths."""

from tests.chipotle.asked import GEOJSON, HERE, OLNEY, row
from tests.table import JSON, PROBLEM, length

METHODS = "GET, HEAD, POST, OPTIONS"
NEGOTIATION = [
    row("Accept chooses the format", send={"accept": JSON}, media_type=JSON),
    row("Accept: GeoJSON", send={"accept": GEOJSON}, media_type=GEOJSON),
    row("format wins over Accept", f"{HERE}&format=text", send={"accept": JSON}, text=OLNEY),
    row(
        "the greatest weight wins",
        send={"accept": f"{JSON};q=0.1, {GEOJSON};q=0.9"},
        media_type=GEOJSON,
    ),
    row(
        "a weight of zero refuses",
        send={"accept": "text/plain;q=0, application/json"},
        media_type=JSON,
    ),
    row("anything is text", send={"accept": "*/*"}, text=OLNEY),
    row("what we do not have is text", send={"accept": "image/png"}, text=OLNEY),
    row("a malformed Accept is text", send={"accept": "json;;q=,/"}, text=OLNEY),
    row("media types have no case", send={"accept": "Application/JSON"}, media_type=JSON),
    row(
        "a long body is compressed for those who accept it",
        f"{HERE}&k=50&format=json",
        send={"accept-encoding": "br, gzip;q=0.5"},
        media_type=JSON,
        json={"nearest": length(50)},
        headers={"content-encoding": "gzip"},
    ),
    row(
        "a long body is left alone for those who refuse it",
        f"{HERE}&k=50&format=json",
        send={"accept-encoding": "gzip;q=0, *"},
        media_type=JSON,
        headers={"content-encoding": None},
    ),
    row(
        "a short body is left alone",
        send={"accept-encoding": "gzip"},
        text=OLNEY,
        headers={"content-encoding": None},
    ),
]

METHODS_AND_PATHS = [
    row("HEAD is GET without a body", method="HEAD", text=""),
    row(
        "OPTIONS names the methods",
        method="OPTIONS",
        status=204,
        media_type=None,
        text="",
        headers={"allow": METHODS},
    ),
    row(
        "other methods are refused",
        method="DELETE",
        status=405,
        contains=(METHODS,),
        headers={"allow": METHODS},
    ),
    row(
        "and refused in the format asked for",
        method="PUT",
        send={"accept": JSON, "content-type": JSON},
        body="{}",
        status=405,
        media_type=PROBLEM,
        json={"status": 405, "title": "Method Not Allowed"},
    ),
    row(
        "browsers ask for an icon; there is none",
        "/favicon.ico",
        status=204,
        media_type=None,
        text="",
    ),
    row(
        "health",
        "/healthz",
        media_type=JSON,
        json={"status": "ok", "model.stores": 2629, "model.version": length(12)},
    ),
    row(
        "the description of this API",
        "/openapi.json",
        media_type=JSON,
        contains=('"openapi": "3.1.',),
    ),
]
ROWS = NEGOTIATION + METHODS_AND_PATHS

"""Formats, methods and paths."""

from tests.chipotle.asked import GEOJSON, HERE, OLNEY, row
from tests.table import JSON, PROBLEM, length

METHODS = "GET, HEAD, POST, OPTIONS"
NEGOTIATION = [
    row("Accept: JSON", send={"accept": JSON}, media_type=JSON),
    row("format wins over Accept", f"{HERE}&format=text", send={"accept": JSON}, text=OLNEY),
    row("the greatest weight wins", send={"accept": f"{JSON};q=0.1, {GEOJSON};q=0.9"},
        media_type=GEOJSON),
    row("a weight of zero rejects", send={"accept": "text/plain;q=0, application/json"},
        media_type=JSON),
    row("Accept: anything is text", send={"accept": "*/*"}, text=OLNEY),
    row("Accept: an unknown type is text", send={"accept": "image/png"}, text=OLNEY),
    row("a malformed Accept is text", send={"accept": "json;;q=,/"}, text=OLNEY),
    row("media types ignore case", send={"accept": "Application/JSON"}, media_type=JSON),
    row("a long body is compressed if accepted", f"{HERE}&k=50&format=json", JSON,
        send={"accept-encoding": "br, gzip;q=0.5"}, json={"nearest": length(50)},
        headers={"content-encoding": "gzip"}),
    row("a long body is not compressed if rejected", f"{HERE}&k=50&format=json", JSON,
        send={"accept-encoding": "gzip;q=0, *"}, headers={"content-encoding": None}),
    row("a short body is not compressed", send={"accept-encoding": "gzip"}, text=OLNEY,
        headers={"content-encoding": None}),
]  # fmt: skip
METHODS_AND_PATHS = [
    row("OPTIONS names the methods", method="OPTIONS", status=204, media_type=None, text="",
        headers={"allow": METHODS}),
    row("other methods are rejected", method="PUT", body="{}", status=405, contains=(METHODS,),
        send={"accept": JSON, "content-type": JSON}, media_type=PROBLEM,
        json={"status": 405, "title": "Method Not Allowed"}, headers={"allow": METHODS}),
    row("health", "/healthz", JSON,
        json={"status": "ok", "model.stores": 2629, "model.version": length(12)}),
]  # fmt: skip
ROWS = NEGOTIATION + METHODS_AND_PATHS

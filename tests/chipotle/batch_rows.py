"""Many points at once; tests/contract has the rows that hold for any model."""

import json

from tests.chipotle.asked import DENVER, OLNEY
from tests.table import batch, length

SLOWEST = [-50.0, 90.0]  # on a grid over the Earth: 242 stores may be among the 10 nearest
ROWS = [
    batch("two points, two stores each",
          '{"points": [[39.153198, -77.066176], [39.7392, -104.9903]], "k": 2}', 200, json={
              "results": length(2), "results.0": length(2), "results.0.0.address": OLNEY,
              "results.1.0.address": DENVER, "model.stores": 2629}),
    batch("k is 1 if absent", '{"points": [[0, 0]]}', 200, json={"results.0": length(1)}),
    batch("a radius", '{"points": [[0, 0]], "radius": 1}', 200, json={"results": [[]]}),
    batch("a media type may have parameters", '{"points": [[0, 0]]}', 200,
          send={"content-type": "Application/JSON; charset=UTF-8"}),
    batch("1,000 of the slowest points, well within the function's 15 s",
          json.dumps({"points": [[SLOWEST[0], SLOWEST[1] + i * 1e-5] for i in range(1000)],
                      "k": 10}), 200, json={"results": length(1000), "results.999": length(10)}),
    batch("too many results", f'{{"points": [{", ".join(["[39, -77]"] * 201)}], "k": 50}}', 413,
          contains=("201 points with k 50",)),
    batch("points absent", "{}", contains=("no list of points",)),
    batch("a list instead of an object", "[[39, -77]]"),
    batch("a point of no values", '{"points": [[]]}', contains=("points[0]",)),
    batch("a point of four", '{"points": [[0, 0, null, 0]]}'),
    batch("the point out of range is named", '{"points": [[0, 0], [91, 0]]}',
          contains=("points[1]: lat is 91",)),
    batch("true is not 1", '{"points": [[true, 0]]}', contains=("lat is true",)),
    batch("null is not 0", '{"points": [[null, 0]]}', contains=("lat is null",)),
    batch("a string is not a number", '{"points": [["39", "-77"]]}', contains=("lat is '39'",)),
    batch("1e400 is JSON, but not finite", '{"points": [[1e400, 0]]}', contains=("not finite",)),
    batch("k out of range", '{"points": [[0, 0]], "k": 51}', json={"parameter": "k"}),
    batch("k null", '{"points": [[0, 0]], "k": null}', json={"parameter": "k"}),
    batch("no body", ""),
    batch("a hundred thousand brackets", "[" * 100_000),
    batch("a content encoding", '{"points": [[0, 0]]}', 415, send={"content-encoding": "gzip"}),
]  # fmt: skip

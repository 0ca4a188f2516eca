"""A place by name: a ZIP code of the Census Bureau, or a town of the data."""

from tests.chipotle.asked import OLNEY, row
from tests.chipotle.page_rows import HIDDEN, HTML
from tests.table import JSON, batch, refused

SPRINGFIELD = "Springfield, Illinois; Springfield, Missouri; Springfield, New Jersey; "

ROWS = [
    row("a ZIP code has its point", "/?place=20832&format=json", JSON, json={
        "query.place": "20832", "query.defaulted": ["lat", "long"], "nearest.0.address": OLNEY}),
    row("a ZIP code is where the Census Bureau has it", "/?place=20832&radius=1",
        text="No store within 1 m of 39.15, -77.078."),
    row("an empty place is absent", "/?place=&lat=39.153198&long=-77.066176", text=OLNEY),
    row("a longer ZIP code", "/?place=20832-1234", text=OLNEY),
    row("a ZIP code with a zero", "/?place=04401", text="583 Stillwater Ave Bangor, ME 04401 US"),
    *(
        row(f"a town as {name}", f"/?place={name}", text=OLNEY)
        for name in ("Olney", "olney+md", "Olney,%20Maryland", "%20OLNEY+", "%C3%96lney")
    ),
    row("a town is among its stores", "/?place=St.+Louis,+MO&format=json", JSON, json={
        "nearest.0.city": "Saint Louis", "nearest.0.distance_m": lambda m: m < 1e4}),
    refused("a town in many states", "place=springfield", "place", SPRINGFIELD, "(and 2 more)."),
    refused("part of a town's name", "place=Washington", "place", "Washington DC, Washington DC;"),
    refused("an unknown town", "place=Olny", "place", "Did you mean Olney or"),
    refused("an unknown ZIP code", "place=00000", "place", "must be a ZIP code or town"),
    refused("a place and a latitude", "place=20832&lat=39", "place", "not both"),
    refused("a place of 101 characters", f"place={'x' * 101}", "place", "at most 100 characters"),
    batch("places and points in a batch",
          '{"points": [{"place": "20832"}, [39.153198, -77.066176], [0, 0, "Olney"]]}', 200,
          json={f"results.{i}.0.address": OLNEY for i in range(3)}),
    batch("an unknown place in a batch", '{"points": [{"place": "Olny"}]}',
          contains=("place is 'Olny'.", "Did you mean Olney"), json={"parameter": "place"}),
    row("a page for a place, which stays in its field", "/?place=Olney,+MD&format=html", HTML,
        contains=('<span id="point" dir="auto">Olney, MD</span>', 'value="Olney, MD"')),
    row("a page with the choices beside the field", "/?place=springfield&format=html", HTML,
        status=400, contains=(HIDDEN, 'value="springfield"', f"Say which one: {SPRINGFIELD}")),
]  # fmt: skip

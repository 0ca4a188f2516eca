"""The page, without a browser."""

from tests.chipotle.asked import DENVER, HERE, OLNEY, row

HTML = "text/html; charset=utf-8"
PAGE = ("<!doctype html>", '<h1 dir="auto">The nearest Chipotle</h1>', "2,629 stores (as of 2020)")
HIDDEN = 'id="answer" aria-labelledby="asked" hidden>'
SHOWN = 'id="answer" aria-labelledby="asked" >'
MORE = '<a href="?lat=39.153198&amp;long=-77.066176&amp;k=5">Show more stores</a>'

ROWS = [
    row("a page without a point", "/?format=html", HTML, contains=(*PAGE, HIDDEN, 'value="5"')),
    row("a map with degrees", f"{HERE}&format=html", HTML,
        contains=(">45° N</text>", ">105° W</text>", ">180°</text>")),
    row("browsers get the page", "/", HTML, send={"accept": "text/html,*/*;q=0.8"}, contains=PAGE),
    row("a page with an answer", f"{HERE}&format=html", HTML,
        contains=(*PAGE, SHOWN, f"<title>{OLNEY}</title>", "Right here", MORE),
        headers={"referrer-policy": "no-referrer", "permissions-policy": "geolocation=(self)"}),
    row("a page with five stores", f"{HERE}&k=5&format=html", HTML, contains=(
        SHOWN, OLNEY, "13501 Connecticut Ave", "5.3 miles (8.6 km) south", "7.6 miles")),
    row("a page with nothing within the radius", "/?lat=45&long=-77&radius=1000&format=html", HTML,
        contains=(SHOWN, '<p id="note">No store within that distance.', 'name="radius"')),
    row("a page with a problem beside its field", "/?lat=91&long=0&format=html", HTML, status=400,
        contains=(HIDDEN, 'value="91"', 'aria-invalid="true" autofocus', "which is out of range.")),
    row("a page with a problem at the top", "/?format=html", HTML, method="PUT", status=405,
        contains=('role="alert">This method is not supported.',)),
    row("a part of the page lacks map and script", "/?lat=39.7392&long=-104.9903",
        "text/x-part; charset=utf-8", send={"accept": "text/x-part"},
        headers={"content-encoding": None}, contains=(
            "<head>", DENVER, '<g id="ground"></g>', "0.43 miles (0.70 km) north")),
]  # fmt: skip

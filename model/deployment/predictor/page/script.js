// The page works without this script, which lets the map choose the point and swaps in the answer.
const find = (id) => document.getElementById(id);
const map = find("map"), form = find("form"), say = find("status"), problem = find("problem");
const NARROWEST = 0.4, WIDEST = 800, VAGUE_M = 2000, RADIAN = 180 / Math.PI;

// Invert drawing.py's projection: from x and y to latitude and longitude.
const place = ({x, y}) => [Math.atan(Math.sinh(-y / RADIAN)) * RADIAN, (x % 360 + 540) % 360 - 180];

// What the map shows, in degrees of longitude.
const view = map.viewBox.baseVal;
const look = ({x, y, width = view.width, height = view.height}) => map.setAttribute("viewBox", [x, y, width, height].join(" "));
const middle = () => ({x: view.x + view.width / 2, y: view.y + view.height / 2});
const zoom = (factor, {x, y} = middle()) => {
  const size = Math.max(view.width, view.height);
  const by = Math.min(Math.max(size * factor, NARROWEST), WIDEST) / size;
  look({x: x + (view.x - x) * by, y: y + (view.y - y) * by, width: view.width * by, height: view.height * by});
};
const pin = ({x, y}) => map.querySelectorAll(".query").forEach((path) => path.setAttribute("d", `M${x} ${y}h0`));
const pinned = () => {
  const [, x, y] = map.querySelector(".query").getAttribute("d").match(/M(\S+) (\S+)h/) ?? [];
  return x && {x: +x, y: +y};
};

const swap = (page, onMap) => {
  const focused = document.activeElement, first = page.querySelectorAll("li:first-child :is(.address, .way > span)");
  page.querySelector("[autofocus]")?.removeAttribute("autofocus");  // only for a new page
  say.textContent = [...first].map((element) => element.textContent).join(": ");
  for (const id of ["answer", "overlay", "search", "form", "problem", "formats"]) {
    find(id).replaceChildren(...page.getElementById(id).childNodes);
    find(id).hidden = page.getElementById(id).hidden;
  }
  document.title = page.title;
  (document.querySelector("[aria-invalid=true]") ?? (focused.isConnected ? null : find(focused.id)))?.focus();  // an error, or where the focus was
  const {x, y, width, height} = find("overlay").getBBox();
  const isVisible = x > view.x && y > view.y && x + width < view.x + view.width && y + height < view.y + view.height;
  if (!find("answer").hidden && !(onMap && isVisible)) look(page.getElementById("map").viewBox.baseVal);
};

// One request at a time: of the points chosen meanwhile, only the last is asked for.
let wanted, queue = Promise.resolve();
const ask = (query, onMap = false) => {
  const asked = wanted = {};
  return queue = queue.then(async () => {
    if (asked !== wanted) return;
    try {
      const response = await fetch("?" + query, {headers: {accept: "text/x-part"}});
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!page.getElementById("answer")) throw new Error(response.status);
      if (asked === wanted) swap(page, onMap);
    } catch {
      find("answer").hidden = true;
      problem.textContent = "The server is not answering. Try again in a moment.";
    }
  });
};
const submit = (form, onMap = false, save = "pushState") => {
  const query = new URLSearchParams(new FormData(form));
  history[save](null, "", "?" + query);
  return ask(query, onMap);
};
const choose = ([latitude, longitude], ...how) => {
  [form.elements.lat.value, form.elements.long.value] = [+latitude.toFixed(5), +longitude.toFixed(5)];
  return submit(form, ...how);
};
addEventListener("popstate", () => ask(location.search.slice(1)));

// People paste "39.153198, -77.066176" into one field, and write spaces and typographic minus signs.
const cleaned = (text) => text.trim().replace(/[\u2010-\u2015\u2212]/g, "-");
addEventListener("paste", (event) => {
  const pair = cleaned(event.clipboardData.getData("text")).match(/^\(?([-+]?[\d.]+)°?\s*[,;\s]\s*([-+]?[\d.]+)°?\)?$/);
  if (!pair || !["lat", "long", "place"].includes(event.target.id)) return;
  event.preventDefault();
  [form.elements.lat.value, form.elements.long.value] = pair.slice(1);
  form.elements.lat.focus();
});
addEventListener("submit", (event) => {
  event.preventDefault();
  for (const input of event.target.querySelectorAll("input")) input.value = cleaned(input.value);
  submit(event.target);
});

find("locate").hidden = !navigator.geolocation || !isSecureContext;
find("locate").addEventListener("click", () => {
  problem.textContent = "";
  say.textContent = "Asking your browser for your location.";
  const before = location.search;
  navigator.geolocation.getCurrentPosition(async ({coords}) => {
    if (location.search !== before) return;  // a point was chosen meanwhile
    await choose([coords.latitude, coords.longitude]);
    if (coords.accuracy > VAGUE_M && !problem.textContent)
      problem.textContent = `Your browser only knows your location to within ${Math.round(coords.accuracy / 1000)} km. Drag the point to where you are.`;
  }, ({code}) => {
    say.textContent = "";
    problem.textContent = `Your browser ${code === 1 ? "did not share" : "could not find"} your location. Choose a point on the map, or type where you are.`;
  }, {timeout: 15000, maximumAge: 60000});
});

// The map: click or tap to choose, drag the point, drag elsewhere to pan, pinch to zoom; and keys.
const at = (event) => DOMPoint.fromPoint(event).matrixTransform(map.getScreenCTM().inverse());
const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const put = (point, save) => {
  pin(point);
  choose(place(point), true, save);
};
const fingers = new Map();
let start = null, held = false;
map.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  map.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
  start = fingers.size === 1 ? event : null;  // with a second finger it is not a tap
  held = start && pinned() && distance(at(event), pinned()) * map.getScreenCTM().a < 22;
});
map.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before || start && distance(start, event) < 5) return;
  start = null;
  const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
  const here = at(event), from = at(before);
  if (held) pin(here);
  else if (other) zoom(distance(before, other) / Math.max(distance(event, other), 1), at(other));
  else look({x: view.x + from.x - here.x, y: view.y + from.y - here.y});
  fingers.set(event.pointerId, event);
});
const lift = (event) => {
  if (fingers.delete(event.pointerId) && event.type === "pointerup" && (start || held)) put(at(event));
  start = held = null;
};
map.addEventListener("pointerup", lift);
map.addEventListener("pointercancel", lift);
map.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;  // without it the wheel scrolls the page; a trackpad's pinch has Ctrl
  event.preventDefault();
  zoom(Math.exp(event.deltaY / 200), at(event));
}, {passive: false});

// An arrow key that is held down makes one history entry.
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
map.addEventListener("keydown", (event) => {
  if (!ARROWS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const [dx, dy] = ARROWS[event.key].map((direction) => direction * Math.max(view.width, view.height) / 40);
  const {x, y} = pinned() ?? middle();
  put({x: x + dx, y: y + dy}, event.repeat ? "replaceState" : "pushState");
});
find("in").addEventListener("click", () => zoom(1 / 2));
find("out").addEventListener("click", () => zoom(2));
find("all").addEventListener("click", () => look(find("whole").viewBox.baseVal));
find("zoom").hidden = find("help").hidden = false;

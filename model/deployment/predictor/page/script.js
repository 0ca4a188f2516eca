// The page works without this script, which lets the map choose the point and swaps in the answer.
const find = (id) => document.getElementById(id);
const map = find("map"), form = find("form"), say = find("status"), problem = find("problem");
const NARROWEST = 0.4, WIDEST = 800, VAGUE_M = 2000, RADIAN = 180 / Math.PI;
const numbers = (text) => (text?.match(/-?[\d.]+/g) ?? []).map(Number);

// Invert drawing.py's projection: from x and y to latitude and longitude.
const place = (x, y) => [Math.atan(Math.sinh(-y / RADIAN)) * RADIAN, (x % 360 + 540) % 360 - 180];

// What the map shows, in degrees of longitude: x, y, width, height.
let view;
const look = (x, y, width, height) => {
  const size = Math.max(width, height), factor = Math.min(Math.max(size, NARROWEST), WIDEST) / size;
  view = [x + width * (1 - factor) / 2, y + height * (1 - factor) / 2, width * factor, height * factor];
  map.setAttribute("viewBox", view.join(" "));
};
const zoom = (factor, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) =>
  look(x + (view[0] - x) * factor, y + (view[1] - y) * factor, view[2] * factor, view[3] * factor);
const pin = (x, y) => map.querySelectorAll(".query").forEach((path) => path.setAttribute("d", `M${x} ${y}h0`));
const pinned = () => numbers(map.querySelector(".query")?.getAttribute("d")).slice(0, 2);

// One request at a time: of the points chosen meanwhile, only the last is asked for.
let wanted = null, asking = false;
const swap = (page, onMap) => {
  const focused = document.activeElement, first = page.querySelectorAll("li:first-child :is(.address, .way > span)");
  page.querySelector("[autofocus]")?.removeAttribute("autofocus");  // only for a new page
  say.textContent = [...first].map((element) => element.textContent).join(": ");
  for (const id of ["answer", "overlay", "search", "form", "problem", "formats"]) {
    find(id).replaceChildren(...page.getElementById(id).childNodes);
    find(id).hidden = page.getElementById(id).hidden;
  }
  document.title = page.title;
  (document.querySelector("[aria-invalid=true]") ?? (focused.isConnected ? null : find(focused.id)))?.focus();
  const {x, y, width, height} = find("way")?.getBBox() ?? {}, [left, top, wide, high] = view;
  const isVisible = x > left && y > top && x + width < left + wide && y + height < top + high;
  if (find("way") && !(onMap && isVisible)) look(...numbers(page.getElementById("map").getAttribute("viewBox")));
};
const ask = async (query, onMap = false) => {
  wanted = {query, onMap};
  if (asking) return;
  asking = true;
  for (let asked = null; asked !== wanted;) {
    asked = wanted;
    try {
      const response = await fetch("?" + asked.query, {headers: {accept: "text/x-part"}});
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!page.getElementById("answer")) throw new Error(response.status);
      if (asked === wanted) swap(page, asked.onMap);
    } catch {
      find("answer").hidden = true;
      problem.textContent = "The server is not answering. Try again in a moment.";
    }
  }
  asking = false;
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

if (navigator.geolocation && isSecureContext) {
  find("locate").hidden = false;
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
}

// The map: click or tap to choose, drag the point, drag elsewhere to pan, pinch to zoom; and keys.
const at = (event) => {
  const {x, y} = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
  return [x, y];
};
const put = (x, y, save) => {
  pin(x, y);
  choose(place(x, y), true, save);
};
const apart = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
const fingers = new Map();
let start = null, held = false;
map.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  map.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
  start = fingers.size === 1 ? event : null;  // with a second finger it is not a tap
  const [x, y] = at(event), [pinnedX, pinnedY] = pinned();
  held = start && Math.hypot(x - pinnedX, y - pinnedY) * map.getScreenCTM().a < 22;
});
map.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before || start && apart(start, event) < 5) return;
  start = null;
  const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
  const [x, y] = at(event), [x0, y0] = at(before);
  if (held) pin(x, y);
  else if (other) zoom(apart(before, other) / Math.max(apart(event, other), 1), ...at(other));
  else look(view[0] + x0 - x, view[1] + y0 - y, view[2], view[3]);
  fingers.set(event.pointerId, event);
});
const lift = (event) => {
  if (fingers.delete(event.pointerId) && event.type === "pointerup" && (start || held)) put(...at(event));
  start = held = null;
};
map.addEventListener("pointerup", lift);
map.addEventListener("pointercancel", lift);
map.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;  // without it the wheel scrolls the page; a trackpad's pinch has Ctrl
  event.preventDefault();
  zoom(Math.exp(event.deltaY / 200), ...at(event));
}, {passive: false});

// An arrow key that is held down makes one history entry.
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
map.addEventListener("keydown", (event) => {
  if (!ARROWS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const [dx, dy] = ARROWS[event.key].map((direction) => direction * Math.max(view[2], view[3]) / 40);
  const [x = view[0] + view[2] / 2, y = view[1] + view[3] / 2] = pinned();
  put(x + dx, y + dy, event.repeat ? "replaceState" : "pushState");
});
find("in").addEventListener("click", () => zoom(1 / 2));
find("out").addEventListener("click", () => zoom(2));
find("all").addEventListener("click", () => look(...numbers(map.dataset.all)));
find("zoom").hidden = find("help").hidden = false;
look(...numbers(map.getAttribute("viewBox")));

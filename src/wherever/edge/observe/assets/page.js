// The status page: one stream of events comes in, and what it says is shown as text.
// Nothing of a guest or a stranger ever becomes markup: values go through textContent alone.

const MOST_LINES = 300;
const MOST_ROWS = 250;
const SILENCE_MS = 12_000;
const SVG = "http://www.w3.org/2000/svg";

const $ = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const shorter = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

const apps = new Map();
const rows = new Map();
let server = {};
let sort = { by: "requests", down: true };
let key = "";
let stop = new AbortController();
let retry = 0;
let waiting = [];
let paused = false;
let leftOut = 0;
let typing;

// ----- words

const count = (value) => (value < 10_000 ? numbers : compact).format(value);
const rate = (value) => (value && value < 99.95 ? value.toFixed(1) : count(value));
const two = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
export const percent = (share) => share > 0 && share < 0.0001 ? "< 0.01 %" : `${two.format(share * 100)} %`;

function time(seconds) {
  if (!seconds) return "–";
  if (seconds < 0.000_999_5) return `${shorter.format(seconds * 1e6)} µs`;
  if (seconds < 0.999_5) return `${shorter.format(seconds * 1e3)} ms`;
  return `${shorter.format(seconds)} s`;
}

function size(bytes) {
  for (const [unit, factor] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]])
    if (bytes >= factor) return `${shorter.format(bytes / factor)} ${unit}`;
  return `${numbers.format(bytes)} B`;
}

const named = (name) => (name === "-" ? "no app" : name);

// Control characters, and marks that turn the direction of text, are spelled out.
const HIDDEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const plain = (text) => text.replace(HIDDEN, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

function make(tag, className = "", text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== "") node.textContent = plain(text);
  return node;
}

const put = (node, text) => node.textContent === text || (node.textContent = text);

// ----- pictures

function draw(svg, allPoints, allFailed, width, height) {
  // The newest point is not over yet, and would look like a fall.
  const [points, failed] = [allPoints.slice(0, -1), allFailed.slice(0, -1)];
  const top = Math.max(1, ...points);
  const step = width / (points.length - 1);
  const at = points.map((value, i) => [i * step, height - 1 - (value / top) * (height - 4)]);
  const edge = at.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const marks = failed.flatMap((value, i) => {
    if (!value) return [];
    const high = Math.max(2, (value / top) * (height - 4));
    return `M${(i * step - step / 2).toFixed(1)},${height}v${-high.toFixed(1)}h${step.toFixed(1)}v${high.toFixed(1)}z`;
  });
  if (!svg.firstChild)
    for (const [tag, name] of [["polygon", "area"], ["polyline", "edge"], ["path", "failed"]]) {
      const part = document.createElementNS(SVG, tag);
      part.setAttribute("class", name);
      svg.append(part);
    }
  const [area, line, bars] = svg.children;
  area.setAttribute("points", `0,${height} ${edge} ${width},${height}`);
  line.setAttribute("points", edge);
  bars.setAttribute("d", marks.join(""));
}

// ----- apps

const CELLS = [
  ["rate", "Req/s", (app) => rate(app.rate)],
  ["requests", "Requests", (app) => count(app.requests)],
  ["errors", "Errors", (app) => count(app.errors)],
  ["p50", "p50", (app) => time(app.p50)],
  ["p95", "p95", (app) => time(app.p95)],
  ["p99", "p99", (app) => time(app.p99)],
  ["cpu", "CPU", (app) => percent(app.cpu)],
  ["memory", "Memory", (app) => (app.memory ? size(app.memory) : "–")],
  ["waiting", "Queue", (app) => count(app.waiting)],
];

const optionOf = (name) => [...$("by-app").options].find((option) => option.value === name);

// An app that is gone may still be the chosen one: its lines are shown until another is chosen.
function dropOptions() {
  for (const option of [...$("by-app").options])
    if (option.value && !apps.has(option.value) && !option.selected) option.remove();
}

function newRow(app) {
  const row = make("tr");
  const name = make("td", "name");
  const button = make("button", "", named(app.name));
  button.type = "button";
  button.title = `Show only ${named(app.name)} below`;
  button.addEventListener("click", () => {
    $("by-app").value = $("by-app").value === app.name ? "" : app.name;
    chosen();
  });
  const gone = make("span", "tag gone", "gone");
  gone.title = "It is served no more, and leaves this page with its last request";
  name.append(button, gone);
  const picture = make("td", "picture");
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 120 26");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  picture.append(svg);
  row.append(name, picture);
  const cells = CELLS.map(([, label]) => {
    const cell = make("td");
    cell.dataset.label = label;
    row.append(cell);
    return cell;
  });
  if (!optionOf(app.name)) {
    const option = make("option", "", named(app.name));
    option.value = app.name;
    $("by-app").append(option);
  }
  return { row, button, gone, svg, cells, drawn: "" };
}

function showRow(app) {
  let shown = rows.get(app.name);
  if (!shown) rows.set(app.name, (shown = newRow(app)));
  CELLS.forEach(([field, , words], i) => {
    put(shown.cells[i], words(app));
    const bad = field === "errors" || field === "waiting";
    shown.cells[i].className = bad && app[field] ? "bad" : app[field] ? "" : "quiet";
  });
  const drawn = `${app.points}/${app.failed}`;
  if (drawn !== shown.drawn) draw(shown.svg, app.points, app.failed, 120, 26);
  shown.drawn = drawn;
  shown.gone.hidden = !app.gone;
  shown.button.setAttribute("aria-pressed", String($("by-app").value === app.name));
  return shown.row;
}

function showApps() {
  const wanted = $("find").value.trim().toLowerCase();
  const sign = sort.down ? -1 : 1;
  const found = [...apps.values()]
    .filter((app) => named(app.name).toLowerCase().includes(wanted))
    .sort((a, b) => {
      const [x, y] = [a[sort.by], b[sort.by]];
      return (x < y ? -sign : x > y ? sign : 0) || (a.name < b.name ? -1 : 1);
    });
  const shown = found.slice(0, MOST_ROWS).map(showRow);
  const body = $("rows");
  if (shown.length !== body.children.length || shown.some((row, i) => row !== body.children[i])) {
    const focused = document.activeElement;
    body.replaceChildren(...shown);
    if (body.contains(focused)) focused.focus({ preventScroll: true });
  }
  const more = found.length - shown.length;
  put($("apps-count"), more ? `${found.length}, the first ${shown.length} shown` : `${found.length}`);
  $("apps-none").hidden = found.length > 0;
  put($("apps-none"), wanted ? `No app is called ${wanted}.` : "No app is served yet.");
}

function showTotals() {
  const all = [...apps.values()];
  const sum = (field) => all.reduce((total, app) => total + app[field], 0);
  const length = all[0]?.points.length ?? 60;
  const added = (field) => all.reduce((into, app) => into.map((n, i) => n + app[field][i]), Array(length).fill(0));
  const [requests, errors, queue] = [sum("requests"), sum("errors"), sum("waiting")];
  const slowest = all.reduce((most, app) => (app.p99 > (most?.p99 ?? 0) ? app : most), null);
  put($("rate"), rate(sum("rate")));
  put($("errors"), requests ? percent(errors / requests) : "–");
  put($("errors-about"), requests ? `${count(errors)} of ${count(requests)}` : "no requests yet");
  $("errors").className = errors ? "bad" : "";
  put($("p99"), time(slowest?.p99));
  put($("latency-about"), slowest ? `slowest: ${named(slowest.name)}` : "");
  put($("cpu"), percent(sum("cpu")));
  put($("running"), count(sum("running")));
  put($("waiting"), queue ? `${count(queue)} waiting` : "none waiting");
  draw($("traffic"), added("points"), added("failed"), 300, 64);
  $("traffic").setAttribute("aria-label", `${count(requests)} requests in the last five minutes`);
}

function take(told) {
  if (told.apps) {
    const names = new Set(told.apps.map((app) => app.name));
    for (const name of [...apps.keys()].filter((name) => !names.has(name))) {
      rows.delete(name);
      apps.delete(name);
    }
    dropOptions();
    for (const app of told.apps) apps.set(app.name, app);
    showTotals();
    showApps();
  }
  const dropped = told.dropped ? `, ${count(told.dropped)} lines of the log lost` : "";
  say(`Live, ${told.workers} ${told.workers === 1 ? "worker" : "workers"}${dropped}`);
}

// ----- lines

function details(record) {
  const list = make("dl");
  const words = {
    time: "Time", id: "Request", app: "App", client: "Client", method: "Method", host: "Host",
    target: "Target", status: "Status", seconds: "Took", cpu: "CPU", in: "Received", out: "Sent",
    outcome: "Guest ended", cold: "Cold start", stream: "Stream", text: "Text", fields: "Fields",
  };
  for (const [field, label] of Object.entries(words)) {
    if (!Object.hasOwn(record, field) || record[field] === "") continue;
    let value = record[field];
    if (field === "seconds" || field === "cpu") value = time(value);
    else if (field === "in" || field === "out") value = size(value);
    else if (field === "cold") value = value ? "yes" : "no";
    else if (field === "fields") value = JSON.stringify(value, null, 2);
    list.append(make("dt", "", label), make("dd", "", String(value)));
  }
  return list;
}

function request(record) {
  const left = !record.status || record.status === 499;
  const status = make("span", `status s${left ? 0 : Math.floor(record.status / 100)}`, left ? "left" : String(record.status));
  const where = make("span", "where");
  where.append(make("span", "host", record.host), plain(record.target));
  const tags = make("span", "tags");
  if (record.outcome && record.outcome !== "ok") tags.append(make("span", "tag", record.outcome.replace("_", " ")));
  else if (record.cold) tags.append(make("span", "tag cold", "cold"));
  return [status, make("span", "", record.method), where, tags, make("span", "of", named(record.app)), make("span", "took", time(record.seconds))];
}

function output(record) {
  const fields = record.fields ? Object.entries(record.fields).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`) : [];
  return [make("span", "said", record.text ?? fields.join("  ")), make("span", "of", named(record.app))];
}

function line(record) {
  const item = make("li", record.kind === "request" ? "" : `output ${record.stream ?? "note"}`);
  const button = make("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  const parts = record.kind === "request" ? request(record) : output(record);
  button.append(make("span", "when", String(record.time).slice(11, 23)), ...parts);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) item.lastChild.remove();
    else item.append(details(record));
  });
  item.append(button);
  return item;
}

function showLines(fresh) {
  const list = $("lines");
  const made = waiting.splice(0).reverse().slice(0, MOST_LINES).map(line);
  if (fresh && made.length < 4) made.forEach((item) => item.classList.add("fresh"));
  list.prepend(...made);
  while (list.children.length > MOST_LINES) list.lastChild.remove();
  $("lines-none").hidden = list.children.length > 0;
  const filtered = [...$("filters").elements].some((field) => field.value);
  put($("lines-none"), server.log === false ? "This server keeps no log." : filtered ? "Nothing like this yet." : "No requests yet.");
  if (!filtered && server.addresses?.length && !list.children.length)
    $("lines-none").append(" Try ", make("code", "", `curl ${server.addresses[0]}`));
}

function hear(told) {
  if (told.past) $("lines").replaceChildren();
  waiting = told.past ? told.lines : [...waiting, ...told.lines];
  if (waiting.length > MOST_LINES) waiting.splice(0, waiting.length - MOST_LINES);
  leftOut += told.skipped;
  if (paused) put($("pause"), `Go on (${waiting.length})`);
  else showLines(!told.past);
  put($("left-out"), leftOut ? `${count(leftOut)} more than fit were left out` : "");
}

// ----- the connection

function say(words, state = "live") {
  document.body.dataset.state = state;
  put($("connection").lastElementChild, words);
}

function lock(why) {
  document.body.dataset.state = "locked";
  say("Locked", "locked");
  put($("wrong"), why);
  $("locked").hidden = false;
  for (const id of ["totals", "apps", "requests"]) $(id).hidden = true;
  $("key").focus();
}

const HEARD = {
  server(told) {
    server = told;
    put($("server"), told.name ?? "");
    document.title = told.name ? `${told.name} · Wherever` : "Wherever";
    put($("addresses"), (told.addresses ?? []).join("  "));
  },
  apps: take,
  lines: hear,
};

async function listen(signal) {
  const query = new URLSearchParams();
  for (const name of ["app", "status", "method", "kind", "text"]) {
    const value = $(`by-${name}`).value.trim();
    if (value) query.set(name, value);
  }
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(`events?${query}`, { headers, signal, cache: "no-store" });
  if (answer.status === 401) return lock(key ? "That is not the key of this server." : "");
  if (!answer.ok) throw new Error((await answer.text()).trim());
  for (const id of ["totals", "apps", "requests"]) $(id).hidden = false;
  $("locked").hidden = true;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const silence = setTimeout(() => reader.cancel(), SILENCE_MS);
    const { value, done } = await reader.read();
    clearTimeout(silence);
    if (done) throw new Error("the server went away");
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
      if (name && Object.hasOwn(HEARD, name)) HEARD[name](JSON.parse(data));
    }
    retry = 0;
  }
}

async function connect() {
  stop.abort();
  const mine = (stop = new AbortController());
  try {
    await listen(mine.signal);
  } catch (error) {
    if (mine.signal.aborted) return;
    retry = Math.min(retry + 1, 5);
    say(`Not connected: trying again in ${retry * 2} s`, "away");
    $("connection").title = String(error.message ?? error);
    setTimeout(() => mine.signal.aborted || connect(), retry * 2000);
  }
}

function chosen() {
  leftOut = 0;
  dropOptions();
  connect();
  showApps();
}

// ----- what people do

$("find").addEventListener("input", showApps);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("change", (event) => event.target.id === "by-text" || chosen());
$("by-text").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(chosen, 250);
});
$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  put($("pause"), paused ? "Go on" : "Pause");
  if (!paused) showLines(true);
});
for (const button of document.querySelectorAll("th button"))
  button.addEventListener("click", () => {
    const by = button.dataset.by;
    sort = { by, down: sort.by === by ? !sort.down : by !== "name" };
    for (const head of document.querySelectorAll("th[aria-sort]")) head.setAttribute("aria-sort", "none");
    button.parentElement.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
    showApps();
  });
$("locked").addEventListener("submit", (event) => {
  event.preventDefault();
  remember($("key").value.trim());
  connect();
});
addEventListener("online", connect);
addEventListener("hashchange", begin);

function remember(value) {
  key = value;
  sessionStorage.setItem("key", value);
}

function begin() {
  // The key leaves the address bar at once, so that no picture or bookmark of the page holds it.
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given) {
    remember(given);
    history.replaceState(null, "", location.pathname + location.search);
  } else {
    key = sessionStorage.getItem("key") ?? "";
  }
  if (given || document.body.dataset.state === "loading") connect();
}

begin();

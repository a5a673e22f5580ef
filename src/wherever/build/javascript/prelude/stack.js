// Where an error happened, in the words of the user's own files.
//
// The build hands over a map as text: names of files, an empty line, and for each line of the
// bundle the places that its parts came from. A part has four numbers in base 36, each to be added
// to the one before: its column, the file, and line and column there. File 0 is our own code.

let text = "\n";
let map;

/** Keeps the map's text; it is read when the first error is shown. */
export function useMap(given) {
  text = given ?? text;
}

function readMap() {
  const end = text.indexOf("\n\n");
  const names = end < 0 ? [] : text.slice(0, end).split("\n");
  let place = [0, 0, 0];
  const rows = text.slice(end + 2).split("\n").map((row) => {
    let column = 0;
    return (row === "" ? [] : row.split(" ")).map((part) => {
      const [step, ...steps] = part.split(",").map((number) => (number === "" ? 0 : parseInt(number, 36)));
      column += step;
      place = place.map((value, at) => value + steps[at]);
      return [column, ...place];
    });
  });
  return { names, rows };
}

// As QuickJS words a frame, and as SpiderMonkey does, whose own files are not the bundle.
const FRAME = /^\s*at (?:(.*) )?\(?(?:\/?[^\s():]*):(\d+):(\d+)\)?$/;
const OTHER_FRAME = /^(?:([^@]*[^@</])|[^@]*)@\/?bundle\.js:(\d+):(\d+)$/;

/** The place that a position of the bundle came from; null for our own code. */
function placeOf(line, column) {
  map ??= readMap();
  const row = map.rows[line - 1];
  if (row === undefined || row.length === 0) return null;
  let found = row[0];
  for (const step of row) {
    if (step[0] > column - 1) break;
    found = step;
  }
  const [, source, at, across] = found;
  return source === 0 ? null : `${map.names[source - 1]}:${at + 1}:${across + 1}`;
}

/** An error's first line and its stack, as Node words them. */
export function stackOf(error) {
  const head = headOf(error);
  const stack = typeof error.stack === "string" ? error.stack : "";
  const frames = [];
  for (const line of stack.split("\n")) {
    const match = FRAME.exec(line) ?? OTHER_FRAME.exec(line);
    if (match === null) continue;
    const place = placeOf(Number(match[2]), Number(match[3]));
    if (place === null || (frames.length > 0 && place.endsWith(":1:1"))) continue; // a module's start
    const name = match[1];
    if (name?.startsWith("__")) continue; // of the bundle's own making
    const isModule = !name || name === "<anonymous>" || name === "<eval>" || /^\S+\.[cm]?[jt]sx?$/.test(name);
    const frame = isModule ? `    at ${place}` : `    at ${name} (${place})`;
    if (frames.at(-1) !== frame) frames.push(frame);
  }
  return [head, ...frames].join("\n");
}

function headOf(error) {
  let name = "Error";
  let message = "";
  try {
    name = String(error.name ?? "Error");
    message = String(error.message ?? "");
    const made = error.constructor?.name;
    if (name === "Error" && made && made !== "Error" && made !== "Object") name = made;
    if (error.code !== undefined && typeof error.code === "string" && !(error instanceof DOMException)) {
      name = `${name} [${error.code}]`;
    }
  } catch {
    return "Error";
  }
  return message === "" ? name : `${name}: ${message}`;
}

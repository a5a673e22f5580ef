// Where an error happened, in the words of the user's own files.
//
// The build hands over a map: for each line of the bundle the place that it came from, as rows of
// [column, source, line] where source is an index into the list of files, or -1 for our own code.

let map = '{"sources":[],"rows":[]}';

/** Keeps the map's text; it is read when the first error is shown. */
export function useMap(text) {
  map = text ?? map;
}

const FRAME = /^\s*at (?:(.*) )?\(?(?:\/?[^\s():]*):(\d+):(\d+)\)?$/;

/** The place that a position of the bundle came from; null for our own code. */
function placeOf(line, column) {
  if (typeof map === "string") map = JSON.parse(map);
  const row = map.rows[line - 1];
  if (row === undefined || row.length === 0) return null;
  let found = row[0];
  for (const step of row) {
    if (step[0] > column - 1) break;
    found = step;
  }
  const [, source, at, across] = found;
  return source < 0 ? null : `${map.sources[source]}:${at}:${across}`;
}

/** An error's first line and its stack, as Node words them. */
export function stackOf(error) {
  const head = headOf(error);
  const stack = typeof error.stack === "string" ? error.stack : "";
  const frames = [];
  for (const line of stack.split("\n")) {
    const match = FRAME.exec(line);
    if (match === null) continue;
    const place = placeOf(Number(match[2]), Number(match[3]));
    if (place === null) continue;
    const name = match[1];
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

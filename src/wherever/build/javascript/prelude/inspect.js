// Values as text for people, laid out as Node lays them out.
import { isSharedMemory } from "./kinds.js";
import { peek } from "./promise.js";
import { stackOf } from "./stack.js";

const WIDTH = 80;
const MOST_ITEMS = 100;
const PLAIN_KEY = /^[A-Za-z_][A-Za-z_0-9]*$/;

export const custom = Symbol.for("nodejs.util.inspect.custom");

export function inspect(value, options = {}) {
  const state = { depth: 2, indent: 0, seen: [], circular: new Map(), current: 0, ...options };
  if (state.depth === null) state.depth = Infinity;
  return format(state, value, 0);
}

export function quoted(text) {
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes("`") && !text.includes("${")) mark = "`";
  }
  const wrong = mark === "'" ? /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g : /[\x00-\x1f\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
  return mark + text.replace(wrong, escaped) + mark;
}

const SHORT = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", "\\": "\\\\", "'": "\\'" };

function escaped(character) {
  if (SHORT[character] !== undefined) return SHORT[character];
  const code = character.charCodeAt(0);
  return code > 0xff
    ? `\\u${code.toString(16).toUpperCase()}`
    : `\\x${code.toString(16).toUpperCase().padStart(2, "0")}`;
}

function primitive(state, value) {
  switch (typeof value) {
    case "string": {
      if (state.compactStrings !== false && value.length > 16 && value.length > WIDTH - state.indent - 4) {
        const lines = value.split(/(?<=\n)/);
        if (lines.length > 1) {
          return lines.map(quoted).join(` +\n${" ".repeat(state.indent + 2)}`);
        }
      }
      return quoted(value);
    }
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return value.toString();
    default:
      return String(value);
  }
}

function format(state, value, depth) {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    return primitive(state, value);
  }
  const own = value[custom];
  if (typeof own === "function" && own !== inspect) {
    const left = state.depth - depth;
    const made = own.call(value, left, { ...state, depth: left }, inspect);
    if (made !== value) {
      return typeof made === "object" && made !== null
        ? format(state, made, depth)
        : String(made).replaceAll("\n", `\n${" ".repeat(state.indent)}`);
    }
  }
  if (state.seen.includes(value)) {
    if (!state.circular.has(value)) state.circular.set(value, state.circular.size + 1);
    return `[Circular *${state.circular.get(value)}]`;
  }
  return formatObject(state, value, depth);
}

function nameOf(value) {
  let object = value;
  while (object !== null && object !== undefined) {
    const found = Object.getOwnPropertyDescriptor(object, "constructor");
    if (typeof found?.value === "function" && found.value.name !== "" && isInstance(value, found.value)) {
      return found.value.name;
    }
    object = Object.getPrototypeOf(object);
  }
  return null;
}

function isInstance(value, constructor) {
  try {
    return value instanceof constructor;
  } catch {
    return false;
  }
}

function prefix(name, tag, fallback, size = "") {
  if (name === null) {
    return tag !== "" && tag !== fallback
      ? `[${fallback}${size}: null prototype] [${tag}] `
      : `[${fallback}${size}: null prototype] `;
  }
  return tag !== "" && name !== tag ? `${name}${size} [${tag}] ` : `${name}${size} `;
}

function keysOf(value, onlyNamed) {
  const names = onlyNamed
    ? Object.keys(value).filter((key) => !/^(?:0|[1-9][0-9]*)$/.test(key))
    : Object.keys(value);
  const symbols = Object.getOwnPropertySymbols(value).filter((symbol) =>
    Object.prototype.propertyIsEnumerable.call(value, symbol),
  );
  return [...names, ...symbols];
}

function formatObject(state, value, depth) {
  const name = nameOf(value);
  let tag = value[Symbol.toStringTag];
  if (typeof tag !== "string") tag = "";
  let keys = keysOf(value, false);
  let braces = ["{", "}"];
  let base = "";
  let items = () => [];
  let isList = false;

  if (Array.isArray(value)) {
    keys = keysOf(value, true);
    const label = name !== "Array" || tag !== "" ? prefix(name, tag, "Array", `(${value.length})`) : "";
    braces = [`${label}[`, "]"];
    if (value.length === 0 && keys.length === 0) return `${braces[0]}]`;
    isList = true;
    items = () => listItems(state, value, depth);
  } else if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    keys = keysOf(value, true);
    braces = [`${prefix(name, tag, tag, `(${value.length})`)}[`, "]"];
    if (value.length === 0 && keys.length === 0) return `${braces[0]}]`;
    isList = true;
    items = () => typedItems(state, value);
  } else if (value instanceof Set) {
    const label = prefix(name, tag, "Set", `(${value.size})`);
    if (value.size === 0 && keys.length === 0) return `${label}{}`;
    braces = [`${label}{`, "}"];
    items = () => within(state, () => cut([...value].slice(0, MOST_ITEMS).map((item) => format(state, item, depth + 1)), value.size));
  } else if (value instanceof Map) {
    const label = prefix(name, tag, "Map", `(${value.size})`);
    if (value.size === 0 && keys.length === 0) return `${label}{}`;
    braces = [`${label}{`, "}"];
    items = () =>
      within(state, () =>
        cut(
          [...value].slice(0, MOST_ITEMS).map(
            ([key, item]) => `${format(state, key, depth + 1)} => ${format(state, item, depth + 1)}`,
          ),
          value.size,
        ),
      );
  } else if (typeof value === "function") {
    base = functionBase(value, name, tag);
    if (keys.length === 0) return base;
  } else if (value instanceof RegExp) {
    base = RegExp.prototype.toString.call(value);
    if (keys.length === 0) return base;
  } else if (value instanceof Date) {
    base = Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (keys.length === 0) return base;
  } else if (isError(value)) {
    base = errorBase(value, state);
    keys = keys.filter((key) => !["name", "message", "stack"].includes(key) || !base.includes(String(value[key])));
    const extra = [];
    if (Object.hasOwn(value, "cause") && !keys.includes("cause")) extra.push("cause");
    if (Array.isArray(value.errors) && Object.hasOwn(value, "errors") && !keys.includes("errors")) extra.push("errors");
    items = () => extra.map((key) => within(state, () => `[${key}]: ${format(state, value[key], depth + 1)}`));
    if (keys.length === 0 && extra.length === 0) return base;
  } else if (value instanceof ArrayBuffer || isSharedMemory(value)) {
    braces[0] = `${prefix(name, tag, "ArrayBuffer")}{`;
    items = () => {
      const bytes = new Uint8Array(value);
      const shown = [...bytes.subarray(0, 50)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
      const more = bytes.length > 50 ? ` ... ${bytes.length - 50} more byte${bytes.length > 51 ? "s" : ""}` : "";
      return [`[Uint8Contents]: <${shown}${more}>`, `[byteLength]: ${value.byteLength}`];
    };
  } else if (peek(value) !== undefined) {
    braces[0] = `${prefix(name, tag, "Promise")}{`;
    items = () => {
      const { state: settled, value: held } = peek(value);
      if (settled === "pending") return ["<pending>"];
      const shown = within(state, () => format(state, held, depth + 1));
      return [settled === "rejected" ? `<rejected> ${shown}` : shown];
    };
  } else if (value instanceof WeakMap || value instanceof WeakSet) {
    braces[0] = `${prefix(name, tag, "WeakSet")}{`;
    items = () => ["<items unknown>"];
  } else if (value instanceof Number || value instanceof Boolean || value instanceof String || value instanceof BigInt || value instanceof Symbol) {
    const kind = ["Number", "Boolean", "String", "BigInt", "Symbol"].find((each) => value instanceof globalThis[each]);
    base = `[${kind}${name !== kind ? ` (${name})` : ""}: ${primitive({ ...state, compactStrings: false }, value.valueOf())}]`;
    if (kind === "String") keys = keysOf(value, true);
    if (keys.length === 0) return base;
  } else {
    const isArguments = Object.prototype.toString.call(value) === "[object Arguments]" && tag === "";
    if (isArguments) {
      braces = ["[Arguments] [", "]"];
      keys = keysOf(value, true);
      isList = true;
      items = () => listItems(state, Array.from(value), depth);
    } else {
      if (name !== "Object" || tag !== "") braces[0] = `${prefix(name, tag, "Object")}{`;
      if (keys.length === 0) return `${braces[0]}}`;
    }
  }

  if (depth > state.depth) {
    const label = prefix(name, tag, Array.isArray(value) ? "Array" : "Object").slice(0, -1);
    return name === null ? `[${label}]` : `[${Array.isArray(value) && name === "Array" ? "Array" : label}]`;
  }
  state.seen.push(value);
  state.current = depth;
  let output = items();
  for (const key of keys) output.push(property(state, value, key, depth));
  state.seen.pop();
  if (state.circular.has(value)) {
    const mark = `<ref *${state.circular.get(value)}>`;
    if (base !== "") base = `${mark} ${base}`;
    else braces[0] = `${mark} ${braces[0]}`;
  }
  return layOut(state, output, base, braces, isList, depth, value);
}

function within(state, body) {
  state.indent += 2;
  try {
    return body();
  } finally {
    state.indent -= 2;
  }
}

function isError(value) {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

function functionBase(value, name, tag) {
  if (/^class(?:\s|\{)/.test(Function.prototype.toString.call(value))) {
    const named = Object.hasOwn(value, "name") && value.name ? value.name : "(anonymous)";
    const parent = Object.getPrototypeOf(value)?.name;
    return `[class ${named}${parent ? ` extends ${parent}` : ""}]`;
  }
  const kind = name === null ? "Function (null prototype)" : name;
  return value.name === "" ? `[${kind} (anonymous)]` : `[${kind}: ${value.name}]`;
}

function errorBase(error, state) {
  let text = stackOf(error);
  if (state.indent > 0) text = text.replaceAll("\n", `\n${" ".repeat(state.indent)}`);
  return /\n\s+at /.test(text) ? text : `[${text}]`;
}

function cut(items, size) {
  if (size > MOST_ITEMS) items.push(moreItems(size - MOST_ITEMS));
  return items;
}

function moreItems(count) {
  return `... ${count} more item${count > 1 ? "s" : ""}`;
}

function listItems(state, list, depth) {
  const output = [];
  let index = 0;
  while (index < list.length && output.length < MOST_ITEMS) {
    if (!Object.hasOwn(list, index)) {
      const from = index;
      while (index < list.length && !Object.hasOwn(list, index)) index++;
      const empty = index - from;
      output.push(`<${empty} empty item${empty > 1 ? "s" : ""}>`);
      continue;
    }
    output.push(property(state, list, String(index), depth, true));
    index++;
  }
  if (index < list.length) output.push(moreItems(list.length - index));
  return output;
}

function typedItems(state, list) {
  const output = [];
  for (let index = 0; index < Math.min(list.length, MOST_ITEMS); index++) {
    output.push(primitive(state, list[index]));
  }
  if (list.length > MOST_ITEMS) output.push(moreItems(list.length - MOST_ITEMS));
  return output;
}

function property(state, object, key, depth, isItem = false) {
  const found = Object.getOwnPropertyDescriptor(object, key) ?? { value: object[key], enumerable: true };
  let shown;
  if (found.value !== undefined || "value" in found) {
    shown = within(state, () => format(state, found.value, depth + 1));
  } else if (found.get !== undefined) {
    shown = found.set !== undefined ? "[Getter/Setter]" : "[Getter]";
  } else {
    shown = found.set !== undefined ? "[Setter]" : "undefined";
  }
  if (isItem) return shown;
  let label;
  if (typeof key === "symbol") label = key.toString();
  else if (key === "__proto__") label = "['__proto__']";
  else label = PLAIN_KEY.test(key) ? key : quoted(key);
  return `${label}: ${shown}`;
}

function layOut(state, output, base, braces, isList, depth, value) {
  const entries = output.length;
  if (isList && entries > 6) output = columns(state, output, value);
  if (state.current - depth < 3 && entries === output.length) {
    const begin = output.length + state.indent + braces[0].length + base.length + 10;
    const total = output.reduce((sum, each) => sum + each.length, 0) + output.length;
    if (total + begin <= WIDTH && !output.some((each) => each.includes("\n"))) {
      const joined = output.join(", ");
      if (!base.includes("\n")) {
        return `${base ? `${base} ` : ""}${braces[0]} ${joined} ${braces[1]}`;
      }
    }
  }
  const line = `\n${" ".repeat(state.indent)}`;
  return `${base ? `${base} ` : ""}${braces[0]}${line}  ${output.join(`,${line}  `)}${line}${braces[1]}`;
}

/** Short items of a long list side by side, as many as look well. */
function columns(state, output, value) {
  const hasMore = value.length > MOST_ITEMS && output.length > MOST_ITEMS;
  const count = hasMore ? output.length - 1 : output.length;
  const lengths = output.slice(0, count).map((each) => each.length + 2);
  const widest = Math.max(...lengths);
  const total = lengths.reduce((sum, each) => sum + each, 0);
  if (widest * 3 + state.indent >= WIDTH) return output;
  if (!(total / widest > 5 || widest <= 8)) return output;
  const bias = Math.sqrt(widest - total / output.length);
  const usual = Math.max(widest - 3 - bias, 1);
  const across = Math.min(
    Math.round(Math.sqrt(2.5 * usual * count) / usual),
    Math.floor((WIDTH - state.indent) / widest),
    12,
  );
  if (across <= 1) return output;
  const widths = [];
  for (let column = 0; column < across; column++) {
    let most = 0;
    for (let at = column; at < count; at += across) most = Math.max(most, lengths[at]);
    widths.push(most);
  }
  const numbers = Array.prototype.every.call(value, (each) => typeof each === "number" || typeof each === "bigint");
  const rows = [];
  for (let at = 0; at < count; at += across) {
    const last = Math.min(at + across, count);
    let row = "";
    for (let index = at; index < last; index++) {
      const cell = index === last - 1 ? output[index] : `${output[index]}, `;
      const width = index === last - 1 ? widths[index - at] - 2 : widths[index - at];
      if (numbers) row += cell.padStart(width);
      else row += index === last - 1 ? cell : cell.padEnd(width);
    }
    rows.push(row);
  }
  if (hasMore) rows.push(output[count]);
  return rows;
}

/** The `%` forms of console.log, and whatever follows them. */
export function formatAll(args) {
  const [first, ...rest] = args;
  let at = 0;
  let text = "";
  if (typeof first === "string") {
    if (rest.length === 0) return first;
    text = first.replace(/%[sdifjoOc%]/g, (form) => {
      if (form === "%%") return "%";
      if (at >= rest.length) return form;
      const value = rest[at++];
      switch (form) {
        case "%s":
          return plain(value);
        case "%d":
          return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : primitive({}, Number(value));
        case "%i":
          return typeof value === "bigint" ? `${value}n` : typeof value === "symbol" ? "NaN" : primitive({}, parseInt(value));
        case "%f":
          return typeof value === "symbol" ? "NaN" : primitive({}, parseFloat(value));
        case "%j":
          return JSON.stringify(value);
        case "%o":
          return inspect(value, { depth: 4 });
        case "%O":
          return inspect(value);
        default:
          return "";
      }
    });
  } else if (args.length > 0) {
    text = inspect(first);
  }
  for (const value of rest.slice(at)) {
    text += ` ${typeof value === "string" ? value : inspect(value)}`;
  }
  return text;
}

function plain(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return primitive({}, value);
  if (typeof value === "object" && value !== null) {
    const own = value.toString;
    if (typeof own === "function" && own !== Object.prototype.toString && own !== Error.prototype.toString && own !== Array.prototype.toString && !(value instanceof Date)) {
      return String(value);
    }
    return inspect(value, { depth: 0 });
  }
  return String(value);
}

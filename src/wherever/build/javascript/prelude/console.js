// The console: to stdout what is said, to stderr what is wrong.
import { clock, writeErrors, writeOutput } from "./host.js";
import { formatAll, inspect } from "./inspect.js";
import { stackOf } from "./stack.js";
import { encode } from "./text.js";

let margin = "";
const counts = new Map();
const timings = new Map();

function say(write, text) {
  write(encode(`${margin}${margin ? text.replaceAll("\n", `\n${margin}`) : text}\n`));
}

function out(...args) {
  say(writeOutput, formatAll(args));
}

function err(...args) {
  say(writeErrors, formatAll(args));
}

function spent(label, words) {
  const name = String(label);
  if (!timings.has(name)) {
    err(`Warning: No such label '${name}' for console.${words}()`);
    return "";
  }
  const milliseconds = clock() - timings.get(name);
  if (milliseconds >= 1000) return `${name}: ${(milliseconds / 1000).toFixed(3)}s`;
  return `${name}: ${Number(milliseconds.toFixed(3))}ms`;
}

function table(data, only) {
  if (data === null || typeof data !== "object") return out(data);
  const isMap = data instanceof Map;
  const isSet = data instanceof Set;
  const index = isMap || isSet ? "(iteration index)" : "(index)";
  const rows = isMap
    ? [...data].map(([key, value], at) => [String(at), value, inspect(key)])
    : isSet
      ? [...data].map((value, at) => [String(at), value])
      : Object.keys(data).map((key) => [key, data[key]]);
  const names = [];
  let hasValues = false;
  const cells = rows.map(([key, value, mapKey]) => {
    const row = new Map();
    if (typeof value === "object" && value !== null && !isMap) {
      for (const name of only ?? Object.keys(value)) {
        if (!names.includes(name)) names.push(name);
        if (Object.hasOwn(value, name)) row.set(name, inspect(value[name], { depth: 0 }));
      }
    } else hasValues = true;
    return { key, mapKey, row, plain: row.size === 0 && (typeof value !== "object" || value === null || isMap) ? inspect(value, { depth: 0 }) : "" };
  });
  const header = [index, ...(isMap ? ["Key"] : []), ...names, ...(hasValues ? ["Values"] : [])];
  const lines = cells.map(({ key, mapKey, row, plain }) => [
    key,
    ...(isMap ? [mapKey] : []),
    ...names.map((name) => row.get(name) ?? ""),
    ...(hasValues ? [plain] : []),
  ]);
  const widths = header.map((name, at) => Math.max(name.length, ...lines.map((line) => line[at].length)) + 2);
  const rule = (left, middle, right) => left + widths.map((width) => "─".repeat(width)).join(middle) + right;
  const row = (line) => `│${line.map((cell, at) => ` ${cell.padEnd(widths[at] - 1)}`).join("│")}│`;
  out([rule("┌", "┬", "┐"), row(header), rule("├", "┼", "┤"), ...lines.map(row), rule("└", "┴", "┘")].join("\n"));
}

export const console = {
  log: out,
  info: out,
  debug: out,
  dirxml: out,
  error: err,
  warn: err,
  trace(...args) {
    const error = new Error(formatAll(args));
    error.name = "Trace";
    err(stackOf(error));
  },
  dir: (value, options) => out(inspect(value, options)),
  assert(holds, ...args) {
    if (holds) return;
    if (typeof args[0] === "string") err(`Assertion failed: ${args[0]}`, ...args.slice(1));
    else err(`Assertion failed${args.length > 0 ? ":" : ""}`, ...args);
  },
  count(label = "default") {
    const name = String(label);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    out(`${name}: ${counts.get(name)}`);
  },
  countReset: (label = "default") => void counts.delete(String(label)),
  group(...args) {
    if (args.length > 0) out(...args);
    margin += "  ";
  },
  groupCollapsed: (...args) => console.group(...args),
  groupEnd: () => void (margin = margin.slice(2)),
  table,
  time: (label = "default") => void timings.set(String(label), clock()),
  timeLog(label = "default", ...args) {
    const text = spent(label, "timeLog");
    if (text) out(text, ...args);
  },
  timeEnd(label = "default") {
    const text = spent(label, "timeEnd");
    timings.delete(String(label));
    if (text) out(text);
  },
};

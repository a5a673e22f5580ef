/** The functions that a query can call. */

import {
  type Json,
  QueryError,
  compare,
  emptyObject,
  get,
  isObject,
  isTrue,
  sortedKeys,
  typeOf,
  written,
} from "./json";
import { added, array, each, number, shown, text } from "./values";

/** An argument: a query that waits for the value it is asked of. */
export type Argument = (input: Json) => Iterable<Json>;
type Plain = (input: Json) => Json;
type Taking = (input: Json, argument: Argument) => Iterable<Json>;

/** Runs a function; it throws where there is none of that name, or it takes other arguments. */
export function called(name: string, args: readonly Argument[], input: Json): Iterable<Json> {
  const [argument, ...others] = args;
  if (name === "empty" && argument === undefined) return [];
  const plain = PLAIN.get(name);
  if (plain !== undefined && argument === undefined) return [plain(input)];
  const taking = TAKING.get(name);
  if (taking !== undefined && argument !== undefined && others.length === 0)
    return taking(input, argument);
  if (plain !== undefined) throw new QueryError(`${name} takes no argument`);
  if (taking !== undefined) throw new QueryError(`${name} takes one argument: ${name}(...)`);
  throw new QueryError(`there is no function ${name}; jsonquery --help lists them`);
}

/** All functions, as `name` or `name()`. */
export function names(): string[] {
  return [...PLAIN.keys(), "empty", ...[...TAKING.keys()].map((name) => `${name}()`)].sort();
}

function length(value: Json): number {
  if (value === null) return 0;
  if (typeof value === "number") return Math.abs(value);
  if (typeof value === "string") return [...value].length;
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) return Object.keys(value).length;
  throw new QueryError(`${shown(value)} has no length`);
}

function keys(value: Json): Json {
  if (isObject(value)) return sortedKeys(value);
  return [...array(value, "keys").keys()];
}

function has(value: Json, key: Json): boolean {
  if (isObject(value) && typeof key === "string") return Object.hasOwn(value, key);
  if (Array.isArray(value) && typeof key === "number") return key >= 0 && key < value.length;
  throw new QueryError(`${shown(value)} has no place ${shown(key)}`);
}

function asText(value: Json): string {
  return typeof value === "string" ? value : written(value, false);
}

function toNumber(value: Json): Json {
  if (typeof value === "number") return value;
  const trimmed = text(value, "tonumber").trim();
  const read = trimmed === "" ? NaN : Number(trimmed);
  if (Number.isFinite(read)) return read;
  throw new QueryError(`${shown(value)} does not say a number`);
}

function toEntries(value: Json): Json {
  if (!isObject(value)) throw new QueryError(`to_entries takes an object, and not ${shown(value)}`);
  return Object.entries(value).map(([key, each]) => ({ key, value: each }));
}

function fromEntries(value: Json): Json {
  const made = emptyObject();
  for (const entry of array(value, "from_entries")) {
    if (!isObject(entry) || typeof get(entry, "key") !== "string")
      throw new QueryError(`${shown(entry)} is no entry: it has no "key" that is a string`);
    made[get(entry, "key") as string] = get(entry, "value");
  }
  return made;
}

function flattened(value: Json): Json[] {
  return array(value, "flatten").flatMap((each) => (Array.isArray(each) ? flattened(each) : [each]));
}

/** The values beside what a query gives for each, in the order of that. */
function ranked(input: Json, by: Argument, name: string): { rank: Json; value: Json }[] {
  return array(input, name)
    .map((value) => ({ rank: [...by(value)], value }))
    .sort((left, right) => compare(left.rank, right.rank));
}

function groups(input: Json, by: Argument, name: string): Json[][] {
  const found: { rank: Json; values: Json[] }[] = [];
  for (const { rank, value } of ranked(input, by, name)) {
    const last = found.at(-1);
    if (last !== undefined && compare(last.rank, rank) === 0) last.values.push(value);
    else found.push({ rank, values: [value] });
  }
  return found.map(({ values }) => values);
}

function extreme(input: Json, by: Argument, name: string, place: 0 | -1): Json {
  return ranked(input, by, name).at(place)?.value ?? null;
}

const itself: Argument = (value) => [value];

const PLAIN = new Map<string, Plain>([
  ["add", (input) => each(input).reduce(added, null)],
  ["any", (input) => each(input).some(isTrue)],
  ["all", (input) => each(input).every(isTrue)],
  ["first", (input) => array(input, "first")[0] ?? null],
  ["flatten", flattened],
  ["floor", (input) => Math.floor(number(input, "floor"))],
  ["from_entries", fromEntries],
  ["keys", keys],
  ["last", (input) => array(input, "last").at(-1) ?? null],
  ["length", length],
  ["max", (input) => extreme(input, itself, "max", -1)],
  ["min", (input) => extreme(input, itself, "min", 0)],
  ["not", (input) => !isTrue(input)],
  ["reverse", (input) => [...array(input, "reverse")].reverse()],
  ["sort", (input) => [...array(input, "sort")].sort(compare)],
  ["to_entries", toEntries],
  ["tojson", (input) => written(input, false)],
  ["tonumber", toNumber],
  ["tostring", asText],
  ["type", typeOf],
  ["unique", (input) => groups(input, itself, "unique").map((group) => group[0] as Json)],
]);

/** A function that is called with each of its argument's results. */
function withEach(name: string, run: (input: Json, value: Json) => Json): [string, Taking] {
  return [
    name,
    function* (input, argument) {
      for (const value of argument(input)) yield run(input, value);
    },
  ];
}

/** A function that asks its argument about the values of an array. */
function withQuery(name: string, run: (input: Json, by: Argument) => Json): [string, Taking] {
  return [name, (input, by) => [run(input, by)]];
}

const TAKING = new Map<string, Taking>([
  [
    "select",
    function* (input, test) {
      for (const result of test(input)) if (isTrue(result)) yield input;
    },
  ],
  withQuery("map", (input, by) => each(input).flatMap((value) => [...by(value)])),
  withQuery("sort_by", (input, by) => ranked(input, by, "sort_by").map(({ value }) => value)),
  withQuery("group_by", (input, by) => groups(input, by, "group_by")),
  withQuery("unique_by", (input, by) =>
    groups(input, by, "unique_by").map((group) => group[0] as Json),
  ),
  withQuery("min_by", (input, by) => extreme(input, by, "min_by", 0)),
  withQuery("max_by", (input, by) => extreme(input, by, "max_by", -1)),
  withEach("has", has),
  withEach("startswith", (input, part) =>
    text(input, "startswith").startsWith(text(part, "startswith")),
  ),
  withEach("endswith", (input, part) => text(input, "endswith").endsWith(text(part, "endswith"))),
  withEach("split", (input, by) => text(input, "split").split(text(by, "split"))),
  withEach("join", (input, by) => {
    const parts = array(input, "join").map((part) => (part === null ? "" : asText(part)));
    return parts.join(text(by, "join"));
  }),
]);

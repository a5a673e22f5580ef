/** What JSON can say, and how its values compare. */

export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A mistake of the query or of the data, which is told in words. */
export class QueryError extends Error {}

export function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a value is, as people call it. */
export function typeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

/** An object without any key; not even those that every object of JavaScript inherits. */
export function emptyObject(): JsonObject {
  return Object.create(null) as JsonObject;
}

/** The value of a key; null where the object does not have it. */
export function get(object: JsonObject, key: string): Json {
  return Object.hasOwn(object, key) ? (object[key] as Json) : null;
}

/** The keys of an object, in an order that does not depend on how it was written. */
export function sortedKeys(object: JsonObject): string[] {
  return Object.keys(object).sort(compareTexts);
}

/** Whether something counts as true: all but null and false do. */
export function isTrue(value: Json): boolean {
  return value !== null && value !== false;
}

const ORDER = ["null", "boolean", "number", "string", "array", "object"];

/** Below 0, 0 or above 0: null < false < true < numbers < strings < arrays < objects. */
export function compare(left: Json, right: Json): number {
  const kinds = ORDER.indexOf(typeOf(left)) - ORDER.indexOf(typeOf(right));
  if (kinds !== 0) return kinds;
  if (typeof left === "number") return left - (right as number);
  if (typeof left === "boolean") return Number(left) - Number(right);
  if (typeof left === "string") return compareTexts(left, right as string);
  if (Array.isArray(left)) return compareArrays(left, right as Json[]);
  if (left === null) return 0;
  return compareObjects(left, right as JsonObject);
}

/** A value as text, in one line or indented. */
export function written(value: Json, indented: boolean): string {
  return JSON.stringify(value, undefined, indented ? 2 : 0);
}

/** By code points, which is not how JavaScript compares what lies beyond 16 bits. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  const others = right[Symbol.iterator]();
  for (const mine of left) {
    const other = others.next();
    if (other.done) return 1;
    if (mine !== other.value) return Number(mine.codePointAt(0)) - Number(other.value.codePointAt(0));
  }
  return -1;
}

function compareArrays(left: Json[], right: Json[]): number {
  for (const [place, value] of left.entries()) {
    const other = right[place];
    if (other === undefined) return 1;
    const order = compare(value, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** First by their keys, then by their values. */
function compareObjects(left: JsonObject, right: JsonObject): number {
  const keys = sortedKeys(left);
  const order = compareArrays(keys, sortedKeys(right));
  if (order !== 0) return order;
  for (const key of keys) {
    const inner = compare(get(left, key), get(right, key));
    if (inner !== 0) return inner;
  }
  return 0;
}

// What plain programs use of Node's `assert`.
import { inspect } from "../inspect.js";

export class AssertionError extends Error {
  constructor({ message, actual, expected, operator }) {
    super(message ?? `${inspect(actual)} ${operator} ${inspect(expected)}`);
    this.name = "AssertionError";
    this.code = "ERR_ASSERTION";
    Object.assign(this, { actual, expected, operator });
  }
}

function check(holds, actual, expected, operator, message) {
  if (holds) return;
  throw message instanceof Error ? message : new AssertionError({ message, actual, expected, operator });
}

export function ok(value, message) {
  check(value, value, true, "==", message ?? "The expression evaluated to a falsy value");
}
export const strictEqual = (actual, expected, message) =>
  check(Object.is(actual, expected), actual, expected, "strictEqual", message);
export const notStrictEqual = (actual, expected, message) =>
  check(!Object.is(actual, expected), actual, expected, "notStrictEqual", message);
export const equal = (actual, expected, message) => check(actual == expected, actual, expected, "==", message);
export const deepStrictEqual = (actual, expected, message) =>
  check(same(actual, expected), actual, expected, "deepStrictEqual", message);
export const deepEqual = deepStrictEqual;

function same(one, other) {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  if (one instanceof Date) return one.getTime() === other.getTime();
  if (one instanceof Map || one instanceof Set) return same([...one], [...other]);
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]));
}

export function throws(body, expected, message) {
  let thrown = null;
  try {
    body();
  } catch (error) {
    thrown = { error };
  }
  check(thrown !== null, undefined, expected, "throws", typeof expected === "string" ? expected : (message ?? "Missing expected exception."));
  if (expected instanceof RegExp) check(expected.test(String(thrown.error)), thrown.error, expected, "throws", message);
  else if (typeof expected === "function" && expected.prototype instanceof Error) {
    check(thrown.error instanceof expected, thrown.error, expected, "throws", message);
  }
}

const assert = Object.assign(ok, { ok, equal, strictEqual, notStrictEqual, deepEqual, deepStrictEqual, throws, AssertionError });
assert.strict = assert;
export default assert;

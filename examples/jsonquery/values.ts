/** What a query can do with values: go through them, take parts of them, combine them. */

import {
  type Json,
  QueryError,
  compare,
  emptyObject,
  get,
  isObject,
  typeOf,
  written,
} from "./json";

/** A value in few words, for messages. */
export function shown(value: Json): string {
  const text = written(value, false);
  return `${typeOf(value)} ${text.length > 40 ? `${text.slice(0, 37)}...` : text}`;
}

/** The value, which has to be a number. */
export function number(value: Json, what: string): number {
  if (typeof value === "number") return value;
  throw new QueryError(`${what} takes a number, and not ${shown(value)}`);
}

/** The value, which has to be an array. */
export function array(value: Json, what: string): Json[] {
  if (Array.isArray(value)) return value;
  throw new QueryError(`${what} takes an array, and not ${shown(value)}`);
}

/** The value, which has to be a string. */
export function text(value: Json, what: string): string {
  if (typeof value === "string") return value;
  throw new QueryError(`${what} takes a string, and not ${shown(value)}`);
}

/** The values in an array or an object. */
export function each(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  if (isObject(value)) return Object.values(value);
  throw new QueryError(`cannot go through the values of ${shown(value)}`);
}

/** What lies at a key or an index; null where nothing does. */
export function at(of: Json, place: Json): Json {
  if (typeof place === "string" && isObject(of)) return get(of, place);
  if (typeof place === "number" && Array.isArray(of)) return of.at(Math.floor(place)) ?? null;
  if (of === null && (typeof place === "string" || typeof place === "number")) return null;
  throw new QueryError(`${shown(of)} has no place ${shown(place)}`);
}

/** Part of an array or a string; an end that is null is not cut. */
export function slice(of: Json, from: Json, to: Json): Json {
  const start = from === null ? 0 : Math.floor(number(from, "a slice"));
  const end = to === null ? undefined : Math.ceil(number(to, "a slice"));
  if (of === null) return null;
  if (typeof of === "string") return [...of].slice(start, end).join("");
  return array(of, "a slice").slice(start, end);
}

/** The sum of numbers, strings or arrays put together, the keys of both objects; null adds nothing. */
export function added(left: Json, right: Json): Json {
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (typeof left === "string" && typeof right === "string") return left + right;
  if (Array.isArray(left) && Array.isArray(right)) return left.concat(right);
  if (isObject(left) && isObject(right)) return Object.assign(emptyObject(), left, right);
  throw new QueryError(`${shown(left)} and ${shown(right)} cannot be added`);
}

/** What a sign between two values gives. */
export function combined(sign: string, left: Json, right: Json): Json {
  switch (sign) {
    case "==":
      return compare(left, right) === 0;
    case "!=":
      return compare(left, right) !== 0;
    case "<":
      return compare(left, right) < 0;
    case "<=":
      return compare(left, right) <= 0;
    case ">":
      return compare(left, right) > 0;
    case ">=":
      return compare(left, right) >= 0;
    case "+":
      return added(left, right);
    case "-":
      if (Array.isArray(left) && Array.isArray(right))
        return left.filter((mine) => !right.some((other) => compare(mine, other) === 0));
      return number(left, sign) - number(right, sign);
    case "*":
      return number(left, sign) * number(right, sign);
    default:
      return divided(sign, number(left, sign), number(right, sign));
  }
}

function divided(sign: string, left: number, right: number): number {
  const [whole, by] = sign === "/" ? [left, right] : [Math.trunc(left), Math.trunc(right)];
  if (by === 0) throw new QueryError(`${left} ${sign} ${right}: nothing is divided by zero`);
  return sign === "/" ? whole / by : whole % Math.abs(by);
}

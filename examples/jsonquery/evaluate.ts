/** Runs a query: each part takes one value and gives none, one or many. */

import { called } from "./functions";
import { type Json, type JsonObject, QueryError, emptyObject, isObject, isTrue } from "./json";
import type { Query } from "./query";
import { at, combined, each, number, shown, slice } from "./values";

type Results = Generator<Json, void, undefined>;

/** The results of a query for one value, made one after the other as they are asked for. */
export function* evaluate(query: Query, input: Json): Results {
  switch (query.is) {
    case "itself":
      yield input;
      return;
    case "everything":
      yield* everything(input);
      return;
    case "literal":
      yield query.value;
      return;
    case "at":
      for (const of of evaluate(query.of, input))
        for (const place of evaluate(query.place, input)) yield at(of, place);
      return;
    case "slice":
      yield* slices(query, input);
      return;
    case "each":
      for (const of of evaluate(query.of, input)) yield* each(of);
      return;
    case "try":
      yield* tried(query.of, input);
      return;
    case "pipe":
      for (const value of evaluate(query.left, input)) yield* evaluate(query.right, value);
      return;
    case "both":
      yield* evaluate(query.left, input);
      yield* evaluate(query.right, input);
      return;
    case "binary":
      yield* binary(query.sign, query.left, query.right, input);
      return;
    case "negative":
      for (const value of evaluate(query.of, input)) yield -number(value, "-");
      return;
    case "array":
      yield query.of === null ? [] : [...evaluate(query.of, input)];
      return;
    case "object":
      yield* objects(query.entries, input);
      return;
    case "if":
      for (const test of evaluate(query.test, input))
        yield* evaluate(isTrue(test) ? query.then : query.otherwise, input);
      return;
    case "call":
      yield* called(
        query.name,
        query.args.map((arg) => (value: Json) => evaluate(arg, value)),
        input,
      );
      return;
  }
}

function* everything(value: Json): Results {
  yield value;
  if (Array.isArray(value) || isObject(value))
    for (const inner of each(value)) yield* everything(inner);
}

function* slices(query: Query & { is: "slice" }, input: Json): Results {
  const none: Query = { is: "literal", value: null };
  for (const of of evaluate(query.of, input))
    for (const from of evaluate(query.from ?? none, input))
      for (const to of evaluate(query.to ?? none, input)) yield slice(of, from, to);
}

/** The results up to the first mistake, which is passed over. */
function* tried(query: Query, input: Json): Results {
  try {
    yield* evaluate(query, input);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
  }
}

/** Every combination of the results of keys and values makes an object. */
function* objects(
  entries: readonly (readonly [Query, Query])[],
  input: Json,
  made: JsonObject = emptyObject(),
): Generator<JsonObject, void, undefined> {
  const [entry, ...others] = entries;
  if (entry === undefined) {
    yield made;
    return;
  }
  for (const key of evaluate(entry[0], input)) {
    if (typeof key !== "string") throw new QueryError(`${shown(key)} is no key of an object`);
    for (const value of evaluate(entry[1], input))
      yield* objects(others, input, Object.assign(emptyObject(), made, { [key]: value }));
  }
}

function* binary(sign: string, left: Query, right: Query, input: Json): Results {
  if (sign === "//") yield* otherwise(left, right, input);
  else if (sign === "and" || sign === "or")
    for (const mine of evaluate(left, input)) {
      if (isTrue(mine) === (sign === "or")) yield sign === "or";
      else for (const other of evaluate(right, input)) yield isTrue(other);
    }
  else
    for (const other of evaluate(right, input))
      for (const mine of evaluate(left, input)) yield combined(sign, mine, other);
}

/** What counts as true on the left, or else the right. */
function* otherwise(left: Query, right: Query, input: Json): Results {
  let found = false;
  for (const value of tried(left, input)) {
    if (!isTrue(value)) continue;
    found = true;
    yield value;
  }
  if (!found) yield* evaluate(right, input);
}

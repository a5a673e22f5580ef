/** Errors of graphql, as the border has them. */
import { GraphQLError } from "graphql";
import type { Problem } from "example:graphql/graphql@0.1.0";
import { ProgramError, written } from "./values";

/** One error. */
export function problem(error: unknown): Problem {
  if (!(error instanceof GraphQLError)) {
    const { message, original } = error as ProgramError;
    return {
      message: message ?? String(error),
      locations: [],
      positions: [],
      path: "",
      extensions: "",
      original: original ?? 0,
    };
  }
  let deepest: unknown = error;
  while (deepest instanceof GraphQLError && deepest.originalError) deepest = deepest.originalError;
  return {
    message: error.message,
    locations: (error.locations ?? []).map(({ line, column }) => ({ line, column })),
    positions: [...(error.positions ?? [])],
    path: error.path ? written(error.path) : "",
    extensions: Object.keys(error.extensions).length ? written(error.extensions) : "",
    original: deepest instanceof ProgramError ? deepest.original : 0,
  };
}

/** Each of them. */
export function problems(errors: readonly unknown[] | undefined): Problem[] {
  return (errors ?? []).map(problem);
}

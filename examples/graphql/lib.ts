/** GraphQL for programs in any language: what the world in wit/ exports. */
import { print, stripIgnoredCharacters } from "graphql";
import { validateSDL } from "graphql/validation/validate.mjs";
import type { Problem, Reading } from "example:graphql/graphql@0.1.0";
import { document, parsed, told, tokens } from "./documents";
import { problem, problems } from "./problems";
import { chosen } from "./rules";
import { broken, Execution, keep, Schema } from "./schemas";

function attempt<T>(does: () => T): T {
  try {
    return does();
  } catch (error) {
    throw problem(error);
  }
}

const PLAIN: Reading = {
  production: "document",
  name: "",
  line: 1,
  column: 1,
  noLocation: false,
  fragmentVariables: false,
  directivesOnDirectives: false,
};

export const graphql = {
  Schema,
  Execution,
  keep,
  break: broken,
  parse: (text: string): string => graphql.parseAs(text, PLAIN),
  parseAs: (text: string, reading: Reading): string => attempt(() => told(parsed(text, reading))),
  tokens: (text: string): [string, Problem | undefined] => {
    const [found, wrong] = tokens(text);
    return [JSON.stringify(found), wrong === undefined ? undefined : problem(wrong)];
  },
  print: (text: string): string => print(document(text)),
  strip: (text: string): string => attempt(() => stripIgnoredCharacters(text)),
  validateSdl: (text: string, rules: string[], extended: Schema | null): Problem[] =>
    attempt(() => problems(validateSDL(document(text), extended?.schema ?? undefined, chosen(rules)))),
};

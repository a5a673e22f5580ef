/** Rules of validation by their names. */
import * as graphql from "graphql";
import type { ValidationRule } from "graphql";
import { KnownArgumentNamesOnDirectivesRule } from "graphql/validation/rules/KnownArgumentNamesRule.mjs";
import { ProvidedRequiredArgumentsOnDirectivesRule } from "graphql/validation/rules/ProvidedRequiredArgumentsRule.mjs";

const MORE: Record<string, unknown> = {
  KnownArgumentNamesOnDirectivesRule,
  ProvidedRequiredArgumentsOnDirectivesRule,
  NoDeprecatedCustomRule: graphql.NoDeprecatedCustomRule,
};

/** Those rules, or nothing for all that there are. */
export function chosen(names: string[]): ValidationRule[] | undefined {
  if (!names.length) return undefined;
  return names.map((name) => {
    const found = MORE[name] ?? (graphql as Record<string, unknown>)[name];
    if (!/Rule$/.test(name) || typeof found !== "function") {
      throw new Error(`There is no rule "${name}".`);
    }
    return found as ValidationRule;
  });
}

/** Documents as text and as JSON. */
import {
  Lexer,
  parse,
  parseConstValue,
  parseSchemaCoordinate,
  parseType,
  parseValue,
  Source,
  TokenKind,
  type ASTNode,
  type DocumentNode,
} from "graphql";
import type { Reading } from "example:graphql/graphql@0.1.0";

const PRODUCTIONS = {
  document: parse,
  value: parseValue,
  "const-value": parseConstValue,
  type: parseType,
  "schema-coordinate": parseSchemaCoordinate,
};

/** The syntax tree of a text. */
export function parsed(text: string, reading: Reading): ASTNode {
  const { name, line, column, production } = reading;
  return PRODUCTIONS[production](new Source(text, name || undefined, { line, column }), {
    maxTokens: reading.maxTokens ?? undefined,
    maxLexicalTokens: reading.maxLexicalTokens ?? undefined,
    maxComments: reading.maxComments ?? undefined,
    maxSourceLength: reading.maxSourceLength ?? undefined,
    noLocation: reading.noLocation,
    allowLegacyFragmentVariables: reading.fragmentVariables,
    experimentalDirectivesOnDirectiveDefinitions: reading.directivesOnDirectives,
  } as object);
}

/** A syntax tree as JSON: the text that it came from is told once, at its root. */
export function told(node: ASTNode): string {
  const made = { ...node } as Record<string, unknown>;
  if (node.loc) {
    const { body, name, locationOffset } = node.loc.source;
    made.loc = { start: node.loc.start, end: node.loc.end, source: { body, name, locationOffset } };
  }
  if ("tokenCount" in node) made.tokenCount = node.tokenCount;
  return JSON.stringify(made);
}

/** A document, of its text or of what `told` said of it. No GraphQL begins with `{"`. */
export function document(text: string): DocumentNode {
  return (/^\s*\{\s*"/.test(text) ? node(text) : parse(text)) as DocumentNode;
}

/** Any node of its JSON. */
export function node(text: string): ASTNode {
  let source: Source | undefined;
  const made = JSON.parse(text);
  const root = made.loc?.source;
  if (root) source = new Source(root.body, root.name, root.locationOffset);
  if (source) place(made, source);
  return made;
}

function place(value: any, source: Source): void {
  if (Array.isArray(value)) {
    for (const each of value) place(each, source);
  } else if (typeof value === "object" && value?.kind) {
    const made = value;
    if (made.loc) made.loc = { start: made.loc.start, end: made.loc.end, source };
    for (const name in made) {
      if (name !== "loc" && typeof made[name] === "object") place(made[name], source);
    }
  }
}

/** The tokens of a text, and what ended them too soon. */
export function tokens(text: string): [object[], unknown] {
  const lexer = new Lexer(new Source(text));
  let wrong: unknown;
  try {
    while (lexer.advance().kind !== TokenKind.EOF);
  } catch (error) {
    wrong = error;
  }
  const found: object[] = [];
  let token = lexer.token;
  while (token.next) token = token.next; // comments before what is wrong
  for (let each = token; each?.prev; each = each.prev) {
    const { kind, start, end, line, column, value } = each;
    found.unshift({ kind, start, end, line, column, value });
  }
  return [found, wrong];
}

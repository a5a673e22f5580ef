/** The words of a query: what the parser reads instead of characters. */

import { QueryError } from "./json";

export interface Word {
  readonly kind: "name" | "field" | "text" | "number" | "sign" | "end";
  /** A name or a sign as it is written; the key of a field; what a text says. */
  readonly text: string;
  /** Where in the query it begins. */
  readonly at: number;
}

const PATTERNS: readonly (readonly [Word["kind"] | "space", RegExp])[] = [
  ["space", /(?:\s|#[^\n]*)+/y],
  ["field", /\.[A-Za-z_]\w*/y],
  ["name", /[A-Za-z_]\w*/y],
  ["number", /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["text", /"(?:[^"\\]|\\.)*"/sy],
  ["sign", /\/\/|==|!=|<=|>=|\.\.|[.[\](){}|,:;?<>+\-*/%]/y],
];

/** All words of a query, closed by one of kind "end". */
export function words(query: string): Word[] {
  const found: Word[] = [];
  let at = 0;
  while (at < query.length) {
    const word = wordAt(query, at);
    if (word.kind !== "space") {
      found.push({ kind: word.kind, text: meaning(word.kind, word.text, query, at), at });
    }
    at += word.text.length;
  }
  found.push({ kind: "end", text: "the end", at });
  return found;
}

function wordAt(query: string, at: number): { kind: Word["kind"] | "space"; text: string } {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(query);
    if (match) return { kind, text: match[0] };
  }
  if (query[at] === '"') throw wrong(query, at, "the text that begins here does not end");
  throw wrong(query, at, `${JSON.stringify(query[at])} means nothing here`);
}

function meaning(kind: Word["kind"], text: string, query: string, at: number): string {
  if (kind === "field") return text.slice(1);
  if (kind !== "text") return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    throw wrong(query, at, "the text is not as in JSON; check what follows its backslashes");
  }
}

/** A mistake at a place of the query, with that place shown. */
export function wrong(query: string, at: number, what: string): QueryError {
  const start = query.lastIndexOf("\n", at - 1) + 1;
  const from = Math.max(start, at - 60);
  const line = query.slice(from, at + 20).split("\n", 1)[0] ?? "";
  return new QueryError(`${what}\n  ${line}\n  ${" ".repeat(at - from)}^`);
}

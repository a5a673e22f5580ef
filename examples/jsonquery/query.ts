/** What a query is made of, and the parser that makes it. */

import type { Json } from "./json";
import { type Word, words, wrong } from "./words";

export type Query =
  | { readonly is: "itself" }
  | { readonly is: "everything" }
  | { readonly is: "literal"; readonly value: Json }
  | { readonly is: "at"; readonly of: Query; readonly place: Query }
  | { readonly is: "slice"; readonly of: Query; readonly from: Query | null; readonly to: Query | null }
  | { readonly is: "each"; readonly of: Query }
  | { readonly is: "try"; readonly of: Query }
  | { readonly is: "pipe"; readonly left: Query; readonly right: Query }
  | { readonly is: "both"; readonly left: Query; readonly right: Query }
  | { readonly is: "binary"; readonly sign: string; readonly left: Query; readonly right: Query }
  | { readonly is: "negative"; readonly of: Query }
  | { readonly is: "array"; readonly of: Query | null }
  | { readonly is: "object"; readonly entries: readonly (readonly [Query, Query])[] }
  | { readonly is: "if"; readonly test: Query; readonly then: Query; readonly otherwise: Query }
  | { readonly is: "call"; readonly name: string; readonly args: readonly Query[] };

const ITSELF: Query = { is: "itself" };

/** How tightly a sign binds. `|` and `,` stand apart. */
const TIGHTNESS = new Map(
  [["//"], ["or"], ["and"], ["==", "!=", "<", "<=", ">", ">="], ["+", "-"], ["*", "/", "%"]].flatMap(
    (signs, level) => signs.map((sign) => [sign, level] as const),
  ),
);

/** Reads a query; throws a QueryError that shows where it goes wrong. */
export function parse(text: string): Query {
  return new Parser(text).whole();
}

class Parser {
  private readonly words: readonly Word[];
  private place = 0;

  constructor(private readonly text: string) {
    this.words = words(text);
  }

  whole(): Query {
    const query = this.next.kind === "end" ? ITSELF : this.pipe();
    this.expectEnd();
    return query;
  }

  private get next(): Word {
    return this.words[Math.min(this.place, this.words.length - 1)] as Word;
  }

  private isAt(...texts: string[]): boolean {
    const { kind, text } = this.next;
    return (kind === "sign" || kind === "name") && texts.includes(text);
  }

  private take(text: string): boolean {
    const taken = this.isAt(text);
    if (taken) this.place += 1;
    return taken;
  }

  private expect(text: string): void {
    if (!this.take(text)) throw this.unexpected(`"${text}" should stand here`);
  }

  private expectEnd(): void {
    if (this.next.kind !== "end") throw this.unexpected("the query should end here");
  }

  private unexpected(what: string): Error {
    const { kind, text, at } = this.next;
    return wrong(this.text, at, `${what}, and not ${kind === "end" ? text : JSON.stringify(text)}`);
  }

  private pipe(): Query {
    let left = this.comma();
    while (this.take("|")) left = { is: "pipe", left, right: this.comma() };
    return left;
  }

  private comma(): Query {
    let left = this.binary(0);
    while (this.take(",")) left = { is: "both", left, right: this.binary(0) };
    return left;
  }

  /** Values with signs between them that bind at least so tightly. */
  private binary(least: number): Query {
    let left = this.unary();
    for (;;) {
      const sign = this.next.text;
      const level = this.isAt(sign) ? TIGHTNESS.get(sign) : undefined;
      if (level === undefined || level < least) return left;
      this.place += 1;
      left = { is: "binary", sign, left, right: this.binary(level + 1) };
    }
  }

  private unary(): Query {
    return this.take("-") ? { is: "negative", of: this.postfix() } : this.postfix();
  }

  private postfix(): Query {
    let query = this.term();
    for (;;) {
      if (this.next.kind === "field") query = this.field(query);
      else if (this.take("?")) query = { is: "try", of: query };
      else if (this.take("[")) query = this.bracket(query);
      else if (this.isAt(".") && this.words[this.place + 1]?.kind === "text") {
        this.place += 1;
        query = this.field(query);
      } else if (this.isAt(".") && this.words[this.place + 1]?.text === "[") this.place += 1;
      else return query;
    }
  }

  /** The key that stands next, of what was read before. */
  private field(of: Query): Query {
    const value = this.next.text;
    this.place += 1;
    return { is: "at", of, place: { is: "literal", value } };
  }

  private bracket(of: Query): Query {
    if (this.take("]")) return { is: "each", of };
    const from = this.isAt(":") ? null : this.pipe();
    if (!this.take(":")) {
      this.expect("]");
      return { is: "at", of, place: from ?? ITSELF };
    }
    const to = this.isAt("]") ? null : this.pipe();
    this.expect("]");
    return { is: "slice", of, from, to };
  }

  private term(): Query {
    const { kind, text } = this.next;
    if (kind === "field") return this.field(ITSELF);
    if (kind === "text" || kind === "number") {
      this.place += 1;
      return { is: "literal", value: kind === "text" ? text : Number(text) };
    }
    if (this.take("..")) return { is: "everything" };
    if (this.take(".")) return this.next.kind === "text" ? this.field(ITSELF) : ITSELF;
    if (this.take("(")) return this.closed(")");
    if (this.take("[")) return { is: "array", of: this.take("]") ? null : this.closed("]") };
    if (this.take("{")) return this.object();
    if (this.take("if")) return this.condition();
    if (kind === "name" && !KEYWORDS.has(text)) return this.name();
    throw this.unexpected("a value should stand here");
  }

  private closed(sign: string): Query {
    const query = this.pipe();
    this.expect(sign);
    return query;
  }

  private name(): Query {
    const name = this.next.text;
    this.place += 1;
    const value = CONSTANTS.get(name);
    if (value !== undefined) return { is: "literal", value };
    const args: Query[] = [];
    if (this.take("(")) {
      do args.push(this.pipe());
      while (this.take(";"));
      this.expect(")");
    }
    return { is: "call", name, args };
  }

  private condition(): Query {
    const test = this.pipe();
    this.expect("then");
    const then = this.pipe();
    if (this.take("elif")) return { is: "if", test, then, otherwise: this.condition() };
    const otherwise = this.take("else") ? this.pipe() : ITSELF;
    this.expect("end");
    return { is: "if", test, then, otherwise };
  }

  private object(): Query {
    const entries: (readonly [Query, Query])[] = [];
    while (!this.take("}")) {
      if (entries.length > 0) this.expect(",");
      entries.push(this.entry());
    }
    return { is: "object", entries };
  }

  /** `key: value`, with any text, name or (query) as key; or only the key of what comes in. */
  private entry(): readonly [Query, Query] {
    const { kind, text } = this.next;
    if (this.take("(")) {
      const key = this.closed(")");
      this.expect(":");
      return [key, this.binary(0)];
    }
    if (kind !== "name" && kind !== "text") throw this.unexpected("a key should stand here");
    this.place += 1;
    const key: Query = { is: "literal", value: text };
    return [key, this.take(":") ? this.binary(0) : { is: "at", of: ITSELF, place: key }];
  }
}

const KEYWORDS = new Set(["and", "or", "then", "elif", "else", "end"]);
const CONSTANTS = new Map<string, Json>([
  ["null", null],
  ["true", true],
  ["false", false],
]);

"""A library in TypeScript or JavaScript needs no WIT: what it exports has types that say it all."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.build import building
from wherever.build import project as projects
from wherever.build.deriving import typescript
from wherever.errors import InputError

MANIFEST = """[package]
name = "acme:words"
version = "0.1.0"
kind = "library"
[build]
main = "%s"
"""


def library(folder: Path, source: str, name: str = "lib.ts", more: str = "") -> projects.Project:
    (folder / "wherever.toml").write_text(MANIFEST % name + more)
    (folder / name).write_text(source)
    return projects.find(folder)


def derived(folder: Path, source: str, name: str = "lib.ts") -> typescript.Derived:
    target = folder / "scratch"
    target.mkdir()
    return typescript.derive(library(folder, source, name), target, None)


def refused(folder: Path, source: str, name: str = "lib.ts") -> InputError:
    with pytest.raises(InputError) as caught:
        derived(folder, source, name)
    return caught.value


SOURCE = """/** Words and piles.
 * @module */
import type { Deep } from "./other";
type u32 = number;
export type { Deep };
/** How bright. */
export type Color = "red" | "DARK_GREEN";
export enum Level { Low, High = 5 }
interface Page<T> { items: T[]; next?: T }
interface Sq { kind: "sq"; side: number }
interface Ci { kind: "ci"; r: number }
export type Shape = { tag: "dot" } | { tag: "circle"; val: number } | { tag: "box"; w: number };
export class ParseError extends Error {
  constructor(message: string, readonly line: u32) { super(message); }
}
/** A title as part of an address. */
export function slug(title: string, separator = "-"): string { return title + separator; }
export const count = (text: string) => ({ words: 1 as u32, letters: text.length });
export async function pages(of: Page<u32>, color: Color | null): Promise<Page<string>[]> {
  throw of;
}
export function area(first: Shape, ...more: (Sq | Ci)[]): [u32, Float64Array, bigint] {
  throw first;
}
/** @throws {ParseError} when it is wrong
 *  @throws {RangeError} when it is too long */
export function parse(data: Uint8Array, deep?: Partial<Deep>): Level { throw data; }
/** @throws when it is empty */
export async function check(text: string): Promise<void> {}
/** A pile. */
export class Pile {
  #items: number[] = [];
  private hidden = 1;
  left = new Map();
  constructor(readonly start: number[] = []) {}
  /** Adds one. */
  add(item: number): this { return this; }
  get size(): u32 { return 0; }
  merge(other: Pile, more: Pile[]): Pile { return other; }
  static of(...items: number[]): Pile { return new Pile(items); }
}
export { helper as helped } from "./other";
export const PI = 3;
export function main() {}
"""

OTHER = """export interface Deep { is: { on: boolean } }
export const helper = (a: number): number => a;
"""

WORLD = """package acme:words@0.1.0;

/// Words and piles.
interface api {
  /// A pile.
  resource pile {
    constructor(start: option<list<f64>>);
    start: func() -> list<f64>;
    /// Adds one.
    add: func(item: f64) -> pile;
    size: func() -> u32;
    merge: func(other: borrow<pile>, more: list<borrow<pile>>) -> pile;
    of: static func(items: list<f64>) -> pile;
  }
  record count-result {
    words: u32,
    letters: f64,
  }
  record page-u32 {
    items: list<u32>,
    next: option<u32>,
  }
  /// How bright.
  enum color {
    red,
    dark-green,
  }
  record page-string {
    items: list<string>,
    next: option<string>,
  }
  record shape-box {
    w: f64,
  }
  variant shape {
    dot,
    circle(f64),
    box(shape-box),
  }
  record sq {
    side: f64,
  }
  record ci {
    r: f64,
  }
  variant area-more {
    sq(sq),
    ci(ci),
  }
  record partial-deep-is {
    on: bool,
  }
  record partial-deep {
    is: option<partial-deep-is>,
  }
  enum level {
    low,
    high,
  }
  record parse-error {
    message: string,
    line: u32,
  }
  variant parse-error-variant {
    parse-error(parse-error),
    range-error(string),
  }
  /// A title as part of an address.
  slug: func(title: string, separator: option<string>) -> string;
  count: func(text: string) -> count-result;
  pages: func(of: page-u32, color: option<color>) -> list<page-string>;
  area: func(first: shape, more: list<area-more>) -> tuple<u32, list<f64>, s64>;
  parse: func(data: list<u8>, deep: option<partial-deep>) -> result<level, parse-error-variant>;
  check: func(text: string) -> result<_, string>;
  helped: func(a: f64) -> f64;
}

world library {
  export api;
}
"""


def test_exports_with_types_are_a_world(project: Path) -> None:
    (project / "other.ts").write_text(OTHER)
    found = derived(project, SOURCE)
    assert (project / "build" / "wit" / "world.wit").read_text() == WORLD
    assert found.has_main
    assert found.warnings == (
        "PI is a value, which a library cannot export: write a function that gives it",
    )


def test_comments_of_javascript_are_types_too(project: Path) -> None:
    derived(
        project,
        """/** @typedef {number} u8 */
/** @typedef {{ name: string, age?: u8 }} Person */
/**
 * Greets.
 * @param {Person} person
 * @param {string} [words]
 * @returns {Promise<string[]>}
 * @throws {RangeError} when old
 */
export async function greet(person, words = "Hi") { return [words + person.name]; }
""",
        "lib.mjs",
    )
    assert (project / "build" / "wit" / "world.wit").read_text() == (
        """package acme:words@0.1.0;

interface api {
  record person {
    name: string,
    age: option<u8>,
  }
  /// Greets.
  greet: func(person: person, words: option<string>) -> result<list<string>, string>;
}

world library {
  export api;
}
"""
    )


UNSAID = """export function a(x: any): void {}
export function b(x: Map<string, number>, y: Date): void {}
export function c<T>(x: T): T { return x; }
interface Tree { kids: Tree[] }
export function d(tree: Tree) {}
export function e(x: string): string;
export function e(x: number): number;
export function e(x: any): any { return x; }
export function f(): string | number { return 1; }
class Hidden { go() {} }
export function g(): Hidden { return new Hidden(); }
class Sly extends Error {}
/** @throws {Sly} */
export function h(): void {}
export function i(f: () => void): void {}
export class Box<T> { x(): T { throw 1 } }
"""


def test_what_wit_cannot_say_is_told_all_at_once_and_what_to_write_instead(project: Path) -> None:
    assert str(refused(project, UNSAID)).splitlines() == [
        "10 exports of lib.ts have no place in a WIT world:",
        "lib.ts:1: x of a is any, which WIT cannot say; say its type; in JavaScript with"
        " /** @param {string} NAME */ and @returns",
        "lib.ts:2: x of b is Map<string, number>, which WIT cannot say;"
        " write a list of pairs: [string, number][]",
        "lib.ts:3: c has type parameters; write a function for each kind of them",
        "lib.ts:5: kids of tree of d is Tree, which WIT cannot say;"
        " WIT has no types that hold themselves: hand it over as JSON text",
        "lib.ts:6: e has 2 overloads; write a function for each of them",
        "lib.ts:9: the result of f is string | number, which WIT cannot say;"
        ' tell them apart: { tag: "a", val: string } | { tag: "b", val: number }',
        "lib.ts:11: the result of g is Hidden, which WIT cannot say;"
        " export the class: export class Hidden",
        "lib.ts:13: h throws Sly, which is not exported; export it: export class Sly extends Error",
        "lib.ts:15: f of i is () => void, which WIT cannot say;"
        " functions cannot be handed over: write a function for each use",
        "lib.ts:16: the class Box has type parameters; write a class for each kind of them",
    ]


@pytest.mark.parametrize(
    ("source", "words", "hint"),
    [
        (
            "export default function () {}\n",
            "lib.ts:1: `export default` has no name",
            "give it one: export function NAME(...)",
        ),
        (
            "export function aB(): void {}\nexport function a_b(): void {}\n",
            "lib.ts: the function a_b and the function aB are both called a-b in WIT",
            "rename one of them",
        ),
        (
            "export function größe(): void {}\n",
            "lib.ts: 'größe' is no name in WIT",
            "use the letters a to z and digits",
        ),
        (
            "const a = ;\n",
            "lib.ts:1: Expression expected.",
            "",
        ),
        (
            "const a = 1;\n",
            "lib.ts exports no function",
            "a library is what others call: write a public function with types",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(project: Path, source: str, words: str, hint: str) -> None:
    said = f"{words}; {hint}" if hint else words
    assert str(refused(project, source)) == said


def test_an_engine_that_nobody_would_look_at_is_refused(project: Path) -> None:
    for name, source, engine, hint in (
        ("lib.ts", "export {}", "v8", "there are: quickjs, spidermonkey"),
        ("lib.wat", "(module)", "quickjs", "leave the key out"),
    ):
        asked = library(project, source, name, f'engine = "{engine}"\n')
        with pytest.raises(InputError) as caught:
            building.build(asked, lambda text: None)
        assert f"engine = '{engine}' is none that" in str(caught.value)
        assert caught.value.hint == hint

"""Libraries whose world was derived from TypeScript, called through the wheel's own component API.

`scripts/conformance languages` runs these, as `make test` has no time for both engines.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime import component as wc

from tests.build.bindings.worlds import Called
from wherever.build import building
from wherever.build import project as projects

API = "acme:piles/api@0.1.0"
SOURCE = """type u8 = number;
type u32 = number;
export type Color = "red" | "DARK_GREEN" | "application/json";
export enum Level { Low, High = 5 }
interface Sq { kind: "sq"; side: number }
interface Ci { kind: "ci"; r: number }
export type Shape = { tag: "circle"; val: number } | { tag: "none" } | { tag: "box"; w: number };
export interface User { userID: u32; nickName?: string; mail: string | null; colors: Color[] }
export class ParseError extends Error {
  constructor(message: string, readonly line: u32) { super(message); }
}
class Deep extends ParseError {}
export function echoUser(user: User): User {
  if ("nickName" in user && user.nickName === undefined) throw new Error("it is there");
  if (user.mail === undefined) throw new Error("it is undefined");
  if (user.colors.includes("dark-green" as Color)) throw new Error("not mine");
  return user;
}
export function echoLevel(level: Level): Level {
  if (Level[level] === undefined) throw new Error(`${level}`);
  return level;
}
export function echoShape(shape: Shape): Shape {
  if (shape.tag === "box" && shape.w !== 2) throw new Error("not two");
  return shape;
}
export const sides = (...more: (Sq | Ci)[]): number =>
  more.map((each) => (each.kind === "sq" ? each.side : each.r)).reduce((a, b) => a + b, 0);
export function greet(name: string, greeting = "Hello"): string { return `${greeting} ${name}`; }
export function bytes(data: Uint8Array): Uint8Array { return data.map((each) => each ^ 255); }
export function floats(data: Float64Array): Float64Array { return data.map((each) => each * 2); }
export function small(value: number): u8 { return value; }
export function twice(value: bigint): bigint { return value * 2n; }
export function swap([a, b]: [string, u32]): [u32, string] { return [b, a]; }
export async function later(ms: u32): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return `after ${ms}`;
}
/**
 * @throws {ParseError} when it is wrong
 * @throws {RangeError} when it is far
 */
export function parse(text: string): u32 {
  if (text === "wrong") throw new ParseError("it is wrong", 7);
  if (text === "deep") throw new Deep("it is deep", 8);
  if (text === "far") throw new RangeError("it is far");
  if (text === "other") throw new TypeError("nobody said so");
  return text.length;
}
/** @throws {ParseError} */
export async function parseAll(text: string): Promise<u32[]> {
  await null;
  if (text === "wrong") throw new ParseError("it is wrong", 7);
  if (text === "sly") throw Object.assign(new Error("sly"), { line: 3 });
  return [1, 2];
}
/** @throws when it is empty */
export function check(text: string): void {
  if (text === "") throw new TypeError("it is empty");
  if (text === "text") throw "a text";
}
export class Pile {
  #items: number[];
  constructor(readonly start: number[] = []) {
    this.#items = [...start];
    if (start[0] === -1) throw new Error("negative");
  }
  add(item: number): this { this.#items.push(item); return this; }
  get size(): u32 { return this.#items.length; }
  async merge(other: Pile, more: Pile[]): Promise<Pile> {
    await null;
    return Pile.of(...[this, other, ...more].flatMap((each) => each.#items));
  }
  static of(...items: number[]): Pile { return new Pile(items); }
  toJSON() { return { items: this.#items }; }
}
export function total(pile: Pile): number { return pile.toJSON().items.reduce((a, b) => a + b, 0); }
export function main(): void { console.log(greet("you")); }
"""


def on_quickjs(folder: Path) -> None:
    """Plain functions and classes of TypeScript are called from outside, on QuickJS."""
    fresh = story(folder, "quickjs")
    wrong(fresh(), folder, "twice", [2**53], "QuickJS takes and gives whole numbers up to 2 ** 53")


def on_spidermonkey(folder: Path) -> None:
    """The same on SpiderMonkey, where whole numbers have all of their 64 bits."""
    called = story(folder, "spidermonkey")()
    for value in (-21, 2**61 + 1, -(2**62)):
        same(called("twice", value), value * 2)


class Library(Called):
    """The library in a sandbox of its own, of a component that is compiled once for all of them."""

    def __init__(self, component: wc.Component, engine: Engine, stderr: Path) -> None:
        self.store = Store(engine)
        config = WasiConfig()
        config.stderr_file = str(stderr)
        self.store.set_wasi(config)
        linker = wc.Linker(engine)
        linker.add_wasip2()
        self.instance = linker.instantiate(self.store, component)
        self._at = self.instance.get_export_index(self.store, API)


def story(folder: Path, engine: str) -> Callable[[], Library]:
    """Builds the library, and has every kind of value go in and out; what makes another of it.

    Raises:
        AssertionError: something came out otherwise.
    """
    (folder / "lib.ts").write_text(SOURCE)
    (folder / "wherever.toml").write_text(
        '[package]\nname = "acme:piles"\nversion = "0.1.0"\nkind = "library"\n'
        f'[build]\nlanguage = "typescript"\nmain = "lib.ts"\nengine = "{engine}"\n'
    )
    building.build(projects.find(folder), lambda text: None)
    host = Engine()
    component = wc.Component.from_file(host, str(folder / "build" / "piles.wasm"))

    def fresh() -> Library:
        return Library(component, host, folder / "stderr.txt")

    called = fresh()
    for name, given, expected in (
        ("echo-user", [record(user_id=3, nick_name=None, mail=None, colors=COLORS)], USER),
        ("echo-level", ["high"], "high"),
        ("echo-shape", [1.5], 1.5),
        ("echo-shape", [None], None),
        ("echo-shape", [record(w=2.0)], {"w": 2.0}),
        ("sides", [[wc.Variant("sq", record(side=2.0)), wc.Variant("ci", record(r=3.0))]], 5.0),
        ("greet", ["Ada", None], "Hello Ada"),
        ("greet", ["Ada", "Hi"], "Hi Ada"),
        ("bytes", [b"abc"], b"\x9e\x9d\x9c"),
        ("floats", [[1.0, 2.5]], [2.0, 5.0]),
        ("small", [200.0], 200),
        ("twice", [-21], -42),
        ("swap", [("a", 1)], (1, "a")),
        ("later", [3], "after 3"),
        ("parse", ["wrong"], {"message": "it is wrong", "line": 7}),
        ("parse", ["deep"], {"message": "it is deep", "line": 8}),
        ("parse", ["far"], "it is far"),
        ("parse", ["four"], 4),
        ("parse-all", ["wrong"], {"message": "it is wrong", "line": 7}),
        ("parse-all", ["x"], [1, 2]),
        ("check", [""], "it is empty"),
        ("check", ["x"], None),
    ):
        same((name, plain(called(name, *given))), (name, expected))
    piles(called)
    for name, given, words in (
        ("small", [256.0], "RangeError: small gave 256, which is no u8"),
        ("small", [1.5], "RangeError: small gave 1.5, which is no u8"),
        ("parse", ["other"], "TypeError: nobody said so\n    at parse"),
        ("parse-all", ["sly"], "Error: sly\n    at "),
        ("check", ["text"], "Uncaught 'a text'\n"),
        ("[constructor]pile", [[-1.0]], "Error: negative\n    at "),
    ):
        wrong(fresh(), folder, name, given, words)
    return fresh


def piles(called: Called) -> None:
    """Objects are made, handed over and given back, also the same one twice."""
    first = called("[constructor]pile", [1.0, 2.0])
    empty = called("[constructor]pile", None)
    other = called("[static]pile.of", [5.0])
    same([called("[method]pile.size", each) for each in (first, empty, other)], [2, 0, 1])
    merged = called("[method]pile.merge", first, other, [first, empty])
    same(plain(called("[method]pile.to-json", merged)), {"items": [1.0, 2.0, 5.0, 1.0, 2.0]})
    again = called("[method]pile.add", empty, 9.0)
    same((called("total", empty), called("total", again)), (9.0, 9.0))
    same(called("[method]pile.start", first), [1.0, 2.0])


def wrong(called: Library, folder: Path, name: str, given: list[Any], words: str) -> None:
    """A call traps, and its error is on stderr with the line of the source.

    Raises:
        AssertionError: it did not, or something else is there.
    """
    try:
        gave = called(name, *given)
    except WasmtimeError:
        said = (folder / "stderr.txt").read_text()
        same((name, words if words in said else said), (name, words))
    else:
        raise AssertionError(f"{name} gave {gave!r}")


COLORS = ["red", "dark-green", "application-json"]
USER = {"user-id": 3, "nick-name": None, "mail": None, "colors": COLORS}


def record(**fields: Any) -> Any:
    """A record as the wheel takes it."""
    made = wc.Record()
    made.__dict__.update({name.replace("_", "-"): value for name, value in fields.items()})
    return made


def plain(value: Any) -> Any:
    """What the wheel gave, with records as dicts."""
    return dict(vars(value)) if hasattr(value, "__dict__") else value


def same(found: object, expected: object) -> None:
    """Compares, and says both sides.

    Raises:
        AssertionError: they differ.
    """
    if found != expected:
        raise AssertionError(f"{found!r} is not {expected!r}")

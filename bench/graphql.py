"""GraphQL's reference implementation in the sandbox, beside its port to Python and beside Node.

python -m bench.graphql WASM NODE_MODULES C_PACKAGE: needs graphql-core, Node, the npm package
graphql, and what `wherever bind --lang c --name graphql` made.
Rounds of all ways are interleaved; what counts is the median of rounds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import wherever

ROUNDS = 15
SDL = """
interface Node { id: ID! }
type Film implements Node { id: ID!, title: String!, year: Int!, cast(first: Int = 5): [Person!]! }
type Person implements Node { id: ID!, name: String!, born: Int }
type Query { films(first: Int!): [Film!]!, film(id: ID!): Film }
"""
QUERY = """
query Films($first: Int!) {
  films(first: $first) { ...film cast(first: 5) { id name born } }
}
fragment film on Film { id title year }
"""
PEOPLE = [{"id": str(at), "name": f"Person {at}", "born": 1950 + at} for at in range(5)]
FILMS = [
    {"id": str(at), "title": f"Film {at}", "year": 1980 + at, "cast": PEOPLE} for at in range(20)
]
NODE = """
import * as g from "graphql";
const { sdl, query, films } = JSON.parse(process.argv[2]);
const schema = g.buildSchema(sdl);
schema.getQueryType().getFields().films.resolve = () => films;
const document = g.parse(query);
const ways = {
  parse: () => g.parse(query),
  validate: () => g.validate(schema, document),
  execute: () => g.executeSync({ schema, document, variableValues: { first: 20 } }),
};
const { createInterface } = await import("node:readline");
for await (const line of createInterface({ input: process.stdin })) {
  const [name, count] = JSON.parse(line);
  const began = process.hrtime.bigint();
  for (let at = 0; at < count; at++) ways[name]();
  console.log(Number(process.hrtime.bigint() - began) / 1e9 / count);
}
"""


def ours(wasm: str) -> dict[str, Callable[[], Any]]:
    """The library; documents cross as text, so that validate and execute parse, too."""
    answer = json.dumps(FILMS)
    lib: Any = wherever.load(wasm, imports={"resolve": lambda call: answer})
    schema = lib.Schema.build(SDL, ["Query.films"])
    variables = json.dumps({"first": 20})
    each: Any = wherever.load(
        wasm, imports={"resolve": lambda call: by_field(call.field, call.source)}
    )
    asking = each.Schema.build(SDL, ["*"])
    assert lib.parse(QUERY).startswith('{"kind":"Document"')
    assert schema.validate(QUERY) == []
    assert schema.execute(QUERY, variables).data == asking.execute(QUERY, variables).data
    return {
        "parse": lambda: lib.parse(QUERY),
        "validate": lambda: schema.validate(QUERY),
        "execute": lambda: schema.execute(QUERY, variables),
        "execute, 381 resolvers": lambda: asking.execute(QUERY, variables),
    }


def by_field(field: str, source: str) -> str:
    """A resolver for every field, in Python."""
    return json.dumps(FILMS if field == "films" else json.loads(source)[field])


def ported() -> dict[str, Callable[[], Any]]:
    """graphql-core."""
    import graphql

    schema = graphql.build_schema(SDL)
    fields: Any = schema.query_type and schema.query_type.fields
    fields["films"].resolve = lambda *_, **__: FILMS
    document = graphql.parse(QUERY)

    def run() -> Any:
        return graphql.execute_sync(schema, document, variable_values={"first": 20})

    return {
        "parse": lambda: graphql.parse(QUERY),
        "validate": lambda: graphql.validate(schema, document),
        "execute": run,
        "execute, 381 resolvers": run,
    }


def timed(call: Callable[[], Any], count: int) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - began) / count


class Process:
    """A program that times calls: it reads a name and a count, and prints seconds of one call."""

    def __init__(self, words: list[str | Path], form: str) -> None:
        self._form = form
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def timed(self, name: str, count: int) -> float:
        """Seconds of one call."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin and stdout
        stdin.write(self._form % (name, count) + "\n")
        stdin.flush()
        return float(stdout.readline())

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def node(modules: Path) -> Process:
    """The npm package in Node, in a process that stays."""
    script = modules.parent / "bench-graphql.mjs"
    script.write_text(NODE)
    given = json.dumps({"sdl": SDL, "query": QUERY, "films": FILMS})
    return Process(["node", script, given], '["%s", %d]')


def from_c(package: Path, made: Path) -> Process:
    """The library in a program of C."""
    source = Path(__file__).with_suffix(".c")
    words: list[str | Path] = ["cc", "-O2", "-std=c11", source, f"-I{package}/include"]
    words += [package / "lib" / "libgraphql.a", "-lm", "-lpthread", "-o", made]
    subprocess.run(words, check=True)
    return Process([made, SDL, QUERY, json.dumps(FILMS)], "%s %d")


def main() -> int:
    wasm, modules, package = sys.argv[1], Path(sys.argv[2]).resolve(), Path(sys.argv[3]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        mine, port, plainly = ours(wasm), ported(), node(modules)
        compiled = from_c(package, Path(folder, "graphql"))
        columns = ("median of one call", "from Python", "from C", "graphql-core", "Node")
        print(f"| {' | '.join(columns)} | port = 1 | Node = 1 |")
        print("|---|---|---|---|---|---|---|")
        for name, call in mine.items():
            plain, _, more = name.partition(",")
            rows: list[list[float]] = []
            for at in range(ROUNDS + 2):
                row = [timed(call, 10), timed(port[name], 10), plainly.timed(plain, 50)]
                row += [] if more else [compiled.timed(plain, 10)]
                if at >= 2:
                    rows.append(row)
            one, two, three, *four = (median(each) for each in zip(*rows, strict=True))
            c = f"{four[0] * 1e3:.2f} ms" if four else ""
            print(
                f"| {name} | {one * 1e3:.2f} ms | {c} | {two * 1e3:.2f} ms | {three * 1e3:.3f} ms"
                f" | {one / two:.1f} | {one / three:.0f} |"
            )
        plainly.close()
        compiled.close()
    print(
        f"\n{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

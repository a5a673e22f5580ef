"""GraphQL from C: the example's program, compiled with gcc against its C library."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bind.native.build import bound, differs, said
from wherever.bind.library import open_library
from wherever.build.building import build
from wherever.build.project import find

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "graphql"
SCHEMA = """
enum Episode {
  NEWHOPE
  EMPIRE
}

type Hero {
  name: String!
  films: [Int!]!
}

type Query {
  hero(episode: Episode!): Hero
}
"""


def cases() -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it, "" for nothing."""
    compiler = shutil.which("gcc")
    if compiler is None:
        yield "graphql/c", "needs gcc, which is not here"
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        left = shutil.ignore_patterns("build", "judge", "node_modules", "bindings")
        shutil.copytree(EXAMPLE, folder / "graphql", ignore=left)
        made = build(find(str(folder / "graphql")), lambda _: None)
        package = bound(open_library(str(made.wasm), "graphql"), "c", folder)
        words = [compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", EXAMPLE / "c" / "main.c"]
        words += [f"-I{package}/include", package / "lib" / "libgraphql.a", "-lm", "-lpthread"]
        built = said([*words, "-o", folder / "main"], folder)
        yield "graphql/c", built[-2000:] or differs(said([folder / "main"], folder), expected())


def expected() -> str:
    """What the README shows, and the schema as it is printed."""
    readme = (EXAMPLE / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"\$ python story\.py\n(.*?)```", readme, re.DOTALL)
    return f"{shown}{SCHEMA}"


if __name__ == "__main__":
    for label, wrong in cases():
        print(label, wrong or "fine")

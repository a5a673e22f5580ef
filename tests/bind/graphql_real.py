"""GraphQL as its users have it, in fresh places: a wheel, an npm package, C, a crate and Go.

The wheel is installed by pip, and the program that uses it pleases mypy; the npm package is
installed by npm; the C program is compiled with gcc. C takes minutes, and the two after it use what
was compiled for it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bind.native.build import bound, differs, said
from tests.bind.python_real import Place
from tests.bind.typescript_real import Went, nodes, npm
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


FIVE_LINES = """import graphql_everywhere as graphql

lib = graphql.open(imports={"resolve": lambda call: '"Hello from Python"'}, timeout=20)
schema = lib.Schema.build("type Query { hello: String }", ["Query.hello"])
data: str = schema.execute("{ hello }", "").data
print(data)
"""
ANSWER = '{"hello":"Hello from Python"}\n'


def cases() -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it, "" for nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        left = shutil.ignore_patterns("build", "judge", "node_modules", "bindings")
        shutil.copytree(EXAMPLE, folder / "graphql", ignore=left)
        made = build(find(str(folder / "graphql")), lambda _: None).wasm
        for label, case in CASES.items():
            try:
                yield f"graphql/{label}", case(made, folder)
            except (AssertionError, Went) as error:
                yield f"graphql/{label}", str(error)


def _wheel(made: Path, folder: Path) -> str:
    library = open_library(str(made), "graphql-everywhere")
    (wheel,) = (bound(library, "python", folder) / "dist").iterdir()
    assert wheel.name.endswith("-py3-none-any.whl"), wheel.name
    (folder / "user").mkdir()
    place = Place(folder / "user")
    place.pip("install", "--no-index", str(wheel))
    return differs(place.run(FIVE_LINES), ANSWER)


def _npm(made: Path, folder: Path) -> str:
    package = bound(open_library(str(made), "graphql-everywhere"), "typescript", folder)
    app = folder / "app"
    app.mkdir()
    (app / "package.json").write_text('{"type": "module"}')
    shutil.copy(EXAMPLE / "story.mjs", app)
    npm(app, "install", f"file:{package}")
    return differs(said([nodes()[0], "story.mjs"], app), story())


def _c(made: Path, folder: Path) -> str:
    compiler = shutil.which("gcc")
    if compiler is None:
        return "needs gcc, which is not here"
    package = bound(open_library(str(made), "graphql"), "c", folder)
    words = [compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", EXAMPLE / "c" / "main.c"]
    words += [f"-I{package}/include", package / "lib" / "libgraphql.a", "-lm", "-lpthread"]
    built = said([*words, "-o", folder / "main"], folder)
    return built[-2000:] or differs(said([folder / "main"], folder), f"{story()}{SCHEMA}")


def _rust(made: Path, folder: Path) -> str:
    cargo = shutil.which("cargo")
    if cargo is None:
        return "needs cargo, which is not here"
    package = bound(open_library(str(made), "graphql"), "rust", folder)
    shutil.copy(EXAMPLE / "rust" / "main.rs", package / "examples" / "story.rs")
    words = [cargo, "run", "--quiet", "--offline", "--release", "--example", "story"]
    return differs(said(words, package), story())


def _go(made: Path, folder: Path) -> str:
    go = shutil.which("go")
    if go is None:
        return "needs Go, which is not here"
    package = bound(open_library(str(made), "graphql"), "go", folder)
    user = folder / "gopher"
    user.mkdir()
    shutil.copy(EXAMPLE / "go" / "main.go", user)
    module = "module user\n\ngo 1.21\n\nrequire example.com/graphql v0.0.0\n\n"
    module += f"replace example.com/graphql => {package}\n"
    (user / "go.mod").write_text(module, "utf-8")
    env = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "CGO_ENABLED": "1"}
    return differs(said([go, "run", "."], user, **env), story())


CASES = {"wheel": _wheel, "npm": _npm, "c": _c, "rust": _rust, "go": _go}


def story() -> str:
    """What the README shows."""
    readme = (EXAMPLE / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"\$ python story\.py\n(.*?)```", readme, re.DOTALL)
    return str(shown)


if __name__ == "__main__":
    for label, wrong in cases():
        print(label, wrong or "fine")

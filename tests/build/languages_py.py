"""What Python, Go and Rust programs need beyond their templates: dependencies, and no code run.

`scripts/conformance languages` runs these. Python's packages come from PyPI, the crates and modules
from where cargo and Go get them; cases of a language whose tools are not there are told as such.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import wherever
from tests.build.bindings.worlds import Called
from wherever.build import building, templates
from wherever.build import project as projects
from wherever.build.rust import TOOLCHAIN as RUST
from wherever.store import index
from wherever.store.download import Order
from wherever.wasm import facts

MARKDOWN = """# /// script
# dependencies = ["markdown==3.10", "idna==3.10"]
# ///
import sys
from importlib.metadata import version

import idna
import markdown

print(markdown.markdown(sys.stdin.read(), extensions=["tables"]))
print(version("markdown"), idna.encode("ä.example").decode())
"""

GRAPHQL = """from graphql import build_schema, graphql_sync

schema = build_schema("type Query { hello(name: String!): String }")
root = {"hello": lambda info, name: f"Hello, {name}"}
print(graphql_sync(schema, '{ hello(name: "Ada") }', root).data)
"""

ROUTINES = """package main

import (
	"fmt"
	"sync"
	"time"
)

func main() {
	results := make(chan int)
	var all sync.WaitGroup
	for n := 1; n <= 100; n++ {
		all.Add(1)
		go func() {
			defer all.Done()
			time.Sleep(time.Millisecond)
			results <- n * n
		}()
	}
	go func() { all.Wait(); close(results) }()
	sum := 0
	for each := range results {
		sum += each
	}
	fmt.Println("sum:", sum)
}
"""

CRATE = """use itoa::Buffer;

fn main() {
    println!("{}", Buffer::new().format(128u64));
}
"""

LIBRARY = """import wit_world


class WitWorld(wit_world.WitWorld):
    def slug(self, text: str) -> str:
        import textwrap

        return "-".join(textwrap.dedent(text).lower().split())
"""


DERIVED = '''"""Texts, taken apart."""

from __future__ import annotations

from .shapes import Kind, Span

__all__ = ["Finder", "find", "stop"]


class NotThere(Exception):
    """There is no such word."""


class Finder:
    """Finds words in one text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def find(self, word: str) -> Span:
        """Where a word is.

        Raises:
            NotThere: it is nowhere.
        """
        return find(self.text, word)

    @property
    def length(self) -> int:
        return len(self.text)


def find(text: str, word: str, kinds: list[Kind] | None = None) -> Span:
    """Where a word is in a text.

    Raises:
        NotThere: it is nowhere.
    """
    at = text.find(word)
    if at < 0:
        raise NotThere(f"there is no {word!r}")
    return Span(at, at + len(word), kinds or [Kind.WHOLE_WORD])


def stop(number: int) -> float:
    print("going on")
    return 1 / number


if __name__ == "__main__":
    print(find("a b", "b"))
'''
SHAPES = """from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    WHOLE_WORD = 1
    PART = 2


@dataclass(frozen=True, slots=True)
class Span:
    start: int
    end: int
    kinds: list[Kind]
"""


TEXTS = (
    ("", "", 0, 0),
    (" -- \n", "", 1, 2),
    ("  Crème brûlée,\t2 WAYS! ", "crème-brûlée-2-ways", 4, 18),
    ("_" + "a" * 100_000, "a" * 100_000, 1, 100_001),
)
"""Texts, their slugs, words and letters, as the library of the template has them."""


def cases() -> Iterator[tuple[str, str]]:
    """Each program by name, and what went wrong with it, or nothing."""
    tries: dict[str, Callable[[Path], str]] = {
        "python/packages": _markdown,
        "python/requirements": _graphql,
        "python/whole": _whole,
        "python/native-refused": _native,
        "python/wrong": _wrong,
        "python/library": _library,
        "python/derived": _derived,
        "python/template": _template,
        "go/goroutines": _goroutines,
        "go/error": _go_error,
    }
    if all(need.state == "system" for need in RUST.needs()):
        tries.update({"rust/crate": _crate, "rust/scripts": _scripts, "rust/file": _rust_file})
        tries["rust/features"] = _features
    else:
        print("rust: there is no cargo on the PATH, so none of it was tried")
    for name, attempt in tries.items():
        with tempfile.TemporaryDirectory() as base:
            folder = Path(base, "program")
            folder.mkdir()
            try:
                wrong = attempt(folder)
            except wherever.WhereverError as error:
                wrong = str(error)
            yield name, wrong


def _build(what: Path, *, scripts: bool = False) -> Path:
    found = projects.find(what)
    return building.build(found, lambda text: None, allow_build_scripts=scripts).wasm


def _prints(wasm: Path, expected: str, stdin: bytes = b"") -> str:
    done = wherever.run(wasm, input=stdin)
    if done.stdout.decode() == expected and done.exit_code == 0:
        return ""
    return f"it printed {done.stdout!r}, said {done.stderr!r} and ended with {done.exit_code}"


def _refused(what: Path, words: str) -> str:
    try:
        _build(what)
    except wherever.InputError as error:
        return "" if words in str(error) else f"it said {error}"
    return "it was built"


def _markdown(folder: Path) -> str:
    (folder / "render.py").write_text(MARKDOWN)
    html = "<h1>Hi</h1>\n3.10 xn--4ca.example\n"
    return _prints(_build(folder / "render.py"), html, b"# Hi\n")


def _graphql(folder: Path) -> str:
    (folder / "main.py").write_text(GRAPHQL)
    (folder / "requirements.txt").write_text("graphql-core==3.2.6\n")
    return _prints(_build(folder), "{'hello': 'Hello, Ada'}\n")


def _whole(folder: Path) -> str:
    """A program out of its sdist, unchanged: it finds what is wrong with a line of stdin."""
    order = Order("pycodestyle", STYLE, str(folder), "pypi:pycodestyle", lambda done: None)
    path, _ = index.fetch(order, sdist=True)
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    program = _build(folder / f"pycodestyle-{STYLE}" / "pycodestyle.py")
    done = wherever.run(program, ["-"], input=b"import os\nx=1\n")
    told = b"stdin:2:2: E225 missing whitespace around operator\n"
    same = (done.exit_code, done.stdout) == (1, told)
    return "" if same else f"it printed {done.stdout!r} and ended with {done.exit_code}"


STYLE = "2.14.0"


def _native(folder: Path) -> str:
    (folder / "main.py").write_text("import markupsafe\n")
    (folder / "requirements.txt").write_text("markupsafe\n")
    return _refused(folder, "markupsafe: the index has no wheel of it in pure Python")


def _wrong(folder: Path) -> str:
    (folder / "wrong.py").write_text("x = 1\nprint(x\n")
    return _refused(
        folder / "wrong.py",
        'Python cannot read this:\nFile "wrong.py", line 2\n    print(x\n         ^\n'
        "SyntaxError: '(' was never closed",
    )


def _library(folder: Path) -> str:
    (folder / "wit").mkdir()
    (folder / "wit" / "words.wit").write_text(
        "package test:words;\nworld words { export slug: func(text: string) -> string; }\n"
    )
    (folder / "app.py").write_text(LIBRARY)
    (folder / "wherever.toml").write_text(
        '[package]\nname = "test:words"\nversion = "1.0.0"\nkind = "library"\n'
        '[build]\nlanguage = "python"\nmain = "app.py"\nworld = "words"\nwit = "wit"\n'
    )
    exports = [name for name, *_ in facts(_build(folder).read_bytes())["exports"]]
    return "" if "slug" in exports else f"it exports {exports}"


def _template(folder: Path) -> str:
    templates.make(folder.parent / "text", "python", "library")
    call = Called(_build(folder.parent / "text"), "my:text/api@0.1.0")
    for text, slug, words, letters in TEXTS:
        counts = call("count", text)
        found = (call("slug", text), counts.words, counts.letters)
        if found != (slug, words, letters):
            return f"of {text!r} it makes {found}"
    return ""


def _derived(folder: Path) -> str:
    (folder / "finder").mkdir()
    (folder / "finder" / "__init__.py").write_text(DERIVED)
    (folder / "finder" / "shapes.py").write_text(SHAPES)
    (folder / "wherever.toml").write_text(
        '[package]\nname = "test:finder"\nversion = "1.0.0"\nkind = "library"\n'
        '[build]\nlanguage = "python"\nmain = "finder/__init__.py"\n'
    )
    wasm = _build(folder)
    script = Path(__file__).with_name("called.py")
    done = subprocess.run([sys.executable, script, wasm], capture_output=True, text=True)
    wanted = (
        "{'start': 2, 'end': 3, 'kinds': ['whole-word']}\n"
        "{'start': 2, 'end': 3, 'kinds': ['part', 'part']}\n"
        "there is no 'x'\n"
        "{'start': 0, 'end': 1, 'kinds': ['whole-word']} 3 there is no 'y'\n"
        "going on\n0.5\ngoing on\ntrap\n"
    )
    line = DERIVED.partition("1 / number")[0].count("\n") + 1
    said = (
        "Traceback (most recent call last):\n"
        f'  File "finder/__init__.py", line {line}, in stop\n'
        "    return 1 / number\n           ~~^~~~~~~~\n"
        "ZeroDivisionError: division by zero\n"
    )
    if (done.stdout, done.stderr) != (wanted, said):
        return f"it printed {done.stdout!r} and said {done.stderr!r}"
    again = building.build(projects.find(folder), lambda text: None).seconds
    if again > 5:
        return f"the same once more took {again:.1f} s"
    return _prints(wasm, "Span(start=2, end=3, kinds=[<Kind.WHOLE_WORD: 1>])\n")


def _goroutines(folder: Path) -> str:
    (folder / "main.go").write_text(ROUTINES)
    return _prints(_build(folder / "main.go"), "sum: 338350\n")


def _go_error(folder: Path) -> str:
    (folder / "main.go").write_text("package main\n\nfunc main() {\n\tnone()\n}\n")
    return _refused(folder / "main.go", "./main.go:4:2: undefined: none")


def _cargo(folder: Path, dependencies: str, main: str) -> None:
    (folder / "src").mkdir()
    (folder / "src" / "main.rs").write_text(main)
    (folder / "Cargo.toml").write_text(
        '[package]\nname = "tool"\nversion = "0.1.0"\nedition = "2021"\n'
        f"[dependencies]\n{dependencies}\n"
    )


def _crate(folder: Path) -> str:
    _cargo(folder, 'itoa = "1"', CRATE)
    return _prints(_build(folder), "128\n")


def _scripts(folder: Path) -> str:
    _cargo(folder, "", 'fn main() { println!("{}", env!("WORD")); }')
    (folder / "build.rs").write_text('fn main() { println!("cargo::rustc-env=WORD=hi"); }')
    wrong = _refused(folder, "tool 0.1.0 (build script)")
    if wrong or shutil.which("cc") is None:
        return wrong
    (folder / "wherever.toml").write_text("[build]\nallow-build-scripts = true\n")
    wrong = _refused(folder, "tool 0.1.0 (build script)")
    return wrong or _prints(_build(folder, scripts=True), "hi\n")


def _features(folder: Path) -> str:
    """A dependency that only a flag of the manifest brings in, and that would run here."""
    _cargo(folder, "", 'fn main() { println!("hi"); }')
    inner = folder / "inner"
    (inner / "src").mkdir(parents=True)
    (inner / "src" / "lib.rs").write_text("")
    (inner / "build.rs").write_text("fn main() {}")
    (inner / "Cargo.toml").write_text('[package]\nname = "inner"\nversion = "0.1.0"\n')
    with (folder / "Cargo.toml").open("a") as file:
        file.write('inner = { path = "inner", optional = true }\n')
    wrong = _prints(_build(folder), "hi\n")
    (folder / "wherever.toml").write_text('[build]\nflags = ["--all-features"]\n')
    return wrong or _refused(folder, "inner 0.1.0 (build script)")


def _rust_file(folder: Path) -> str:
    (folder / "one.rs").write_text('fn main() { println!("alone"); }')
    return _prints(_build(folder / "one.rs"), "alone\n")

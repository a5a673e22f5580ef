"""What a stranger does first: a library with a plain name, bound, and its README's program run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bind.native.build import bound, differs, said
from wherever.bind.library import Library, open_library
from wherever.build import templates
from wherever.build.building import build
from wherever.build.project import find

NAME = "c-lib"
"""Made of words of our own templates: none of them may be taken for what it is replaced by."""

TOOLS = {"c": ("cc",), "cpp": ("c++",), "go": ("go",), "java": ("javac", "jar"), "rust": ("cargo",)}


def cases() -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it, "" for nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = plain(folder)
        for language, tools in TOOLS.items():
            missing = [tool for tool in tools if shutil.which(tool) is None]
            if missing:
                yield f"readme/{language}", f"needs {missing[0]}, which is not here"
                continue
            package = bound(library, language, folder)
            ran = _RUNS[language](package, _program(package))
            yield f"readme/{language}", differs(ran, _EXPECTED[language])


def plain(folder: Path) -> Library:
    """The library of C's template: two functions, and nothing else."""
    templates.make(folder / NAME, "c", "library")
    build(find(str(folder / NAME)), lambda _: None)
    return open_library(str(folder / NAME))


def _program(package: Path) -> str:
    """The second block of the README's own use: the first says how to compile it."""
    return (package / "README.md").read_text("utf-8").split("```")[3].partition("\n")[2]


def _c(package: Path, program: str) -> str:
    (package / "main.c").write_text(program, "utf-8")
    words = "cc main.c -Wall -Wextra -Werror -Iinclude lib/libc_lib.a -lm -lpthread -o main"
    return said([*words.split()], package) + said(["./main"], package)


def _cpp(package: Path, program: str) -> str:
    (package / "main.cpp").write_text(program, "utf-8")
    words = "c++ -std=c++17 -Wall -Wextra -Werror main.cpp -Iinclude lib/libc_lib.a -lm -lpthread"
    return said([*words.split(), "-o", "main"], package) + said(["./main"], package)


def _go(package: Path, program: str) -> str:
    app = package.parent / "go-app"
    app.mkdir()
    (app / "main.go").write_text(program, "utf-8")
    (app / "go.mod").write_text("module app\n\ngo 1.21\n", "utf-8")
    added = f"-require=example.com/c_lib@v0.0.0 -replace=example.com/c_lib={package}"
    said(["go", "mod", "edit", *added.split()], app)
    return said(["go", "run", "."], app, CGO_ENABLED="1", GOFLAGS="-mod=mod", GOPROXY="off")


def _java(package: Path, program: str) -> str:
    (package / "Main.java").write_text(program, "utf-8")
    sources = sorted((package / "src").rglob("*.java"))
    made = said(["javac", "-d", "classes", *sources], package)
    made += said(["jar", "cf", "lib.jar", "-C", "classes", ".", "-C", "resources", "."], package)
    return made + said(["java", "-cp", "lib.jar", "Main.java"], package)


def _rust(package: Path, program: str) -> str:
    (package / "examples" / "hello.rs").write_text(program, "utf-8")
    return said(["cargo", "run", "--quiet", "--offline", "--example", "hello"], package)


_RUNS = {"c": _c, "cpp": _cpp, "go": _go, "java": _java, "rust": _rust}
_EXPECTED = {"c": "hello\n", "cpp": "hello\n", "go": "hello <nil>\n", "java": "hello\n"}
_EXPECTED["rust"] = '"hello"\n'

if __name__ == "__main__":
    failed = 0
    for label, wrong in cases():
        print(label, wrong or "fine")
        failed += bool(wrong)
    sys.exit(failed)

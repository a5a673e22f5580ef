"""A C library is made, and a program of C uses it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from wherever.bind.c import generate
from wherever.bind.library import Library

SMALL = Path(__file__).with_name("small")

SAID = """\
greet: Hello, Jörg
add: 3999999995
ask: number 7
grow: 20
greet: SMALL_ARGUMENT: a string is not UTF-8
ask: SMALL_IMPORT: nobody is number 0
trap: SMALL_TRAP: the library trapped: an instruction that is never to be reached
sly: SMALL_INVALID: the library calls out where it must not
sly: SMALL_INVALID: the library calls out where it must not
spin: SMALL_TIMEOUT: the call took longer than its 100 ms
dive: SMALL_STACK: the library used more than its 100000 bytes of stack
far: SMALL_INVALID: the library pointed outside of its memory: 100 bytes at 65530
bad: SMALL_INVALID: the library gave a string that is not UTF-8
add: 3
"""


def run(compiler: str, source: Path, package: Path, folder: Path, *words: str) -> str:
    """What a program says that is compiled against the library."""
    made = folder / "main"
    subprocess.run(
        [compiler, "-Wall", "-Wextra", "-Werror", source, f"-I{package}/include", *words,
         "-lm", "-lpthread", "-o", made],
        check=True,
    )  # fmt: skip
    return subprocess.run([made], check=True, capture_output=True, text=True).stdout


def test_a_program_calls_the_static_library(compiler: str, package: Path, tmp_path: Path) -> None:
    static = str(package / "lib" / "libsmall.a")
    assert run(compiler, SMALL / "main.c", package, tmp_path, static) == SAID


def test_a_program_calls_the_shared_library(compiler: str, package: Path, tmp_path: Path) -> None:
    lib = str(package / "lib")
    words = (f"-L{lib}", "-lsmall", f"-Wl,-rpath,{lib}")
    assert run(compiler, SMALL / "main.c", package, tmp_path, *words) == SAID


def test_the_program_of_the_readme_works(compiler: str, package: Path, tmp_path: Path) -> None:
    readme = (package / "README.md").read_text("utf-8")
    (program,) = re.findall(r"```c\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "main.c").write_text(program, "utf-8")
    static = str(package / "lib" / "libsmall.a")
    assert run(compiler, tmp_path / "main.c", package, tmp_path, static) == "Hello, Hello\n"


def test_nothing_but_the_librarys_own_names_is_to_be_linked(package: Path) -> None:
    said = subprocess.run(
        ["nm", "-g", "--defined-only", package / "lib" / "libsmall.a"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = [line.split()[2] for line in said.splitlines() if len(line.split()) == 3]
    assert names and all(name.startswith("small_") for name in names)


def test_what_is_made_is_the_same_every_time(
    library: Library, package: Path, tmp_path: Path
) -> None:
    made = generate(library, tmp_path, lambda _: None)
    assert made.files == (
        "README.md",
        "include/small.h",
        "lib/libsmall.a",
        "lib/libsmall.so",
        "lib/pkgconfig/small.pc",
        "src/guest.c",
        "src/guest.h",
        "src/runtime.h",
        "src/small.c",
        "src/support.h",
        "src/wasm-rt-exceptions.h",
        "src/wasm-rt.h",
    )
    for name in made.files:
        assert (tmp_path / name).read_bytes() == (package / name).read_bytes(), name

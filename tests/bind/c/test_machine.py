"""Components of several core modules, in each other, become one C library."""

from __future__ import annotations

import subprocess
from pathlib import Path

from wherever.bind.c import generate
from wherever.bind.c.machine import Imported, Lifted, Lowered, Place, machine
from wherever.bind.library import open_library
from wherever.build.wat import wasm_tools

LINKED = Path(__file__).with_name("linked")

SAID = """\
noted: ab
twice: abab
top: 1024
LINKED_EXIT: the library exited with code 1
LINKED_TIMEOUT: the call took longer than its 100 ms
"""


def parsed(folder: Path) -> Path:
    made = folder / "linked.wasm"
    wasm_tools(folder, LINKED, "parse", "linked.wat", "-o", str(made))
    return made


def test_each_import_is_found_where_it_comes_from(tmp_path: Path) -> None:
    made = machine(parsed(tmp_path).read_bytes())
    memory, code, late = made.instances
    assert memory.given == {}
    assert code.find("memory", "realloc") == Place(0, "realloc")
    note = late.find("host", "note")
    assert isinstance(note, Lowered)
    assert note.function == Imported("my:linked/host", "note")
    assert note.memory == Place(0, "memory")
    sort, api = made.exports["my:linked/api"]
    assert sort == "instance"
    assert api["twice"][1] == Lifted(
        core=Place(1, "twice"),
        memory=Place(0, "memory"),
        realloc=Place(0, "realloc"),
        post_return=Place(1, "read"),
        encoding="utf8",
        other="",
    )


def test_a_program_calls_what_several_modules_do(compiler: str, tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    generate(open_library(str(parsed(tmp_path)), "linked"), package, lambda _: None)
    made = tmp_path / "main"
    subprocess.run(
        [compiler, LINKED / "main.c", f"-I{package}/include", package / "lib" / "liblinked.a",
         "-lm", "-lpthread", "-o", made],
        check=True,
    )  # fmt: skip
    assert subprocess.run([made], check=True, capture_output=True, text=True).stdout == SAID

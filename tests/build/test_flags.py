"""`[build] flags` are a program's settings: none runs code on this machine or writes elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherever.build import building
from wherever.build import project as projects
from wherever.errors import InputError

SOURCES = {
    "c": "main.c",
    "cpp": "main.cpp",
    "zig": "main.zig",
    "go": "main.go",
    "rust": "main.rs",
    "assemblyscript": "main.ts",
}
REFUSED = {
    "c": [
        "-fplugin=./evil.so",
        "-fpass-plugin=./evil.so",
        "-Xclang",
        "-mllvm",
        "-mllvm=-load=./evil.so",
        "-o",
        "-o/tmp/elsewhere",
        "-MF/tmp/elsewhere",
        "-MD",
        "-save-temps=cwd",
        "-ftime-trace=/tmp/elsewhere",
        "-fprofile-generate=/tmp/elsewhere",
        "-fmodules-cache-path=/tmp/elsewhere",
        "-fuse-ld=./evil",
        "-B.",
        "-Wl,-o,/tmp/elsewhere",
        "-Wl,--export=a,--reproduce=/tmp/elsewhere",
        "-Wa,--evil",
        "-Wp,-MD,/tmp/elsewhere",
        "-Xlinker",
        "-specs=evil",
        "-wrapper",
        "-target",
        "@evil",
        "other.c",
        "--config=evil",
    ],
    "zig": [
        "-femit-asm=/tmp/elsewhere",
        "-femit-docs",
        "--cache-dir",
        "--libc",
        "--listen=-",
        "-fllvm=x",
        "--zig-lib-dir",
        "other.zig",
        "@evil",
        "-target",
        "--test-cmd",
    ],
    "go": [
        "-toolexec=./evil",
        "-toolexec",
        "--toolexec=./evil",
        "-exec=./evil",
        "-o=/tmp/elsewhere",
        "-overlay=evil.json",
        "-C=..",
        "-modfile=other.mod",
        "-ldflags=-extld=./evil",
        "-ldflags=-linkmode=external -extld ./evil",
        "-ldflags=-X a.b=c -tmpdir=/tmp",
        "-gcflags=-cpuprofile=/tmp/elsewhere",
        "-asmflags=-o=/tmp/elsewhere",
        "-compiler=gccgo",
        "-gccgoflags=x",
        "-pkgdir=/tmp",
        "-work",
        "other.go",
        "@evil",
    ],
    "rust": [
        "-Clinker=./evil",
        "-Clink-arg=-o/tmp/elsewhere",
        "-Zcodegen-backend=./evil.so",
        "-L.",
        "--extern=evil=./libevil.so",
        "-Cllvm-args=-load=./evil.so",
        "-o/tmp/elsewhere",
        "--config=build.rustc-wrapper='./evil'",
        "--emit=asm=/tmp/elsewhere",
        "+evil",
        "@evil",
        "--manifest-path=../Cargo.toml",
        "--target-dir=/tmp/elsewhere",
        "--sysroot=.",
        "-Cprofile-generate=/tmp/elsewhere",
        "-Cincremental=/tmp/elsewhere",
    ],
    "assemblyscript": [
        "--transform",
        "--transform=./evil.js",
        "--config=evil.json",
        "--path=..",
        "--bindings=raw",
        "--textFile=../x",
        "-o",
        "--baseDir=..",
        "other.ts",
        "--sourceMap=../x",
        "--lib=/",
    ],
}
REFUSED["cpp"] = REFUSED["c"]


@pytest.mark.parametrize(
    ("language", "flag"), [(language, flag) for language in REFUSED for flag in REFUSED[language]]
)
def test_a_flag_that_reaches_out_of_the_program_is_refused(
    project: Path, language: str, flag: str
) -> None:
    _write(project, language, flag)
    with pytest.raises(InputError) as caught:
        building.build(projects.find(project), lambda text: None)
    shown = ascii(flag[:60])
    assert caught.value.what == f"[build] flags: {shown} is not for a program's own settings"
    assert not (project / "build" / "tool.wasm").exists()


def test_a_value_is_no_way_around(project: Path) -> None:
    for value in ("-o", "@evil"):
        _write(project, "c", "-D", value)
        with pytest.raises(InputError, match="is not for a program's own settings"):
            building.build(projects.find(project), lambda text: None)


def test_a_library_of_a_header_is_held_to_the_same(project: Path) -> None:
    (project / "tool.c").write_text("int one(void) { return 1; }")
    (project / "tool.h").write_text("int one(void);")
    (project / "wherever.toml").write_text(
        '[package]\nname = "my:tool"\nkind = "library"\n[build]\nlanguage = "c"\n'
        'main = "tool.c"\nflags = ["-MFelsewhere"]\n'
    )
    with pytest.raises(InputError, match="is not for a program's own settings"):
        building.build(projects.find(project), lambda text: None)
    assert not (project / "elsewhere").exists()


def _write(folder: Path, language: str, *flags: str) -> None:
    (folder / SOURCES[language]).write_text("")
    listed = ", ".join(f'"{flag}"' for flag in flags)
    (folder / "wherever.toml").write_text(
        f'[package]\nname = "my:tool"\n[build]\nlanguage = "{language}"\n'
        f'main = "{SOURCES[language]}"\nflags = [{listed}]\n'
    )

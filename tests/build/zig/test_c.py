"""C becomes a program: one file, a folder of them, what WASI lacks, and errors in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import wherever
from wherever.build import building
from wherever.build import project as projects

pytestmark = pytest.mark.timeout(300)  # the first one builds the C library

HELLO = """#include <stdio.h>
int main(int argc, char **argv)
{
    printf("hello %s\\n", argc > 1 ? argv[1] : "world");
}
"""
POINT = '#pragma once\nint twice(int);\n#define NAME "point"\n'
TWICE = '#include "point.h"\nint twice(int number) { return 2 * number; }\n'
FOLDER = """#include <assert.h>
#include <point.h>
#include <stdio.h>
#include "inner/deep.h"
int main(void)
{
    assert(twice(2) == 4);
    printf("%s %d %s %s\\n", NAME, twice(21), deep(), COLOUR);
    return 0;
}
"""
JUMP = """#include <setjmp.h>
#include <stdio.h>
static jmp_buf start;
static void deep(int left)
{
    if (left == 0)
        longjmp(start, 42);
    deep(left - 1);
}
int main(void)
{
    int came = setjmp(start);
    if (came == 0)
        deep(5);
    printf("came back with %d\\n", came);
}
"""
SYSTEM = """#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
static void noted(int number) { printf("signal %d\\n", number); }
int main(void)
{
    char name[L_tmpnam];
    signal(SIGTERM, noted);
    raise(SIGTERM);
    FILE *file = tmpfile();
    fputs("kept", file);
    rewind(file);
    char word[5] = "";
    fread(word, 1, 4, file);
    puts(word);
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("%d %d %d %d\\n", system(NULL), tmpnam(name) == name, page[4095], clock() >= 0);
}
"""


def build(what: Path) -> building.Result:
    return building.build(projects.find(what), lambda text: None)


def said(what: Path) -> str:
    with pytest.raises(wherever.InputError) as caught:
        build(what)
    return str(caught.value)


def test_a_file_is_built_without_anything_else(project: Path) -> None:
    (project / "hello.c").write_text(HELLO)
    (project / "other.c").write_text("this is of another program")
    result = build(project / "hello.c")
    assert wherever.run(result.wasm, args=["you"]).stdout == b"hello you\n"
    assert (result.kind, result.warnings, result.size < 30_000) == ("module", (), True)


def test_a_folder_is_built_whole_and_the_same_anywhere(project: Path, tmp_path: Path) -> None:
    (project / "include").mkdir()
    (project / "src" / "inner").mkdir(parents=True)
    (project / "tests").mkdir()
    (project / "include" / "point.h").write_text(POINT)
    (project / "src" / "main.c").write_text(FOLDER)
    (project / "src" / "twice.c").write_text(TWICE)
    (project / "src" / "inner" / "deep.h").write_text("const char *deep(void);\n")
    (project / "src" / "inner" / "deep.c").write_text(
        '#include "inner/deep.h"\nconst char *deep(void) { return __FILE__ " " __DATE__; }\n'
    )
    (project / "src" / "second.c").write_text("int main(void) { return 1; }\n")
    (project / "tests" / "broken.c").write_text("not C at all")
    (project / "wherever.toml").write_text(
        "[package]\nname = 'my:tool'\nversion = '1.0.0'\n[build]\nflags = ['-DCOLOUR=\"red\"']\n"
    )
    result = build(project)
    assert result.warnings == ("src/second.c is left out: it has a main of its own",)
    assert wherever.run(result.wasm).stdout == (b"point 42 src/inner/deep.c Jan  1 1970 red\n")
    copy = tmp_path / "a copy" / "elsewhere"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("build"))
    again = build(copy)
    assert (again.digest, again.package) == (result.digest, result.package)


def test_a_folder_without_a_manifest_finds_its_main(project: Path) -> None:
    (project / "start.c").write_text('#include "point.h"\nint main(void) { return twice(21); }\n')
    (project / "a.c").write_text(TWICE)
    (project / "point.h").write_text(POINT)
    (project / "all.c").write_text('#include "a.c"\n#include "start.c"\n')
    result = build(project)
    assert result.warnings == ("all.c is left out: it includes most of the others",)
    assert result.wasm == project / "build" / "project.wasm"
    assert wherever.run(result.wasm, check=False).exit_code == 42


def test_longjmp_comes_back(project: Path) -> None:
    (project / "jump.c").write_text(JUMP)
    assert wherever.run(build(project / "jump.c").wasm).stdout == b"came back with 42\n"


def test_what_wasi_lacks_is_played_as_far_as_it_can_be(project: Path, tmp_path: Path) -> None:
    (project / "system.c").write_text(SYSTEM)
    result = build(project / "system.c")
    outcome = wherever.run(result.wasm, dirs=[f"{tmp_path}:/tmp"])
    assert outcome.stdout == b"signal 15\nkept\n0 1 0 1\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["project"]


def test_an_error_is_told_where_it_stands(project: Path) -> None:
    (project / "src").mkdir()
    (project / "src" / "main.c").write_text("int main(void)\n{\n    retun 0;\n}\n")
    assert said(project) == (
        "the C compiler failed with code 1:\n"
        "src/main.c:3:5: error: use of undeclared identifier 'retun'\n"
        "    3 |     retun 0;\n"
        "      |     ^~~~~\n"
        "1 error generated."
    )


def test_what_a_sandbox_cannot_have_is_told_in_words(project: Path) -> None:
    (project / "forks.c").write_text(
        "int fork(void), own(void);\nint main(void) { return fork() + own(); }\n"
    )
    assert said(project / "forks.c") == (
        "the C compiler failed with code 1:\n"
        "forks.c: error: `fork` is used, but nothing defines it\n"
        "forks.c: error: `own` is used, but nothing defines it\n"
        "in a sandbox, a program starts no other programs"
    )
    (project / "draws.c").write_text("#include <curses.h>\nint main(void) { return 0; }\n")
    assert said(project / "draws.c") == (
        "the C compiler failed with code 1:\n"
        "draws.c:1:10: fatal error: 'curses.h' file not found\n"
        "    1 | #include <curses.h>\n"
        "      |          ^~~~~~~~~~\n"
        "1 error generated.\n"
        "in a sandbox, there is no terminal to set up"
    )
    (project / "waits.c").write_text("#include <sys/wait.h>\nint main(void) { return 0; }\n")
    assert said(project / "waits.c").endswith("in a sandbox, a program starts no other programs")
    (project / "pipes.c").write_text("#include <stdio.h>\nint main(void) { popen(); }\n")
    assert said(project / "pipes.c").endswith("in a sandbox, a program starts no other programs")

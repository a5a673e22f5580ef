"""What a package brings is there when it is served: its files, its variables and its arguments."""

from __future__ import annotations

from pathlib import Path

from tests.edge.guest.answering import site
from tests.edge.guest.building import guest
from tests.edge.guest.script import CREATE, WRITE, opened, said
from tests.package.making import package
from wherever.package import shelf
from wherever.policy.grants import Mount

TOOL = Path("acme:tool")


def put(name: str, more: str, **files: bytes) -> None:
    """Keeps a package with a guest of these tests in it, and these files below `/share`."""
    named = {f"/share/{file}.txt": data for file, data in files.items()}
    shelf.put(package(wasm=guest(name).read_bytes(), files=named, more=more))


def test_the_files_of_a_package_are_there_for_reading(fresh_home: Path, tmp_path: Path) -> None:
    put("files", '[files]\n"/share" = "share"', words=b"some words")
    with site(code=TOOL, files=(Mount(str(tmp_path), "/data"),)) as served:
        assert served.fetch("/", method="POST", body=b"folders")[2] == b"/data /share /dev\n"
        assert said(
            served,
            "open 1 9 1 0 1 words.txt",
            "read 9 100 0",
            "unlink 1 words.txt",
            opened("new", how=CREATE, flags=WRITE),
        ) == ["ok", "read some words", "error not-permitted", "ok"]


def test_relative_paths_begin_where_the_package_says(fresh_home: Path, tmp_path: Path) -> None:
    more = '[files]\n"/share" = "share"\n[[command]]\nname = "it"\nworkdir = "/share"'
    put("files", more, words=b"some words")
    with site(code=TOOL) as served:
        assert served.fetch("/", method="POST", body=b"folders")[2] == b"/share . /dev\n"
        assert said(served, "open 1 9 1 0 1 words.txt", "read 9 4 0") == ["ok", "read some"]


def test_the_variables_and_arguments_of_a_package_are_there(fresh_home: Path) -> None:
    put("answers", '[[command]]\nname = "it"\nargs = ["-x"]\nenv = { ONE = "1", TWO = "2" }')
    with site(code=TOOL, env=(("TWO", "two"),), args=("more",)) as served:
        assert served.text("/around") == "app -x more \nONE=1\nTWO=two\nstdin is closed"

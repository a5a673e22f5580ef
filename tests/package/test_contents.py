"""Files in a package: gathered from a folder, carried in the program, and laid out again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.package.making import COMPONENT, MODULE, section
from wherever.errors import InputError, NotFound
from wherever.package import contents
from wherever.wasm import facts, read

FILES = {"/app/main.py": b"print()", "/app/lib/é.py": b"", "/data": bytes(300_000)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package's folder, beside something that is not in it."""
    (tmp_path / "secret").write_text("secret")
    base = tmp_path / "package"
    for name in ("main.py", "lib/a.py", "lib/b/c.py", "lib/__pycache__/a.pyc", "build/out.wasm"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(name)
    return base


# ----- in the program


@pytest.mark.parametrize("wasm", [MODULE, COMPONENT], ids=["module", "component"])
def test_files_lie_in_the_last_section_and_the_program_stays_one(wasm: bytes) -> None:
    carrying = contents.embed(wasm, FILES)
    assert carrying.startswith(wasm)
    assert contents.files(carrying) == FILES
    assert facts(carrying)["kind"] == facts(wasm)["kind"]
    assert [each.name for each in read(carrying).customs] == ["wherever.files"]


def test_files_are_put_in_once_and_taken_out_again() -> None:
    carrying = contents.embed(MODULE, FILES)
    assert contents.embed(carrying, FILES) == carrying
    assert contents.embed(carrying, {}) == MODULE
    assert contents.files(contents.embed(carrying, {"/a": b""})) == {"/a": b""}


def test_other_sections_stay_where_they_are() -> None:
    wasm = MODULE + section(b"x", b"name") + section(b"y", b"wherever.file")
    assert contents.embed(contents.embed(wasm, FILES), {}) == wasm
    assert contents.files(wasm) == {}


def test_a_file_for_no_place_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        contents.embed(MODULE, {"data": b""})
    assert str(refused.value) == (
        "the file 'data' of a package has no place for the guest; start its path with a slash"
    )


@pytest.mark.parametrize("wasm", [b"", b"\0asm", b"hello", MODULE + b"\0", MODULE + b"\1\x80"])
def test_what_is_no_program_is_refused(wasm: bytes) -> None:
    for use in (lambda: contents.embed(wasm, {}), lambda: contents.files(wasm)):
        with pytest.raises(InputError):
            use()


# ----- laid out


def test_files_are_laid_out_plain_and_readable(tmp_path: Path) -> None:
    program = tmp_path / "program.wasm"
    program.write_bytes(contents.embed(MODULE, FILES))
    os.umask(before := os.umask(0o022))
    names = contents.extract(program, tmp_path / "out")
    assert names == sorted(FILES, key=str.encode)
    for name, content in FILES.items():
        path = Path(f"{tmp_path}/out{name}")
        assert path.read_bytes() == content
        assert path.stat().st_mode & 0o777 == 0o644 & ~before


def test_files_are_laid_out_in_an_empty_folder_only(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "app").symlink_to(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "elsewhere").mkdir()
    for name in ("full", "link"):
        with pytest.raises(InputError) as refused:
            contents.extract(contents.embed(MODULE, FILES), tmp_path / name)
        assert str(refused.value) == f"{tmp_path / name} is not an empty folder; name a new one"
    assert os.listdir(tmp_path / "elsewhere") == []
    assert os.listdir(tmp_path / "full") == ["app"]


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="No such file or directory"):
        contents.extract(tmp_path / "none.wasm", tmp_path / "out")


# ----- gathered


def test_files_and_folders_are_gathered_without_what_tools_leave(folder: Path) -> None:
    wishes = {"/app/start.py": "main.py", "/lib": "lib"}
    assert contents.collect(folder, wishes) == {
        "/app/start.py": b"main.py",
        "/lib/a.py": b"lib/a.py",
        "/lib/b/c.py": b"lib/b/c.py",
    }


def test_the_whole_folder_is_gathered_without_what_was_built(folder: Path) -> None:
    found = contents.collect(folder, {"/": "."})
    assert sorted(found) == ["/lib/a.py", "/lib/b/c.py", "/main.py"]
    assert contents.collect(folder, {"/x": "build"}) == {"/x/out.wasm": b"build/out.wasm"}


def test_a_link_to_a_file_inside_stands_for_it(folder: Path) -> None:
    (folder / "lib" / "link.py").symlink_to("../main.py")
    assert contents.collect(folder, {"/l": "lib/link.py"}) == {"/l": b"main.py"}


def spoil(folder: Path, name: str) -> None:
    lib = folder / "lib"
    if name == "out":
        (lib / "link").symlink_to(folder.parent / "secret")
    elif name == "out-folder":
        (lib / "link").symlink_to(folder.parent)
    elif name == "loop":
        (lib / "link").symlink_to("link")
    elif name == "inner-folder":
        (lib / "link").symlink_to(folder / "lib")
    elif name == "pipe":
        os.mkfifo(lib / "link")
    elif name == "big":
        with (lib / "link").open("wb") as file:
            file.truncate(1 << 40)
    elif name == "odd":
        (lib / "a\nb").write_text("")


@pytest.mark.parametrize(
    ("name", "wishes", "says"),
    [
        ("", {"/s": "../secret"}, "[files] asks for ../secret, which leads out of the package's"
         " folder; copy it into the folder"),
        ("", {"/s": "/etc"}, "[files] asks for /etc, which leads out of the package's folder;"
         " copy it into the folder"),
        ("", {"/s": "none"}, "[files] asks for none, which is not there"),
        ("", {"/a": "main.py", "/": "lib/b", "/c.py": "main.py"},
         "[files] asks for two files at /c.py"),
        ("", {"/a": "main.py", "/a/b": "main.py"}, "[files] holds 'a' as a file and as a folder"),
        ("", {"/": "main.py"}, "[files]: the name '' has an empty part"),
        ("out", {"/": "lib"}, "[files] asks for lib/link, a link that leads out of the package's"
         " folder; copy it into the folder"),
        ("out-folder", {"/": "lib/link"}, "[files] asks for lib/link, a link that leads out of"
         " the package's folder; copy it into the folder"),
        ("loop", {"/": "lib"}, "cannot read lib/link: Too many levels of symbolic links"),
        ("inner-folder", {"/": "lib"}, "[files] asks for lib/link, which is not a plain file;"
         " a package holds plain files in folders, and nothing else"),
        ("pipe", {"/": "lib"}, "[files] asks for lib/link, which is not a plain file;"
         " a package holds plain files in folders, and nothing else"),
        ("big", {"/": "lib"}, "[files] asks for more than 16 MiB, with lib/link; leave out what"
         " the program does not need"),
        ("odd", {"/": "lib"}, "[files]: the name 'a\\nb' has characters that a name cannot have"),
    ],
)  # fmt: skip
def test_what_no_package_may_hold_is_not_gathered(
    name: str, wishes: dict[str, str], says: str, folder: Path
) -> None:
    spoil(folder, name)
    with pytest.raises(InputError) as refused:
        contents.collect(folder, wishes)
    assert str(refused.value) == says


def test_of_too_many_files_not_all_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(contents.archive, "MAX_FILES", 10)
    for number in range(30):
        (tmp_path / f"file-{number}").write_bytes(b"x")
    read = []
    content = contents._content
    monkeypatch.setattr(contents, "_content", lambda *a: read.append(a) or content(*a))
    with pytest.raises(InputError) as caught:
        contents.collect(tmp_path, {"/all": "."})
    assert str(caught.value) == (
        "[files] asks for more than 10 files; leave out what the program does not need"
    )
    assert len(read) <= 11


def test_a_folder_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    (tmp_path / "data").mkdir()
    monkeypatch.setattr(contents.os, "scandir", refuse)
    with pytest.raises(InputError) as caught:
        contents.collect(tmp_path, {"/data": "data"})
    assert str(caught.value) == "cannot read data: Permission denied; chmod u+rx data"

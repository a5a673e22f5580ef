"""What a user names, and what it stands for."""

import gzip
import os
import socket
import zipfile

import pytest

from wherever.errors import InputError, NotFound, NotRunnable, WhereverError
from wherever.run import resolve as module
from wherever.run.resolve import resolve
from wherever.store import catalogue
from wherever.store.program import Example, Program

MODULE = b"\0asm\1\0\0\0"
COMPONENT = b"\0asm\x0d\0\1\0"


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, fresh_home):
    """Every test stands in a folder of its own, with a home of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Fetching finds every program of the catalogue on this machine."""
    from wherever.store import fetch

    asked = []

    def program(reference, *, progress=None):
        asked.append(reference)
        path = tmp_path / "kept.wasm"
        path.write_bytes(MODULE)
        if reference.startswith(("pypi:", "npm:")):
            return fetch.Kept(str(path), "0" * 64, None, "1.0")
        return fetch.Kept(str(path), "0" * 64, catalogue.find(reference), "1.0", ())

    monkeypatch.setattr(fetch, "program", program)
    return asked


def refusal(what):
    with pytest.raises(WhereverError) as caught:
        resolve(what)
    return caught.value


# ----- files


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("tool.wasm", MODULE),
        ("tool.wasm", COMPONENT),
        ("tool.wat", b"(module)"),
        ("tool.wat", b';; a note\n(func (export "_start"))'),
        ("tool.bin", MODULE),
        ("tool", MODULE),
    ],
)
def test_webassembly_is_a_program_whatever_its_name(here, name, data):
    (here / name).write_bytes(data)
    program = resolve(name)
    assert (program.wasm, program.name, program.args_before) == (name, name, [name])
    assert not program.mounts and not program.is_script


def test_a_program_is_called_by_its_base_name(here):
    (here / "tool.wasm").write_bytes(MODULE)
    assert resolve(str(here / "tool.wasm")).args_before == ["tool.wasm"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (
            "notes.txt",
            b"buy milk\n",
            "notes.txt: it is text, neither WebAssembly nor a script that is known here; wherever"
            " programs lists what runs scripts; a script's ending or its #! line says whose it is",
        ),
        (
            "tool.wasm",
            b"<html>not found</html>",
            "tool.wasm: it is text, neither WebAssembly nor a script that is known here; wherever"
            " programs lists what runs scripts; a script's ending or its #! line says whose it is",
        ),
        (
            "ls",
            b"\x7fELF\2\1\1",
            "ls: it is a native program for Linux, not WebAssembly; compile its source for"
            " WebAssembly (target wasm32-wasip1), or see: wherever programs",
        ),
        (
            "tool.exe",
            b"MZ\x90\0",
            "tool.exe: it is a native program for Windows, not WebAssembly; compile its source for"
            " WebAssembly (target wasm32-wasip1), or see: wherever programs",
        ),
        (
            "tool",
            b"\xcf\xfa\xed\xfe",
            "tool: it is a native program for macOS, not WebAssembly; compile its source for"
            " WebAssembly (target wasm32-wasip1), or see: wherever programs",
        ),
        ("empty.wasm", b"", "empty.wasm: it is empty; build or copy it again"),
        (
            "cut.wasm",
            b"\0asm\1",
            "cut.wasm: it is cut off: a WebAssembly file of 8 bytes or fewer; build or copy it"
            " again",
        ),
        (
            "new.wasm",
            b"\0asm\2\0\0\0",
            "new.wasm: it is a WebAssembly module of a version that is not known here; build it"
            " again for WebAssembly 1.0",
        ),
        (
            "old.wasm",
            b"\0asm\x0c\0\1\0",
            "old.wasm: it is a WebAssembly component of a version that is not known here; build it"
            " again with current tools",
        ),
        (
            "tool.wasm.gz",
            gzip.compress(MODULE, mtime=0),
            "tool.wasm.gz: it is compressed with gzip; unpack it: gunzip -k FILE",
        ),
        (
            "tool.cwasm",
            b"\x7fELF",
            "tool.cwasm: it is native code that somebody compiled, which nobody can check; run the"
            " .wasm it was made from",
        ),
        (
            "noise.bin",
            b"\x80\x81\0\xff",
            "noise.bin: it is not WebAssembly; name a .wasm file, a script, or one of: wherever"
            " programs",
        ),
        (
            "script.sh",
            b"#!/bin/sh -e\necho\n",
            "script.sh: it is a script for /bin/sh -e, which is not known here; wherever programs"
            " lists what runs scripts",
        ),
    ],
)
def test_a_file_that_is_no_program_is_called_what_it_is(here, name, data, said):
    (here / name).write_bytes(data)
    error = refusal(name if "." in name else f"./{name}")
    assert (str(error).removeprefix("./"), error.exit_code) == (said, 126)


def test_an_archive_is_called_what_it_is(here):
    with zipfile.ZipFile(here / "tool.zip", "w") as archive:
        archive.writestr("tool.wasm", MODULE)
    error = refusal("tool.zip")
    assert str(error) == ("tool.zip: it is a zip archive; unpack it, and run the .wasm file in it")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("./missing.wasm", "./missing.wasm: there is no such file; check the path"),
        ("missing.wasm", "missing.wasm: there is no such file; check the path"),
        (
            "https://example.org/a.wasm",
            "https://example.org/a.wasm: it is an address, and only packages are fetched; fetch it"
            " yourself and run the file: curl -O https://example.org/a.wasm",
        ),
        ("tool.wsam", "tool.wsam: there is no such file; did you mean tool.wasm?"),
        ("sub/tol.wasm", "sub/tol.wasm: there is no such file; did you mean sub/tool.wasm?"),
        ("tool.wasm/x", "tool.wasm/x: there is no such file; check the path"),
        (
            "link.wasm",
            "link.wasm: it is a link to gone.wasm, which is not there;"
            " mend the link, or name the file itself",
        ),
        (
            "pyhton",
            "pyhton: there is no program and no file of that name; did you mean python?",
        ),
        ("python@2", "python@2: there is no such version; there is python@3.12.0"),
        (
            "toolwasm",
            "toolwasm: there is no program and no file of that name; did you mean tool.wasm?",
        ),
        (
            "xyzzy",
            "xyzzy: there is no program and no file of that name; wherever programs lists the"
            " names",
        ),
        ("x" * 5000 + ".wasm", "x" * 5000 + ".wasm: there is no such file; check the path"),
    ],
)
def test_what_is_not_there_is_offered_the_near_name(here, what, said):
    (here / "sub").mkdir()
    (here / "sub" / "tool.wasm").write_bytes(MODULE)
    (here / "tool.wasm").write_bytes(MODULE)
    (here / "link.wasm").symlink_to("gone.wasm")
    error = refusal(what)
    assert (str(error), type(error), error.exit_code) == (said, NotFound, 127)


def test_a_folder_that_is_no_package_is_told_so(here):
    (here / "pack").mkdir()
    said = "it is a folder, and no package"
    makes = "wherever new makes one, and wherever build builds source"
    assert str(refusal("./pack")) == f"./pack: {said}; {makes}"
    (here / "pack" / "main.wasm").touch()
    assert (
        str(refusal("./pack/")) == f"./pack/: {said}; name a file in it, such as ./pack/main.wasm"
    )
    (here / "pack" / "wherever.toml").write_text('[package]\nname = "my:pack"\n')
    assert str(refusal("./pack")) == "./pack: it was not built yet; wherever build ./pack"
    assert refusal("./pack").exit_code == 126


def test_a_file_that_cannot_be_read_is_said_to_be_there(here, monkeypatch):
    (here / "tool.wasm").write_bytes(MODULE)

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied", "tool.wasm")

    # The tests may run as root, whom no permission stops.
    monkeypatch.setattr("builtins.open", denied)
    error = refusal("tool.wasm")
    assert str(error) == "tool.wasm: it cannot be read: permission denied; chmod u+r tool.wasm"
    assert error.exit_code == 126


def test_a_loop_of_links_and_a_socket_are_named(here):
    (here / "a.wasm").symlink_to("a.wasm")
    assert str(refusal("a.wasm")) == (
        "a.wasm: it cannot be read: too many levels of symbolic links; check the path and the disk"
    )
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("talk.wasm")
        assert str(refusal("talk.wasm")) == (
            "talk.wasm: it is a device or a socket, not a file; name a .wasm file"
        )
    assert refusal("/dev/zero").exit_code == 126


@pytest.mark.parametrize("what", ["", "a\0b"])
def test_a_word_that_can_name_nothing(what):
    error = refusal(what)
    assert (type(error), error.what) == (InputError, f"{what!r} names no program")


# ----- names


def test_a_name_of_the_catalogue_wins_over_a_file_of_that_name(here, kept):
    (here / "python").write_bytes(b"#!/bin/sh\n")
    program = resolve("python")
    assert (program.name, program.args_before) == ("python", ["python"])
    assert refusal("./python").exit_code == 126
    assert kept == ["python"]


def test_a_version_is_no_ending_of_a_file(kept):
    assert resolve("python@3.12").args_before == ["python"]


def test_a_program_brings_its_recipes(kept):
    quickjs = resolve("quickjs")
    assert os.path.isfile(quickjs.starter) and quickjs.starter.endswith("/quickjs.wat")
    assert os.path.isfile(resolve("micropython").provide)


def test_a_file_of_a_package(kept):
    program = resolve("npm:tool@1.0/dist/tool.wasm")
    assert (program.name, program.args_before) == ("kept.wasm", ["kept.wasm"])
    assert kept == ["npm:tool@1.0/dist/tool.wasm"]


def test_a_file_of_a_package_that_is_no_program(kept, monkeypatch):
    monkeypatch.setattr(module, "sniff", lambda head: "text")
    assert str(refusal("pypi:tool/README.md")).startswith("pypi:tool/README.md: it is text")


def test_the_arguments_of_a_program_come_with_it(kept, monkeypatch):
    needy = Program(
        name="needy",
        version="1",
        ecosystem="npm",
        package="needy",
        package_version="1",
        path="needy.wasm",
        sha256="0" * 64,
        size=8,
        archive_sha256=(),
        download=0,
        licence="MIT",
        summary="",
        argv=("needy", "-x"),
        example=Example(()),
    )
    monkeypatch.setattr(catalogue, "find", lambda name: needy)
    program = resolve("needy")
    assert (program.args_before, program.mounts) == (["needy", "-x"], [])


# ----- scripts


@pytest.mark.parametrize(
    ("name", "text", "interpreter"),
    [
        ("hello.py", b"print(1)\n", "python"),
        ("hello.js", b"console.log(1)\n", "quickjs"),
        ("hello", b"#!/usr/bin/env python3\nprint(1)\n", "python"),
        ("hello.txt", b"#!/usr/bin/env -S micropython -X x\n", "micropython"),
        ("hello.py", b"#!/usr/bin/micropython\n", "micropython"),
        ("hello.py", b"", "python"),
        ("hello.py", b"print('\xe9')  # latin-1\n", "python"),
    ],
)
def test_a_script_runs_alone_in_its_interpreter(here, kept, name, text, interpreter):
    (here / "secret").write_text("not granted")
    (here / name).write_bytes(text)
    program = resolve(f"./{name}")
    assert kept == [interpreter]
    assert (program.is_script, program.name) == (True, name)
    assert program.args_before == [*catalogue.find(interpreter).argv, f"/script/{name}"]
    [(folder, guest, read_only)] = program.mounts
    assert (guest, read_only) == ("/script", True)
    assert os.listdir(folder) == [name]
    with open(os.path.join(folder, name), "rb") as file:
        assert file.read() == text


def test_a_script_is_found_again_by_its_content(here, kept):
    (here / "a.py").write_text("print(1)")
    first = resolve("a.py").mounts
    assert resolve("a.py").mounts == first
    (here / "a.py").write_text("print(2)")
    assert resolve("a.py").mounts != first


def test_a_script_that_is_too_large(here, kept, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_SCRIPT", 1 << 20)
    (here / "big.py").write_bytes(b"#" * ((1 << 20) + 1))
    assert str(refusal("big.py")) == "big.py: a script of more than 1 MiB"


# ----- stdin and pipes


@pytest.fixture
def stdin(monkeypatch):
    """Something else in the place of this process's stdin."""
    kept = os.dup(0)

    def give(data):
        reader, writer = os.pipe()
        os.write(writer, data)
        os.close(writer)
        os.dup2(reader, 0)
        os.close(reader)

    yield give
    os.dup2(kept, 0)
    os.close(kept)


def test_a_module_on_stdin(stdin):
    stdin(MODULE)
    program = resolve("-")
    assert (program.name, program.empties_stdin) == ("-", True)
    with open(program.wasm, "rb") as file:
        assert file.read() == MODULE


def test_what_is_no_module_on_stdin(stdin):
    stdin(b"print(1)")
    assert str(refusal("-")).startswith("-: it is text")


def test_too_much_on_stdin(stdin, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_PIPED", 4)
    stdin(MODULE)
    assert refusal("-").what == "-: it is larger than 0 MiB"


def test_a_terminal_is_no_module(monkeypatch):
    monkeypatch.setattr(module.os, "isatty", lambda handle: True)
    assert str(refusal("-")) == (
        "-: stdin is this terminal, not a module; give it one: wherever run - < tool.wasm"
    )


def test_a_pipe_that_a_shell_opened():
    reader, writer = os.pipe()
    os.write(writer, MODULE)
    os.close(writer)
    program = resolve(f"/dev/fd/{reader}")
    os.close(reader)
    with open(program.wasm, "rb") as file:
        assert file.read() == MODULE


def test_the_kinds_of_refusal_are_documented_codes():
    assert (NotFound("").exit_code, NotRunnable("").exit_code, InputError("").exit_code) == (
        127,
        126,
        125,
    )

"""The compiling process: what it is asked, what it answers, how it words the engine's errors."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from wherever.engine import compile_child
from wherever.engine.compile_child import answer, prepare, receive, send, short
from wherever.engine.digesting import sha256
from wherever.errors import InputError

SEVEN = b'(module (func (export "f") (result i32) i32.const 7))'
TAIL = b"(module (func $g (param i32) (result i32) (return_call $g (local.get 0))))"


@pytest.fixture
def request_for(tmp_path):
    def make(*texts, **more):
        return {
            "sources": [(-1, text, f"source {number}") for number, text in enumerate(texts)],
            "settings": "o",
            "tier": 0,
            "companions": False,
            "parent": 0,
            "temp": str(tmp_path / "tmp-1"),
            **more,
        }

    return make


def test_it_writes_native_code_and_says_what_it_is(request_for, tmp_path):
    kind, results = answer(request_for(SEVEN, b"(component)", settings="of"))
    assert kind == "done"
    for number, (path, digest, size, facts, key) in enumerate(results):
        assert path == str(tmp_path / f"tmp-1.{number}")
        with open(path, "rb") as file:
            data = file.read()
        assert data.startswith(b"\x7fELF")
        assert (sha256(data), len(data)) == (digest, size)
        assert facts["kind"] == ("module", "component")[number]
        assert key == "of"
        assert os.stat(path).st_mode & 0o777 == 0o600


def test_the_first_source_decides_for_the_fast_compiler(request_for, tmp_path):
    kind, results = answer(request_for(SEVEN, b"(module)", tier=1))
    assert (kind, [result[4] for result in results]) == ("done", ["b", "b"])
    for path in tmp_path.iterdir():
        path.unlink()
    kind, results = answer(request_for(TAIL, b"(module)", tier=1))
    assert (kind, [result[4] for result in results]) == ("done", ["o", "o"])


def test_if_the_fast_compiler_refuses_a_later_one_the_other_makes_all(request_for, tmp_path):
    kind, results = answer(request_for(b"(module)", b"(module (memory 1))", TAIL, tier=1))
    assert (kind, [result[4] for result in results]) == ("done", ["o", "o", "o"])


def test_what_it_cannot_do_it_says(request_for, tmp_path):
    assert answer(request_for(b"hello"))[:2] == ("refused", "NotRunnable")
    assert answer(request_for(b"(module", settings="o"))[2].startswith("source 0: line 1, column 8")
    (tmp_path / "tmp-1.0").touch()
    assert answer(request_for(SEVEN))[::2] == ("os", "File exists")
    words = answer(request_for(TAIL, settings="b"))
    assert words[0] == "refused"
    assert words[3] == "compile it with the optimising compiler"


def test_it_compiles_the_bytes_that_were_hashed(tmp_path):
    path = tmp_path / "guest.wat"
    path.write_bytes(SEVEN)
    with open(path, "rb") as file:
        name, wasm, facts = prepare(file.fileno(), sha256(SEVEN), "guest")
        assert (name, wasm[:4], facts["kind"]) == ("guest", b"\0asm", "module")
        path.write_bytes(b"(module)")
        with pytest.raises(InputError, match="guest changed while it was read; run it again"):
            prepare(file.fileno(), sha256(SEVEN), "guest")


FILLS = b"""(module (memory 1) %b(func (param i32)
  (memory.fill (i32.const 0) (i32.const 0) (local.get 0))))"""


def test_long_instructions_are_done_in_pieces_where_that_is_asked_for(request_for, tmp_path):
    found = []
    for key in ("o", "op"):
        kind, results = answer(request_for(FILLS % b"", settings=key, temp=f"{tmp_path}/{key}"))
        assert (kind, [result[4] for result in results]) == ("done", [key])
        found.append(b"wherever:memory.fill" in (tmp_path / f"{key}.0").read_bytes())
    assert found == [False, True]


def test_a_module_is_judged_as_it_came(request_for):
    """Its own numbers mean none of the functions that are added to it."""
    wrong = FILLS % b'(export "ours" (func 1)) '
    plain = answer(request_for(wrong, settings="o"))
    assert plain[:2] == ("refused", "NotRunnable")
    assert answer(request_for(wrong, settings="op")) == plain


def test_frames_cross_a_pipe_whole():
    reader, writer = os.pipe()
    send(writer, ("facts", {"names": ["a"] * 100}))
    assert receive(reader) == ("facts", {"names": ["a"] * 100})
    os.write(writer, b"\x10\0\0\0half")
    os.close(writer)
    assert receive(reader) is None
    assert receive(reader) is None
    os.close(reader)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the engine refuses it without a word"),
        ("one line", "one line"),
        ("head\n\nCaused by:\n    0: first\n    1: the cause", "the cause"),
        ("head\n\nCaused by:", "head"),
        (
            "expected `)`\n     --> <anon>:3:14\n      |\n    3 | (",
            "line 3, column 14: expected `)`",
        ),
        ("escape \x1b[31m", "escape \\x1b[31m"),
        ("long " * 1000, ("long " * 60)),
    ],
)
def test_the_line_that_says_most(text, words):
    assert short(text) == words


def test_without_a_request_it_just_ends():
    done = subprocess.run(
        [sys.executable, "-I", "-S", compile_child.__file__], stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0


def test_it_does_not_outlive_a_parent_that_is_not_there():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from wherever.engine.compile_child import die_with; die_with(1)\n"
    )
    source = os.path.dirname(os.path.dirname(os.path.dirname(compile_child.__file__)))
    done = subprocess.run([sys.executable, "-c", code, source], stdin=subprocess.PIPE)
    assert done.returncode == (1 if sys.platform == "linux" else 0)


def test_its_limits_hold_and_never_rise():
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[1])\n"
        "from wherever.engine.compile_child import obey_limits\n"
        "obey_limits(1 << 30, 60); obey_limits(1 << 40, 600)\n"
        "print(*map(resource.getrlimit, (resource.RLIMIT_AS, resource.RLIMIT_CPU,"
        " resource.RLIMIT_CORE)))"
    )
    source = os.path.dirname(os.path.dirname(os.path.dirname(compile_child.__file__)))
    done = subprocess.run([sys.executable, "-c", code, source], capture_output=True, text=True)
    assert done.stdout == "(1073741824, 1073741824) (60, 62) (0, 0)\n"
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 1 << 30

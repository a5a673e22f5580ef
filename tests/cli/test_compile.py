"""`wherever compile` makes native code ahead of the first run, and says where it is."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from wherever import load

HELLO = '(module (func (export "_start")))'


@pytest.fixture
def folder(fresh_home):
    return fresh_home / "cache"


def test_once_and_again(wherever, wat, folder):
    path = wat(HELLO, "hello")
    ran = wherever("compile", path)
    assert (ran.exit_code, ran.stderr) == (0, "")
    pattern = rf"hello.wasm compiled in \d+\.\d s: [\d.]+ KiB in ({re.escape(str(folder))}/\S+)\n"
    found = re.fullmatch(pattern, ran.stdout)
    assert found and os.path.exists(found[1])
    again = wherever("compile", path).stdout
    assert again == re.sub(r"compiled in \S+ s", "is compiled already", ran.stdout)


def test_as_json_for_each_kind_of_run(wherever, wat, folder):
    path = wat(HELLO, "hello")
    for options, key in (([], "o"), (["--fuel"], "of"), (["--deterministic"], "d")):
        made = json.loads(wherever("compile", path, "--json", *options).stdout)
        assert made["settings"] == key
        assert (made["source"], made["was_cached"]) == ("hello.wasm", False)
        assert made["size"] == os.path.getsize(made["path"])
        assert Path(made["path"]).parent == folder
        assert re.fullmatch("sha256:[0-9a-f]{64}", made["digest"])


LIBRARY = """(component
  (core module $m (func (export "seven") (result i32) i32.const 7))
  (core module $n (func (export "six") (result i32) i32.const 6))
  (core instance $one (instantiate $m)) (core instance $two (instantiate $n))
  (func (export "seven") (result u32) (canon lift (core func $one "seven")))
  (func (export "six") (result u32) (canon lift (core func $two "six"))))"""


def test_a_library_is_compiled_as_it_is_loaded(wherever, wat, folder):
    path = wat(LIBRARY, "numbers")
    ran = wherever("compile", path)
    found = re.fullmatch(r"numbers.wasm compiled in \S+ s: [\d.]+ KiB in (\S+)\n", ran.stdout)
    assert found and found[1] == str(folder), ran
    made = sorted(folder.glob("*.cwasm"))
    assert len(made) == 2
    with load(path) as numbers:
        assert (numbers.seven(), numbers.six()) == (7, 6)
    assert sorted(folder.glob("*.cwasm")) == made
    told = json.loads(wherever("compile", path, "--json").stdout)
    assert told["digest"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert told["size"] == sum(each.stat().st_size for each in made)
    assert told["was_cached"] is True


@pytest.mark.parametrize(
    ("text", "exit_code", "said"),
    [
        (None, 127, "there is no such file"),
        ("(module (func (result i32)))", 126, "type mismatch: expected i32 but nothing on stack"),
    ],
)
def test_what_cannot_be_compiled(wherever, tmp_path, fresh_home, text, exit_code, said):
    path = tmp_path / "guest.wat"
    if text is not None:
        path.write_text(text)
    ran = wherever("compile", path)
    assert (ran.exit_code, ran.stdout) == (exit_code, "")
    assert ran.stderr.startswith("wherever: ")
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1

"""What a Python caller's values become, and which are refused, in Python's own words."""

from __future__ import annotations

import asyncio
import doctest
from pathlib import Path
from typing import Any

import pytest

import wherever
from tests.run.guests import CAT
from tests.wasi.guests import guest, say
from wherever.errors import InputError
from wherever.run import keywords
from wherever.run.program import Program
from wherever.run.request import job_for

HELLO = guest(say(1, 6), data="hello\\n")
ADDS = b"""(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "subtract") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1))))"""


def refused(**how: Any) -> str:
    with pytest.raises(InputError) as caught:
        wherever.run(HELLO, **how)
    return str(caught.value)


def test_folders_as_a_mapping_would_lose_their_modes(tmp_path: Path) -> None:
    assert refused(dirs={str(tmp_path): "/in:ro"}) == (
        "dirs is a dict, whose values would be lost; pass a list, such as ['photos:/in:ro']"
    )


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            {"cwd": "/in"},
            "run takes no 'cwd'; grant a folder with dirs, and start in it with workdir",
        ),
        (
            {"capture_output": True},
            "run takes no 'capture_output'; leave it out: what it writes is captured already",
        ),
        (
            {"text": True},
            "run takes no 'text'; "
            "leave it out: what it writes is bytes, and out.stdout.decode() is its text",
        ),
        ({"dir": "."}, "run takes no 'dir'; did you mean dirs?"),
        ({"memroy": "1m"}, "run takes no 'memroy'; did you mean memory?"),
        ({"entry_point": "f"}, "run takes no 'entry_point'; did you mean entrypoint?"),
        ({"speed": 3}, "run takes no 'speed'; see: help(wherever.run)"),
    ],
)
def test_a_keyword_that_is_not_there(how: dict[str, Any], said: str) -> None:
    assert refused(**how) == said


def test_a_keyword_is_told_before_the_program_is_looked_for() -> None:
    for call in (wherever.run, wherever.spawn, wherever.load):
        with pytest.raises(InputError, match="takes no 'speed'"):
            call("no-such-program", speed=3)


def test_each_function_speaks_of_its_own_keywords() -> None:
    said = []
    for call in (
        lambda: wherever.spawn(HELLO, trace=print),
        lambda: wherever.load(HELLO, dirs=[]),
        lambda: wherever.Pool(HELLO, sise=2),
        lambda: asyncio.run(wherever.arun(HELLO, stdot="null")),
    ):
        with pytest.raises(InputError) as caught:
            call()
        said.append(str(caught.value))
    assert said == [
        "spawn takes no 'trace'; wherever.run takes it; see: help(wherever.spawn)",
        "load takes no 'dirs'; wherever.run takes it; see: help(wherever.load)",
        "Pool takes no 'sise'; did you mean size?",
        "arun takes no 'stdot'; did you mean stdout?",
    ]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"args": None}, "args is None; pass a list of arguments"),
        ({"args": "a b"}, "args is 'a b', one text; pass a list of arguments"),
        ({"args": ["a", 5]}, "args has 5 in it; pass text: '5'"),
        ({"env": ["A=1"]}, "env is a list; pass a dict, such as {'NAME': 'value'}"),
        ({"env": {"A=B": "1"}}, "env: 'A=B' is not the name of a variable"),
        ({"env": {"": "1"}}, "env: '' is not the name of a variable"),
        ({"env": {"A\0": "1"}}, "env: 'A\\x00' is not the name of a variable"),
        ({"env": {"A": 5}}, "env: A is a int; pass text"),
        ({"env": {"A": "1\0"}}, "env: A has a zero byte in it"),
        ({"dirs": None}, "dirs is None; pass a list of folders"),
        ({"dirs": ["none"]}, "there is no folder none to grant; make it: mkdir none"),
        (
            {"dirs": ["src:/a", "tests:/a"]},
            "the guest cannot see both src and tests at /a;"
            " give one another path, with dirs=['tests:/other']",
        ),
        (
            {"dirs": ["Makefile"]},
            "Makefile is not a folder, and only folders can be granted;"
            " grant the one it is in, with dirs=['.']",
        ),
        ({"workdir": 5}, "workdir is a int; pass text"),
        ({"entrypoint": None}, "entrypoint is a NoneType; pass text"),
        *(
            (
                {"deterministic": value},
                f"deterministic: {value!r} is not a seed;"
                " write a whole number below 2 to the power of 64",
            )
            for value in (1 << 65, -1, "x")
        ),
    ],
)
def test_a_value_that_cannot_be_used(
    how: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    assert refused(**how) == said


def test_the_callers_variables_come_before_the_programs() -> None:
    program = Program("tool.wasm", "tool")
    program.env = {"MODE": "slow", "LIB": "/lib"}
    job = job_for("tool.wasm", program, env={"MODE": "fast"})
    assert sorted(job.env) == [(b"LIB", b"/lib"), (b"MODE", b"fast")]


def test_a_module_in_any_kind_of_bytes() -> None:
    for kind in (bytes, bytearray, memoryview):
        assert wherever.run(kind(HELLO)).stdout == b"hello\n"
    with wherever.load(bytearray(ADDS)) as library:
        assert library.add(40, 2) == 42
    with pytest.raises(InputError, match="5 names no program; pass a path, a name, or a"):
        wherever.run(5)


def test_a_library_is_given_text_and_functions_by_module() -> None:
    with pytest.raises(InputError) as caught:
        wherever.load(ADDS, imports=[print])
    assert str(caught.value) == "imports is a list; write imports={'env': {'name': function}}"
    with pytest.raises(InputError) as caught:
        wherever.load(ADDS, env=["A=1"])
    assert str(caught.value) == "env is a list; pass a dict, such as {'NAME': 'value'}"
    with pytest.raises(InputError) as caught:
        wherever.Pool(ADDS, size="x")
    assert str(caught.value) == "a pool cannot have the size 'x'; pass a whole number"


def test_a_pool_names_what_can_be_called() -> None:
    with wherever.Pool(ADDS, size=1) as pool:
        with pytest.raises(InputError) as caught:
            pool.call("nope")
        assert str(caught.value) == (
            "program.wasm exports no function nope; it exports: add, subtract"
        )
        with pytest.raises(InputError, match="did you mean subtract"):
            pool.call("substract")


def test_text_is_as_good_as_bytes_for_a_session() -> None:
    cat = CAT.encode()

    async def beside() -> bytes:
        async with await wherever.aspawn(cat) as session:
            return (await session.communicate("naïve"))[0]

    with wherever.spawn(cat) as session:
        assert session.communicate("naïve") == ("naïve".encode(), b"")
    assert asyncio.run(beside()) == "naïve".encode()
    with wherever.spawn(cat) as session, pytest.raises(InputError) as caught:
        session.communicate(5)
    assert str(caught.value) == "input is a int; pass bytes, or text"


def test_the_examples_run() -> None:
    assert doctest.testmod(keywords).failed == 0

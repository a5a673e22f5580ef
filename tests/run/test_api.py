"""`wherever.run` and `wherever.arun`, as a caller meets them."""

import asyncio
import inspect
import time
from pathlib import Path

import pytest

import wherever
from tests.wasi.guests import guest, say
from wherever.errors import InputError, LimitReached, NotFound, Trapped, WhereverError

HELLO = guest(say(1, 6), data="hello\\n")
LOOP = guest("(loop $l (br $l))")


def test_a_file_and_its_bytes_run_alike(tmp_path: Path) -> None:
    path = tmp_path / "hello.wat"
    path.write_bytes(HELLO)
    assert wherever.run(path).stdout == wherever.run(str(path)).stdout == b"hello\n"
    assert wherever.run(HELLO).stdout == b"hello\n"


def test_a_missing_file() -> None:
    with pytest.raises(NotFound):
        wherever.run("./no-such-thing.wasm")


def test_check_raises_for_what_was_not_well() -> None:
    assert wherever.run(HELLO, check=True).ok
    with pytest.raises(WhereverError, match="the program exited with code 3"):
        wherever.run(guest("(call $proc_exit (i32.const 3))"), check=True)
    with pytest.raises(Trapped, match="unreachable") as trapped:
        wherever.run(guest("unreachable"), check=True)
    assert trapped.value.backtrace
    with pytest.raises(LimitReached) as limited:
        wherever.run(LOOP, timeout=0.05, check=True)
    assert limited.value.limit == "timeout"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (
            {"timeout": "soon"},
            "timeout: 'soon' is not a time; write it like 5, 500ms or 2m",
        ),
        ({"timeout": 0}, "timeout must be more than 0, and 0 is not; write it like 5, 500ms or 2m"),
        ({"limits": {"memory": 1}}, "limits is a dict; pass a wherever.Limits"),
        ({"dirs": "photos"}, "dirs is 'photos', one folder; pass a list of folders"),
        ({"dirs": [5]}, "5 is not a folder to grant; write HOST:GUEST or HOST:GUEST:ro"),
        ({"input": 5}, "input is a int; pass bytes, or text"),
        ({"memory": None}, "memory always has a limit; give memory a value"),
        (
            {"memory": object},
            "memory: <class 'object'> is not a limit; write a number, or text like 64m or 5s",
        ),
        ({"stdout": "paper"}, "stdout cannot be 'paper'; use one of: capture, inherit, null"),
        (
            {"input": b"x", "stdin": "inherit"},
            "input and stdin='inherit' both say what it reads; use one of them",
        ),
        (
            {"dirs": ["/tmp:/a:rx"]},
            "'/tmp:/a:rx' is not a folder to grant; write HOST:GUEST or HOST:GUEST:ro",
        ),
        (
            {"workdir": "/a"},
            "no granted folder holds the guest's /a; grant one there, with dirs=['HOST:/a']",
        ),
    ],
)
def test_values_that_cannot_be_used(how: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        wherever.run(HELLO, **how)
    assert str(caught.value) == words


def test_a_folder_as_a_path_is_seen_under_that_path(tmp_path: Path) -> None:
    folder = tmp_path / "a:b"
    folder.mkdir()
    (folder / "note").write_text("here")
    with pytest.raises(InputError, match="there is no folder"):
        wherever.run(HELLO, dirs=[str(folder)])
    assert wherever.run(HELLO, dirs=[folder]).ok


def test_limits_and_grants_as_values(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    limits = wherever.Limits.of(timeout="50ms")
    assert wherever.run(LOOP, limits=limits).limit == "timeout"
    assert wherever.run(LOOP, limits=wherever.Limits(), timeout=0.05).limit == "timeout"
    grants = wherever.Grants().with_files(wherever.Mount(str(tmp_path), "/in", read_only=True))
    assert wherever.run(HELLO, grants=grants.with_env(A="1")).ok


def test_it_goes_on_beside_the_loop_and_ends_when_cancelled() -> None:
    async def story() -> list[str]:
        hello, other = await asyncio.gather(wherever.arun(HELLO), wherever.arun(HELLO))
        heard = [hello.stdout.decode(), other.stdout.decode()]
        runaway = asyncio.create_task(wherever.arun(LOOP))
        await asyncio.sleep(0.1)
        runaway.cancel()
        begin = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await runaway
        assert time.monotonic() - begin < 5
        return heard

    assert asyncio.run(story()) == ["hello\n", "hello\n"]


def test_a_cancelled_run_in_a_process_of_its_own_ends_too(tmp_path: Path) -> None:
    async def story() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wherever.arun(LOOP, dirs=[f"{tmp_path}:/in"]), 1)

    asyncio.run(story())


def test_both_take_the_same_arguments() -> None:
    plain = inspect.signature(wherever.run).parameters
    twin = inspect.signature(wherever.arun).parameters
    assert list(plain) == list(twin)


def test_its_twin_takes_streams_and_a_trace_too() -> None:
    lines: list[str] = []
    outcome = asyncio.run(wherever.arun(HELLO, stdout="null", trace=lines.append))
    assert (outcome.stdout, outcome.exit_code) == (b"", 0)
    assert [line.partition("(")[0] for line in lines] == ["fd_write"]

"""Guests that run beside their caller: streams to and from them, waiting, ending them."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.run.guests import CAT, ENDS, KINDS, MIB, exits, hostile, says, text_of
from wherever.errors import InputError, InternalError, NotRunnable
from wherever.policy.limits import Limits
from wherever.run import session as session_module
from wherever.run import workers
from wherever.run.asession import aspawn
from wherever.run.session import MOST_COLLECTED, Session, spawn

SLEEPS = text_of("sleeps", "component").encode()


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    """Each test begins and ends without workers."""
    workers.close()
    yield
    workers.close()
    assert not workers._all


# ----- streams


def test_a_conversation() -> None:
    with spawn(CAT.encode()) as session:
        assert repr(session) == f"<session of {session.name}: running>"
        assert session.stdin and session.stdout
        for line in (b"one\n", b"two\n"):
            session.stdin.write(line)
            session.stdin.flush()
            assert session.stdout.readline() == line
        session.stdin.close()
        assert session.stdout.read() == b""
        assert session.wait().ok


def test_its_lines_come_as_they_are_written() -> None:
    with spawn(says("line\\n", times=3).encode()) as session:
        assert list(session) == [b"line\n"] * 3


@pytest.mark.parametrize("size", [0, 1000, 3 * MIB])
def test_communicate_writes_and_reads_without_a_deadlock(size: int) -> None:
    given = b"x" * size
    with spawn(CAT.encode()) as session:
        assert session.communicate(given, timeout=15) == (given, b"")
        assert session.exit_code == 0


def test_communicate_goes_on_where_reading_began() -> None:
    with spawn(CAT.encode()) as session:
        assert session.stdin and session.stdout
        session.stdin.write(b"first\nsecond\n")
        session.stdin.flush()
        assert session.stdout.readline() == b"first\n"
        assert session.communicate(b"third\n") == (b"second\nthird\n", b"")


def test_a_guest_that_does_not_read_is_no_trouble() -> None:
    with spawn(exits(3).encode()) as session:
        assert session.communicate(b"x" * MIB) == (b"", b"")
        assert session.exit_code == 3
        assert repr(session) == f"<session of {session.name}: ended with 3>"


def test_stderr_is_apart_or_with_stdout() -> None:
    module = says("err", stream=2).encode()
    with spawn(module) as session:
        assert session.communicate() == (b"", b"err")
    for together in ("stdout", subprocess.STDOUT):
        with spawn(module, stderr=together) as session:
            assert session.stderr is None
            assert session.communicate() == (b"err", b"")


def test_streams_lead_to_files_and_descriptors(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"from a file")
    with open(tmp_path / "in", "rb") as given, open(tmp_path / "out", "ab") as taken:
        taken.write(b"before, ")
        taken.flush()
        with spawn(CAT.encode(), stdin=given, stdout=taken.fileno(), stderr="null") as session:
            assert (session.stdin, session.stdout, session.stderr) == (None, None, None)
            assert session.wait().ok
    assert (tmp_path / "out").read_bytes() == b"before, from a file"


def test_streams_lead_nowhere() -> None:
    with spawn(CAT.encode(), stdin="null", stdout=subprocess.DEVNULL, stderr="null") as session:
        assert session.wait().ok
        with pytest.raises(InputError, match="is not a pipe"):
            iter(session)


def test_one_guest_feeds_another() -> None:
    with spawn(says("x", times=100).encode(), stderr="null") as first:
        with spawn(CAT.encode(), stdin=first.stdout or 0, stderr="null") as second:
            assert second.communicate()[0] == b"x" * 100


def test_a_stream_that_is_none_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        spawn(CAT.encode(), stdout="file")
    assert str(caught.value) == ("stdout cannot be 'file'; use pipe, inherit, null or a file")


# ----- the end


def test_waiting_gives_up_and_the_guest_goes_on() -> None:
    with spawn(SLEEPS) as session:
        assert session.poll() is None
        with pytest.raises(TimeoutError, match="still runs"):
            session.wait(0.1)
        with pytest.raises(TimeoutError):
            session.communicate(timeout=0.1)
        assert session.exit_code is None


@pytest.mark.parametrize("end", [Session.kill, Session.terminate])
@pytest.mark.parametrize("name", ["loops", "sleeps", "waits", "reads"])
def test_ending_it_works_wherever_it_is_blocked(name: str, end: Callable[[Session], None]) -> None:
    with spawn(text_of(name, "component").encode()) as session:
        end(session)
        outcome = session.wait(5)
        assert (outcome.ended, outcome.exit_code, outcome.message) == ("killed", 143, "killed")
        end(session)
        assert session.poll() is outcome


def test_leaving_the_block_ends_it() -> None:
    with spawn(SLEEPS) as session:
        began = time.monotonic()
    assert time.monotonic() - began < 1
    assert session.exit_code == 143


def test_a_session_that_is_forgotten_ends_too() -> None:
    session: Session | None = spawn(SLEEPS, stdin="null", stdout="null", stderr="null")
    assert workers._all
    session = None
    assert session is None and not workers._all


def test_two_threads_wait_for_one_guest() -> None:
    with spawn(SLEEPS) as session:
        ends: list[str] = []
        threads = [
            threading.Thread(target=lambda: ends.append(session.wait().ended)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        assert session.poll() is None
        session.kill()
        for thread in threads:
            thread.join(5)
        assert ends == ["killed", "killed"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", sorted({"sleeps", "fifo", "memories", "opens", "fills", "floods"}))
def test_a_limit_ends_it(name: str, kind: str, tmp_path: Path) -> None:
    with Session(hostile(name, kind, tmp_path)) as session:
        session.communicate()
        outcome = session.wait()
    assert (outcome.ended, outcome.limit) == ("limit", ENDS[name])


def test_output_has_a_limit_only_where_it_was_given() -> None:
    assert MOST_COLLECTED == 64 * MIB
    floods = text_of("floods", "preview1").encode()
    with spawn(floods, output="1m") as session:
        out, _ = session.communicate()
        assert (session.wait().limit, len(out)) == ("output", MIB)
    with spawn(floods, limits=Limits(output=5000)) as session:
        assert len(session.communicate()[0]) == 4096
    with spawn(floods) as session:
        assert session.stdout
        assert len(session.stdout.read(2 * MIB)) == 2 * MIB


def test_communicate_ends_a_guest_that_writes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MOST_COLLECTED", 100_000)
    with spawn(text_of("floods", "component").encode()) as session:
        out, err = session.communicate()
        outcome = session.wait()
    assert (len(out), err) == (100_000, b"")
    assert (outcome.ended, outcome.limit, outcome.truncated) == ("limit", "output", True)


def test_what_cannot_run_is_said_at_once() -> None:
    with pytest.raises(NotRunnable, match="is a library: it has no _start"):
        with spawn(b'(module (memory (export "memory") 1) (func (export "f")))') as session:
            session.wait()
    with pytest.raises(NotRunnable):
        spawn(b"\0asm, or so it says")


def test_a_worker_that_dies_is_told() -> None:
    with spawn(SLEEPS) as session:
        os.kill(session.pid, signal.SIGKILL)
        outcome = session.wait(5)
    assert outcome.message == "killed: its process was ended from outside (SIGKILL)"


def test_a_worker_that_talks_nonsense_is_an_error_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = (
        "import socket, time; s = socket.socket(fileno=0); s.recv(9);"
        r" s.send(b'B\0\0\0\0S\0\0\0\0'); time.sleep(0.2); s.send(b'nonsense'); time.sleep(9)"
    )
    monkeypatch.setattr(workers, "command", lambda: [sys.executable, "-c", script])
    session = spawn(CAT.encode(), stdin="null", stdout="null", stderr="null")
    for _ in range(2):
        with pytest.raises(InternalError, match="sent a frame b'n'"):
            session.wait()


def test_descriptors_return(descriptors: Callable[[], int], tmp_path: Path) -> None:
    def go() -> None:
        for _ in range(3):
            with spawn(SLEEPS):
                pass
            with spawn(CAT.encode()) as session:
                session.communicate(b"x")
            with pytest.raises(NotRunnable):
                spawn(b"nothing")
            with pytest.raises(InputError):
                spawn(CAT.encode(), stderr="file")
        workers.close()

    go()
    before = descriptors()
    go()
    assert descriptors() == before


# ----- asyncio


def run(main: Any) -> Any:
    return asyncio.run(asyncio.wait_for(main(), 15))


def test_a_conversation_in_asyncio() -> None:
    async def main() -> None:
        async with await aspawn(CAT.encode()) as session:
            assert session.stdin and session.stdout
            session.stdin.write(b"one\n")
            assert await session.stdout.readline() == b"one\n"
            assert await session.communicate(b"two\n") == (b"two\n", b"")
            assert (await session.wait()).ok and session.exit_code == 0

    run(main)


def test_lines_in_asyncio() -> None:
    async def main() -> list[bytes]:
        async with await aspawn(says("line\\n", times=3).encode(), stderr="null") as session:
            return [line async for line in session]

    assert run(main) == [b"line\n"] * 3


def test_the_loop_goes_on_while_a_guest_runs() -> None:
    async def main() -> None:
        async with await aspawn(SLEEPS, stdout="null") as session:
            assert session.poll() is None and session.pid
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await session.wait()
            with pytest.raises(InputError, match="is not a pipe"):
                await anext(aiter(session))
            session.kill()
            assert (await session.wait()).exit_code == 143

    run(main)


def test_a_limit_in_asyncio() -> None:
    async def main() -> None:
        async with await aspawn(SLEEPS, timeout=0.2) as session:
            assert (await session.wait()).limit == "timeout"
        floods = text_of("floods", "component").encode()
        async with await aspawn(floods, output=100_000) as session:
            waiting = asyncio.ensure_future(session.wait())
            out, _ = await session.communicate(b"ignored")
            assert (len(out), (await waiting).limit) == (100_000, "output")

    run(main)


def test_a_cancelled_start_leaves_nothing() -> None:
    async def main() -> None:
        starting = asyncio.ensure_future(aspawn(SLEEPS))
        await asyncio.sleep(0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        assert not workers._all

    run(main)


def test_a_limit_of_a_month_is_waited_for() -> None:
    with spawn(says("x").encode(), timeout="60d") as session:
        assert session.communicate() == (b"x", b"")


def test_stderr_goes_where_an_inherited_stdout_goes() -> None:
    code = """
import sys, wherever
from tests.wasi.guests import guest, say
session = wherever.spawn(guest(say(2, 5), data="hello"), stdout="inherit", stderr="stdout")
session.wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert (done.stdout, done.stderr) == ("hello", "")

"""The same requests for guests in threads: one loop for all, and nothing that blocks for ever."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import h11
import pytest

from tests.net.conftest import Reply, Seen, Site, get, quick
from wherever.net.blocking import Handle, Outside
from wherever.net.budget import Allowance
from wherever.net.call import BODY, END, HEAD, ROOM
from wherever.net.error import NetError
from wherever.net.rules import Rules


async def slow(seen: Seen) -> Reply:
    """Says what it was told, after as many hundredths of a second as its path says."""
    await asyncio.sleep(int(seen.target.strip("/") or 0) / 100)
    return Reply(body=[seen.body or seen.target.encode()], trailers=[(b"x-sum", b"1")])


@pytest.fixture
def port() -> Iterator[int]:
    """A site in a thread of its own."""
    loop = asyncio.new_event_loop()
    site = Site(slow)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await site.talk(reader, writer)
        except (ConnectionError, h11.RemoteProtocolError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = loop.run_until_complete(asyncio.start_server(talk, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield server.sockets[0].getsockname()[1]

    async def end() -> None:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)

    asyncio.run_coroutine_threadsafe(end(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.fixture
def outside(port: int) -> Iterator[Outside]:
    with Outside(Rules.of([f"127.0.0.1:{port}"]), Allowance(calls=20)) as made:
        yield made


def whole(outside: Outside, call: Handle) -> bytes:
    body = b""
    while True:
        outside.wait([(call, BODY)], 10)
        piece = call.read(3)
        assert piece is not None
        if not piece:
            return body
        body += piece


def test_a_request_and_its_answer(outside: Outside, port: int) -> None:
    call = outside.start(get(port, "/0"))
    assert outside.wait([(call, HEAD)], 10) == [True]
    assert (call.status, whole(outside, call)) == (200, b"/0")
    assert (b"transfer-encoding", b"chunked") not in call.headers
    assert (call.trailers, call.error) == (((b"x-sum", b"1"),), None)


def test_a_body_is_read_by_the_byte(outside: Outside, port: int) -> None:
    call = outside.start(get(port, "/0", method="PUT"), bytes(range(256)) * 100)
    body = bytearray()
    while outside.wait([(call, BODY)], 10) and (piece := call.read(1)):
        assert len(piece) == 1
        body += piece
    assert (bytes(body), call.read(1)) == (bytes(range(256)) * 100, b"")
    left = outside.start(get(port, "/0", method="PUT"), b"hello")
    assert outside.wait([(left, BODY)], 10) == [True] and left.read(1) == b"h"
    outside.wait([(left, END)], 10)
    left.close()
    assert left.read(1) == b""


def test_a_body_that_is_written(outside: Outside, port: int) -> None:
    call = outside.start(get(port, "/0", method="PUT"), None)
    left = b"hello " * 100_000
    while left:
        assert outside.wait([(call, ROOM), (call, END)], 10)[0]
        left = left[call.write(left) :]
    call.finish([(b"x-sum", b"1")])
    assert outside.wait([(call, HEAD)], 10) == [True]
    size = 0
    while not (outside.wait([(call, BODY)], 10) and (piece := call.read(1 << 20)) == b""):
        size += len(piece or b"")
    assert size == 600_000


def test_what_is_ready_first_is_told_first(outside: Outside, port: int) -> None:
    """A guest that polls two requests and a timer."""
    never, soon = outside.start(get(port, "/6000")), outside.start(get(port, "/1"))
    assert outside.wait([(never, HEAD), (soon, HEAD)], 10) == [False, True]
    assert outside.wait([(never, HEAD)], 0.01) == [False]
    assert outside.wait([(never, HEAD), (soon, END)], 0) == [False, soon.is_ready(END)]
    never.close()
    assert outside.wait([(never, HEAD)]) == [True]
    with pytest.raises(NetError, match="the guest left"):
        never.read(1)


def test_a_hundred_at_once_from_ten_threads(outside: Outside, port: int) -> None:
    bodies: list[bytes] = []

    def ask() -> None:
        bodies.extend(whole(outside, outside.start(get(port, "/0"))) for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert bodies == [b"/0"] * 100
    assert outside.budget is not None and outside.budget.requests == 100


def test_a_time_that_is_over(outside: Outside, port: int) -> None:
    call = outside.start(get(port, "/6000"), timeouts=quick("first_byte"))
    assert outside.wait([(call, HEAD)], 10) == [True]
    with pytest.raises(NetError, match="connection-read-timeout"):
        call.read(1)


def test_what_is_not_granted_starts_no_thread() -> None:
    code = """
import threading
from wherever.net.blocking import Outside
from wherever.net.error import NetError
from wherever.net.request import Request
from wherever.net.rules import Rules
with Outside(Rules.of(["a.test"])) as outside:
    try:
        outside.start(Request.of("GET", "http", "127.0.0.1"))
    except NetError as error:
        print(error, threading.active_count(), outside.budget)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (
        "HTTP-request-denied: network access to 127.0.0.1:80 is not granted;"
        " pass --net 127.0.0.1:80 1 None\n",
        "",
    )


def settle(holds: Callable[[], bool]) -> None:
    """Waits for what another thread does sooner or later."""
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come")


def test_the_end_of_the_run_ends_what_is_under_way(descriptors: Callable[[], int]) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=20) as listener:
        port = listener.getsockname()[1]
        outside = Outside(Rules.of(["127.0.0.1:*"]))
        refused = outside.start(get(1))
        assert outside.wait([(refused, HEAD)], 10) == [True]  # the thread and its loop are there
        before = descriptors()
        calls = [outside.start(get(port)) for _ in range(10)]
        assert outside.wait([(call, HEAD) for call in calls], 0.05) == [False] * 10
        settle(lambda: descriptors() >= before + 10)
        outside.close()
        outside.close()
        settle(lambda: descriptors() <= before)
    assert [call.error and call.error.code for call in calls] == ["connection-terminated"] * 10
    with pytest.raises(NetError, match="the run has ended"):
        calls[0].write(b"x")


def test_a_process_ends_though_requests_are_under_way(port: int) -> None:
    """Quietly: nothing of the loop is left to complain at exit."""
    code = f"""
from wherever.net.blocking import Outside
from wherever.net.call import HEAD
from wherever.net.request import Request
from wherever.net.rules import Rules
outside = Outside(Rules.of(["127.0.0.1:{port}"]))
calls = [outside.start(Request.of("GET", "http", "127.0.0.1:{port}", "/6000")) for _ in range(3)]
print(outside.wait([(calls[0], HEAD)], 0.1))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code],
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("[False]\n", "", 0)


def test_a_child_of_a_fork_has_a_thread_of_its_own(port: int) -> None:
    code = f"""
import os
from wherever.net.blocking import Outside
from wherever.net.call import HEAD
from wherever.net.request import Request
from wherever.net.rules import Rules
def ask():
    with Outside(Rules.of(["127.0.0.1:{port}"])) as outside:
        call = outside.start(Request.of("GET", "http", "127.0.0.1:{port}", "/0"))
        outside.wait([(call, HEAD)])
        print(call.status, flush=True)
ask()
child = os.fork()
ask()
if child:
    os.waitpid(child, 0)
else:
    os._exit(0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=10)
    assert (done.stdout, done.returncode) == ("200\n" * 3, 0)


def test_nobody_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with Outside(Rules.of([f"127.0.0.1:{port}"])) as outside:
            call = outside.start(get(port))
            assert outside.wait([(call, HEAD)], 10) == [True]
            assert call.error is not None and call.error.code == "connection-refused"

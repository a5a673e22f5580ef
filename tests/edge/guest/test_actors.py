"""Actors: each key has an instance of its own, which answers one request after the other."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from tests.edge.guest.answering import Site, request, settings, site
from tests.edge.http.serving import read_all

BUSY = (503, b"The app is busy.\n")


@contextmanager
def actors(**named: Any) -> Iterator[Site]:
    serving = settings(isolation="actor", key="header:x-who", **named)
    with site(serving) as served:
        yield served


def ask(served: Site, who: str, path: str) -> tuple[int, bytes]:
    return served.fetch(path, f"x-who: {who}")[::2]


@contextmanager
def busy(served: Site, who: str) -> Iterator[socket.socket]:
    """An actor in the middle of a request, until the block ends."""
    with served.connect() as client:
        client.sendall(request("/slowly", f"x-who: {who}"))
        seen = b""
        while b"at once" not in seen:
            seen += client.recv(4096)
        yield client
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    served.settled()


def test_each_key_has_a_memory_of_its_own() -> None:
    with actors() as served:
        told = [ask(served, who, f"/secret?{who}-{n}") for n in range(2) for who in ("ann", "bob")]
        assert told == [(200, b""), (200, b""), (200, b"ann-0"), (200, b"bob-0")]


def test_requests_of_one_key_wait_for_each_other() -> None:
    with actors(queue=1) as served, served.connect() as second:
        with busy(served, "ann"):
            second.sendall(request("/visits", "x-who: ann"))
            served.until(lambda: served.apps["app"]._waiting == 1)
            assert ask(served, "bob", "/visits") == (200, b"1")
        # The first was given up by its client, and its actor with it: a new one answers.
        assert second.recv(4096).endswith(b"\r\n\r\n1")


def test_a_long_row_of_short_requests_is_answered() -> None:
    """Each began within the end of the one before it, until Python had no room for more."""
    with ExitStack() as held:
        served = held.enter_context(actors(queue=200))
        with busy(served, "ann"):
            row = [held.enter_context(served.connect()) for _ in range(200)]
            for client in row:
                client.sendall(request("/visits", "x-who: ann"))
            served.until(lambda: served.apps["app"]._waiting == 200)
        told = [read_all(client).rpartition(b"\r\n\r\n")[2] for client in row]
        assert sorted(map(int, told)) == list(range(1, 201))


def test_an_actor_at_work_stays_at_work_where_others_are_refused() -> None:
    with actors(queue=0) as served, busy(served, "ann"):
        assert [ask(served, "ann", "/visits") for _ in range(2)] == [BUSY, BUSY]


def test_an_idle_actor_that_had_no_room_answers_when_there_is_some() -> None:
    with actors(concurrency=1, queue=0) as served:
        assert ask(served, "ann", "/secret?one") == (200, b"")
        with busy(served, "bob"):
            assert ask(served, "ann", "/secret?two") == BUSY
        assert ask(served, "ann", "/secret?three") == (200, b"one")

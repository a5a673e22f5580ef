"""How connections over TLS begin and end: nothing of an answer is lost, and nobody is kept."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading

from hyperframe.frame import DataFrame, SettingsFrame, WindowUpdateFrame

from tests.edge.http.serving import Recorder, Serving, hello
from tests.edge.http2.speaking import Client, Raw, secured, wrap
from wherever.edge.exchange import Exchange
from wherever.edge.http.limits import Limits

SIZE = 20 << 20


def long(exchange: Exchange) -> None:
    exchange.answer(200, [], bytes(SIZE))


async def pieces(exchange: Exchange) -> None:
    exchange.start(200, [], SIZE)
    for _ in range(SIZE >> 16):
        exchange.write(bytes(1 << 16))
        await exchange.drain()
    exchange.finish()


def small(served: Serving) -> socket.socket:
    """A client that keeps little of what it does not read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
    client.settimeout(10)
    client.connect(served.address)
    return client


def read_slowly(client: ssl.SSLSocket, pause: float = 1.0) -> int:
    """Reads some, looks away, and reads the rest."""
    came = len(client.recv(1 << 14))
    threading.Event().wait(pause)
    try:
        while data := client.recv(1 << 16):
            came += len(data)
    except OSError:
        pass
    return came


def test_the_end_of_a_connection_waits_until_its_answer_is_taken():
    with secured(Recorder(long)) as served, wrap(small(served)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert read_slowly(client) > SIZE


def test_so_it_does_where_the_answer_comes_in_pieces():
    with secured(Recorder(pieces)) as served, wrap(small(served)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        came = len(client.recv(1 << 14))
        # All but what fits on the way, and then nothing for a while.
        while came < SIZE - 65_536:
            came += len(client.recv(1 << 14))
        assert came + read_slowly(client) > SIZE


def test_so_it_does_over_http_2():
    with secured(Recorder(pieces), Limits(parting_seconds=0.1)) as served:
        with Raw(small(served)) as client:
            client.send(SettingsFrame(0, {4: 2**31 - 1}), WindowUpdateFrame(0, 2**30))
            client.send(client.headers(1))
            came = 0
            closing = None
            for frame in client.frames():
                came += len(frame.data) if isinstance(frame, DataFrame) else 0
                if closing is None and came:
                    closing = asyncio.run_coroutine_threadsafe(served.server.close(9), served.loop)
                if came == SIZE - 65_536:
                    threading.Event().wait(1)
            assert came == SIZE
            assert closing is not None and closing.result(10) == 0


def test_an_answer_that_is_taken_slowly_is_no_idle_connection():
    limits = Limits(idle_seconds=0.3)
    with secured(Recorder(long), limits) as served, wrap(small(served)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_slowly(client, 1.5) > SIZE


def test_who_takes_nothing_of_a_last_answer_is_cut():
    with secured(Recorder(long), Limits(write_seconds=0.3)) as served:
        with wrap(small(served)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            served.until(lambda: len(served.done) == 1)
            served.until(lambda: served.server.connections == 0)
            assert read_slowly(client, 0) < SIZE


def test_who_says_no_farewell_is_not_waited_for():
    with secured(Recorder(hello)) as served, wrap(served.connect()) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        served.until(lambda: len(served.done) == 1)
        served.until(lambda: served.server.connections == 0)
        assert b"hello" in client.recv(1 << 14)


def test_who_shakes_hands_while_the_server_ends_keeps_it_no_longer_than_others():
    with secured(Recorder(hello), Limits(parting_seconds=0.1)) as served:
        sock = served.connect()
        served.until(lambda: served.server.connections == 1)
        closing = asyncio.run_coroutine_threadsafe(served.server.close(8), served.loop)
        served.until(lambda: served.server.is_closing)
        with wrap(sock) as client:
            assert client.recv(100) == b""
        assert closing.result(5) == 0


def test_a_client_that_resets_in_its_handshake_is_forgotten():
    with secured(Recorder(hello)) as served:
        for _ in range(20):
            client = served.connect()
            client.sendall(b"\x16\x03\x01\x02\x00\x01")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        served.until(lambda: served.server.connections == 0)
        assert served.failures == []
        with Client(served.connect()) as other:
            assert other.get().body == b"hello"

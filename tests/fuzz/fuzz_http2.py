"""Send damaged frames of HTTP/2, cut anywhere: whatever comes, the connection keeps its books.

    python -m tests.fuzz.fuzz_http2 --seconds 60

No exception comes out of it, what it sends is whole frames, apps see only clean requests, each
request is reported once, and what was taken of the windows is given back. Frames after which
that does not hold are kept in the folder `--keep` names.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import struct
import sys
from typing import Any

import hyperframe.frame
from hpack import Encoder

from tests.fuzz.fuzz_components import turns
from tests.hostile.test_components import ROOT
from wherever.edge.exchange import Exchange, Gone
from wherever.edge.http.limits import Limits
from wherever.edge.http.row import Row
from wherever.edge.http.server import Server
from wherever.edge.http2 import outflow
from wherever.edge.http2.connection import Http2Connection

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
BASE = [(b":method", b"POST"), (b":scheme", b"https"), (b":authority", b"a"), (b":path", b"/")]
EXTRA = [
    (b"content-length", b"5"), (b"content-length", b"70000"), (b"cookie", b"a=b"), (b"x", b"y"),
    (b"expect", b"100-continue"), (b"host", b"a"), (b"host", b"b"), (b"connection", b"close"),
    (b"te", b"trailers"), (b"X", b"y"), (b"x", b"a\r\nb: c"), (b"x\n", b""), (b":path", b"/x"),
    (b"transfer-encoding", b"chunked"), (b"x", b" a"), (b"", b""), (b"x", b"\x00"),
]  # fmt: skip
HEAD = struct.Struct(">HBBBL")


def frame(kind: int, flags: int, id: int, payload: bytes, size: int | None = None) -> bytes:
    length = len(payload) if size is None else size
    return HEAD.pack(length >> 8 & 0xFFFF, length & 0xFF, kind, flags, id) + payload


def fields(rng: random.Random, encoder: Encoder) -> bytes:
    found = [each for each in BASE if rng.random() < 0.97]
    for _ in range(rng.choice((0, 0, 1, 2))):
        found.insert(rng.randrange(len(found) + 1) if rng.random() < 0.3 else len(found),
                     rng.choice(EXTRA))  # fmt: skip
    return bytes(encoder.encode(found, huffman=rng.random() < 0.5))


def damaged(rng: random.Random) -> bytes:
    """A connection's frames, most of them good, some in the wrong place, some none."""
    encoder = Encoder()
    out = [PREFACE, frame(4, 0, 0, b"")]
    id = 1
    odd = rng.choice((0, 0.05, 0.3, 1))
    weights = [6, 6, 6, 6, 3, 6, 6, 6, 2, 2, 2 + odd, *([odd] * 5)]
    for _ in range(rng.randrange(1, 40)):
        last = max(1, id - 2)
        on = rng.choice((last, last, last, last, max(1, id - 4), id if odd else last))
        match rng.choices(range(16), weights)[0]:
            case 0 | 1 | 2 | 3:
                out.append(frame(1, 0x4 | rng.choice((0, 0x1)), id, fields(rng, encoder)))
                id += 2
            case 4:
                block = fields(rng, encoder)
                at = rng.randrange(len(block) + 1)
                out.append(frame(1, rng.choice((0, 0x1)), id, block[:at]))
                out.append(frame(9, rng.choice((0x4, 0x4, 0)), id, block[at:]))
                id += 2
            case 5 | 6 | 7:
                size = rng.choice((0, 1, 5, 5, 300, 16_384))
                out.append(frame(0, rng.choice((0, 0x1)), on, bytes(size)))
            case 8:
                out.append(frame(0, 0x8, on, bytes((rng.randrange(256),)) + bytes(20)))
            case 9:
                out.append(frame(3, 0, on, struct.pack(">L", rng.randrange(20))))
            case 10:
                more = rng.choice((0, 1, 65_535, 2**31 - 1))
                out.append(frame(8, 0, rng.choice((0, on)), struct.pack(">L", more)))
            case 11:
                value = rng.choice((0, 1, 16_384, 65_536, 2**31 - 1, 2**32 - 1))
                name = rng.randrange(8)
                out.append(frame(4, rng.choice((0, 0, 1)), 0, struct.pack(">HL", name, value)))
            case 12:
                out.append(frame(rng.choice((2, 6, 7)), rng.choice((0, 1)), rng.choice((0, on)),
                                 bytes(rng.choice((4, 5, 8)))))  # fmt: skip
            case 13:
                out.append(frame(1, 0x5, on, encoder.encode([(b"x-sum", b"1")])))
            case 14:
                out.append(frame(rng.randrange(256), rng.randrange(256), on, bytes(8)))
            case _:
                out.append(frame(rng.randrange(10), rng.randrange(256), on,
                                 rng.randbytes(rng.randrange(30)),
                                 rng.choice((None, None, rng.randrange(1 << 24)))))  # fmt: skip
    data = bytearray(b"".join(out))
    if rng.random() < 0.2:
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 1), "sslcontext": object()})
        self.data = b""
        self.closes = False

    def write(self, data: Any) -> None:
        self.data += data

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closes

    def close(self) -> None:
        self.closes = True

    abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


class App:
    """Answers in one of several ways, chosen by the order in which it is asked."""

    def __init__(self) -> None:
        self.seen: list[Exchange] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def serve(self, exchange: Exchange) -> None:
        self.seen.append(exchange)
        for name, value in exchange.headers:
            assert name == name.lower() and not set(b"\r\n\x00") & set(name + value), name
            assert name not in (b"connection", b"transfer-encoding", b"te"), name
        assert exchange.target.startswith(b"/"), exchange.target
        kind = len(self.seen) % 5
        if kind == 0:
            exchange.answer(200, [], b"hello")
        elif kind == 1:
            exchange.fail()
        else:
            task = asyncio.ensure_future(self.echo(exchange, kind))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def echo(self, exchange: Exchange, kind: int) -> None:
        try:
            exchange.start(200, [])
            size = 0
            while data := await exchange.read():
                size += len(data)
                exchange.write(data)
                await exchange.drain()
            exchange.write(bytes(1000 if kind == 2 else 100_000))
            exchange.finish([(b"x-size", b"%d" % size)] if kind == 3 else ())
        except Gone:
            assert exchange.is_gone


async def tried(data: bytes, rng: random.Random) -> bool:
    """Whether an app saw something of this; an error where the books are wrong."""
    app, reported, failures = App(), [], []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, told: failures.append(told.get("exception")))
    server = Server(app, Limits(), done=lambda exchange, *_: reported.append(exchange))
    server.loop, server.row = loop, Row(loop, server.context)
    connection, transport = Http2Connection(server), Transport()
    connection.connection_made(transport)
    at = 0
    while at < len(data) and not transport.closes:
        size = rng.choice((1, 9, 100, 5000, 100_000))
        connection.data_received(data[at : at + size])
        at += size
        for _ in range(rng.choice((0, 1, 5))):
            await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)
    connection.connection_lost(None)
    while app.tasks:
        await asyncio.wait(app.tasks, timeout=5)
    assert not failures, failures
    assert not connection.streams and not server.connections
    assert len(reported) == len(set(map(id, reported))) >= len(app.seen)
    assert connection.spare == outflow.FURTHER_BYTES, connection.spare
    assert 0 <= connection._owed < outflow.CONNECTION_BYTES // 2, connection._owed
    check(transport.data)
    return bool(app.seen)


def check(data: bytes) -> None:
    """Looks whether these are whole frames."""
    while data:
        found, size = hyperframe.frame.Frame.parse_frame_header(memoryview(data[:9]))
        assert len(data) >= 9 + size, data
        found.parse_body(memoryview(data[9 : 9 + size]))
        data = data[9 + size :]


def main(words: list[str]) -> int:
    """Damage and send until the time or the rounds are over; 1 where something failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", default=str(ROOT / ".cache" / "fuzz"))
    args = parser.parse_args(words)
    with asyncio.Runner() as runner:

        def use(data: bytes) -> bool:
            return runner.run(tried(data, random.Random(len(data))))

        done = turns(args, args.seconds, "http2", damaged, use)
    if done is None:
        return 1
    print(f"{done[0]} connections: an app saw something of {done[1]}, the books were right")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Windows of HTTP/2: there is room for whoever keeps to them, and no more for others."""

from __future__ import annotations

import asyncio
import itertools

from hyperframe.frame import (
    DataFrame,
    HeadersFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from tests.edge.http.serving import Recorder, hello
from tests.edge.http2.speaking import GOOD, Client, Raw, secured
from wherever.edge.exchange import Exchange
from wherever.edge.http.limits import Limits

POST = [(":method", "POST"), *GOOD[1:]]


async def counts(exchange: Exchange) -> None:
    size = 0
    while data := await exchange.read():
        size += len(data)
    exchange.answer(200, [], b"%d" % size)


def send_in_turn(client: Client, ids: list[int], size: int, piece: int, **how: int) -> None:
    """Bodies of so many bytes, a piece of each in turn, as far as there is room."""
    left = dict.fromkeys(ids, size)
    while left:
        moved = False
        for id, more in list(left.items()):
            room = min(client.h2.local_flow_control_window(id), piece, more)
            if how.get("pad_length"):
                room = min(room, client.h2.local_flow_control_window(id) - how["pad_length"] - 1)
            if room <= 0:
                continue
            moved = True
            left[id] -= room
            client.h2.send_data(id, bytes(room), end_stream=not left[id], **how)
            if not left[id]:
                del left[id]
        client.flush()
        if not moved:
            client.receive()


def test_bodies_that_are_sent_in_turn_do_not_shut_each_other_out():
    with secured(Recorder(counts), Limits(body_idle_seconds=3)) as served:
        with Client(served.connect()) as client:
            ids = [client.ask(method="POST", ends=False) for _ in range(50)]
            send_in_turn(client, ids, 60_000, 1000)
            assert {client.answer(id).body for id in ids} == {b"60000"}


def test_apps_that_do_not_read_leave_room_for_others():
    go_on = asyncio.Event()

    async def reads_late(exchange: Exchange) -> None:
        if exchange.target == b"/late":
            await go_on.wait()
        await counts(exchange)

    with secured(Recorder(reads_late), Limits(body_idle_seconds=3)) as served:
        with Client(served.connect()) as client:
            late = [client.ask("/late", "POST", ends=False) for _ in range(10)]
            for id in late:
                client.send(id, bytes(70_000), ends=False)
            assert client.get("/now", method="POST", body=bytes(300_000)).body == b"300000"
            served.ask(go_on.set)
            for id in late:
                client.send(id, b"")
            assert {client.answer(id).body for id in late} == {b"70000"}


def test_all_streams_together_hold_no_more_than_there_is_for_them():
    go_on = asyncio.Event()

    async def waits(exchange: Exchange) -> None:
        await go_on.wait()
        exchange.answer(200, [])

    app = Recorder(waits)
    with secured(app) as served, Client(served.connect()) as client:
        more = [("content-length", "9999999")]
        for _ in range(2):
            ids = [client.ask(method="POST", ends=False, more=more) for _ in range(20)]
            served.until(lambda: len(app.seen) % 20 == 0)
            client.h2.ping(b"12345678")
            client.flush()
            client.until(lambda: client.pings > 0)
            client.pings = 0
            rooms = [client.h2.streams[id].outbound_flow_control_window for id in ids]
            assert sum(rooms) == 20 * 80 * 1024 + 512 * 1024
            assert max(rooms) == 256 * 1024
            # What these had goes to those that come after them.
            served.ask(go_on.set)
            assert {client.answer(id).status for id in ids} == {200}
            served.ask(go_on.clear)


def test_what_only_fills_frames_up_takes_no_room():
    with secured(Recorder(counts), Limits(body_idle_seconds=3)) as served:
        with Client(served.connect()) as client:
            ids = [client.ask(method="POST", ends=False)]
            send_in_turn(client, ids, 60_000, 300, pad_length=255)
            assert client.answer(ids[0]).body == b"60000"


def test_who_makes_room_often_is_no_flood():
    """As Go does, whose programs read some 4 KiB at a time."""

    def long(exchange: Exchange) -> None:
        exchange.answer(200, [], bytes(4 << 20))

    with secured(Recorder(long)) as served, Raw(served.connect()) as client:
        client.send(client.headers(1))
        came = 0
        for frame in client.frames():
            if isinstance(frame, DataFrame):
                came += len(frame.data)
                for _ in range(len(frame.data) // 4096):
                    client.send(WindowUpdateFrame(0, 4096), WindowUpdateFrame(1, 4096))
                if "END_STREAM" in frame.flags:
                    break
        assert came == 4 << 20
        client.send(client.headers(3))
        assert client.next(HeadersFrame, 3) is not None


def test_a_long_answer_in_one_piece_is_not_copied_again_for_each_frame():
    size = 96 << 20

    def long(exchange: Exchange) -> None:
        exchange.answer(200, [], bytes(size))

    with secured(Recorder(long)) as served, Raw(served.connect()) as client:
        client.send(SettingsFrame(0, {4: 2**31 - 1}), WindowUpdateFrame(0, 2**30))
        client.send(client.headers(1))
        came = 0
        data = b""
        while came < size:
            data = client.sock.recv(1 << 16)
            assert data
            came += len(data)


def test_a_window_that_becomes_negative_is_waited_for():
    def long(exchange: Exchange) -> None:
        exchange.answer(200, [], bytes(100_000))

    with secured(Recorder(long)) as served, Raw(served.connect()) as client:
        client.send(WindowUpdateFrame(0, 1 << 20), client.headers(1))
        came = 0
        frames = client.frames()
        while came < 65_535:
            frame = next(frames)
            came += len(frame.data) if isinstance(frame, DataFrame) else 0
        assert came == 65_535
        # 65,535 bytes less than nothing: as many must come before one byte goes.
        client.send(SettingsFrame(0, {4: 0}), WindowUpdateFrame(1, 65_535), client.headers(3))
        assert client.next(HeadersFrame, 3) is not None
        client.send(WindowUpdateFrame(1, 1))
        assert len(client.next(DataFrame).data) == 1
        client.send(SettingsFrame(0, {4: 40_000}))
        found = list(itertools.islice((f for f in client.frames() if isinstance(f, DataFrame)), 4))
        assert {each.stream_id for each in found} == {1, 3}
        client.send(RstStreamFrame(1, 8), RstStreamFrame(3, 8))
        served.until(lambda: len(served.done) == 2)


def test_who_keeps_no_table_is_told_that_none_is_used():
    """RFC 7541, 4.2: without that, nghttp2 and others end the connection."""
    with secured(Recorder(hello)) as served, Client(served.connect()) as client:
        for size in (0, 4096, 100):
            client.h2.update_settings({1: size})
            client.flush()
            assert client.get().body == b"hello"


def test_bodies_on_their_way_to_who_has_answered_are_no_flood():
    app = Recorder(hello)
    app.max_body = None
    with secured(app) as served, Raw(served.connect()) as client:
        fields = [*POST, ("content-length", "999999")]
        for n in range(20):
            id = 1 + 2 * n
            client.send(client.headers(id, fields, ("END_HEADERS",)))
            assert client.next(RstStreamFrame, id).error_code == 0
            # As if they had been sent before that could be heard.
            client.send(*(DataFrame(id, bytes(1024)) for _ in range(60)))
        client.send(client.headers(99))
        assert client.next(DataFrame, 99).data == b"hello"
        client.try_send(DataFrame(1, b"x").serialize() * 1000)
        assert client.end() == 11

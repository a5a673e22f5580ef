"""Two other readers of HTTP agree: h11 with every answer, h11 and llhttp with every request."""

from __future__ import annotations

import asyncio
import random
from itertools import pairwise

import h11
import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.edge.http.serving import answers, serving
from wherever.edge.exchange import Exchange
from wherever.edge.http.body import Chunked, Sized
from wherever.edge.http.head import CHUNKED, EXPECTS, Refused, parse

TOKEN = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
NAMES = st.text(TOKEN.decode(), min_size=1, max_size=8).map(lambda text: b"x-" + text.encode())
VALUES = st.binary(max_size=12).map(
    lambda raw: bytes(b if b >= 0x20 and b != 0x7F else 0x41 for b in raw).strip()
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=5)
BODIES = st.one_of(st.binary(max_size=100), st.integers(60_000, 70_000).map(bytes))
PIECES = st.lists(st.binary(max_size=50), max_size=4)

ASKED = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "BREW"]),
        "path": st.text("abc/%20?&=~|{}", max_size=10),
        "headers": HEADERS,
        "body": BODIES,
        "chunks": st.one_of(st.none(), st.integers(1, 40_000)),
        "trailers": HEADERS,
    }
)
ANSWERED = st.fixed_dictionaries(
    {
        "status": st.sampled_from([200, 201, 204, 205, 304, 404, 500, 599]),
        "headers": HEADERS,
        "body": PIECES,
        "how": st.sampled_from(["answer", "sized", "unsized"]),
        "later": st.booleans(),
        "drains": st.booleans(),
        "reads": st.booleans(),
        "trailers": HEADERS,
    }
)


def request(at: int, asked: dict) -> bytes:
    """As h11 writes it."""
    client = h11.Connection(h11.CLIENT)
    body = asked["body"]
    framing = (
        ("transfer-encoding", "chunked") if asked["chunks"] else ("content-length", str(len(body)))
    )
    out = client.send(
        h11.Request(
            method=asked["method"],
            target=b"/%d/%b" % (at, asked["path"].encode()),
            headers=[("Host", "x"), framing, *asked["headers"]],
        )
    )
    step = max(asked["chunks"] or len(body), len(body) // 100, 1)
    for start in range(0, len(body), step):
        out += client.send(h11.Data(data=body[start : start + step]))
    trailers = asked["trailers"] if asked["chunks"] else []
    return out + client.send(h11.EndOfMessage(headers=trailers))


class Play:
    """An app that answers as its script says, and keeps what it saw."""

    def __init__(self) -> None:
        self.script: list[dict] = []
        self.seen: list[tuple] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def serve(self, exchange: Exchange) -> None:
        plan = self.script[int(exchange.target.split(b"/")[1])]
        if plan["later"] or plan["reads"] or plan["drains"] or exchange.body is None:
            task = asyncio.ensure_future(self.play(exchange, plan))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        else:
            self.see(exchange, exchange.body)
            self.say(exchange, plan)

    async def play(self, exchange: Exchange, plan: dict) -> None:
        body = exchange.body
        if plan["reads"] or body is None:
            body = b""
            while piece := await exchange.read():
                body += piece
        self.see(exchange, body)
        if plan["later"]:
            await asyncio.sleep(0)
        if plan["drains"]:
            await exchange.drain()
        self.say(exchange, plan)

    def see(self, exchange: Exchange, body: bytes) -> None:
        headers = [field for field in exchange.headers if field[0] != b"content-length"]
        seen = (exchange.method, exchange.target, headers, body, exchange.trailers)
        self.seen.append(seen)

    def say(self, exchange: Exchange, plan: dict) -> None:
        whole = b"".join(plan["body"])
        if plan["how"] == "answer":
            exchange.answer(plan["status"], plan["headers"], whole)
            return
        sized = plan["how"] == "sized"
        exchange.start(plan["status"], plan["headers"], len(whole) if sized else None)
        for piece in plan["body"]:
            exchange.write(piece)
        exchange.finish(() if sized else plan["trailers"])


@pytest.fixture(scope="module")
def stage():
    play = Play()
    with serving(play) as served:
        yield served, play


@settings(max_examples=80)
@given(
    turns=st.lists(st.tuples(ASKED, ANSWERED), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 3000), max_size=6),
)
def test_what_was_asked_is_seen_and_what_was_answered_is_read(stage, turns, cuts):
    served, play = stage
    play.script = [answered for _, answered in turns]
    play.seen = []
    sent = b"".join(request(at, asked) for at, (asked, _) in enumerate(turns))
    places = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    data = served.send(*(sent[a:b] for a, b in pairwise(places)))

    assert play.seen == [
        (
            asked["method"],
            b"/%d/%b" % (at, asked["path"].encode()),
            [(b"host", b"x"), *asked["headers"]],
            asked["body"],
            asked["trailers"] if asked["chunks"] else [],
        )
        for at, (asked, _) in enumerate(turns)
    ]
    read = answers(data, [asked["method"] for asked, _ in turns])
    assert [expected(asked, answered) for asked, answered in turns] == [
        (status, {name: value for name, value in headers.items() if name not in FRAMING}, body)
        for status, headers, body in read
    ]


FRAMING = (b"content-length", b"transfer-encoding")


def expected(asked: dict, answered: dict) -> tuple[int, dict[bytes, bytes], bytes]:
    has_body = asked["method"] != "HEAD" and answered["status"] not in (204, 205, 304)
    headers = dict(answered["headers"])
    if answered["how"] == "unsized" and has_body:
        headers |= {b"trailer " + name: value for name, value in answered["trailers"]}
    return answered["status"], headers, b"".join(answered["body"]) if has_body else b""


# ----- requests, as others read them


SEEDS = [
    b"GET /a?b HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n",
    b"PUT http://y:1/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
]
SPICES = [
    *(bytes((byte,)) for byte in b"\r\n \t\x00:;,01f\x0b\x7f\xff#-+_*"),
    *(b"\r\n", b"\r\n ", b"0\r\n\r\n", b"chunked", b"HTTP/1.1", b"GET ", b"http://"),
    *(b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: y\r\n"),
]


def ours(data: bytes) -> tuple | None:
    """What the server makes of this: request, body and what is left over."""
    start = 2 if data.startswith(b"\r\n") else 0
    end = data.find(b"\r\n\r\n", start) + 4
    if end < 4:
        return None
    try:
        method, target, _, headers, length, flags = parse(data[start:end], 100, 8192)
        body = Chunked(100) if length == CHUNKED else Sized(length)
        pieces: list[bytes] = []
        at = end
        if length:
            at = body.take(data, at, pieces)
            if not body.ended:
                return None
    except Refused:
        return None
    return method, target, headers, b"".join(pieces), body.trailers, data[at:], flags


def of_h11(data: bytes) -> tuple | None:
    server = h11.Connection(h11.SERVER)
    try:
        server.receive_data(data.removeprefix(b"\r\n"))
        head = server.next_event()
        body = b""
        while isinstance(event := server.next_event(), h11.Data):
            body += event.data
    except h11.RemoteProtocolError:
        return None
    if not isinstance(head, h11.Request) or not isinstance(event, h11.EndOfMessage):
        return None
    return head.method.decode(), head.target, body, event.headers.raw_items(), head.headers


class Events:
    """What llhttp tells of a first request."""

    def __init__(self) -> None:
        self.target = self.body = b""
        self.ends = 0
        self.headers: list[tuple[bytes, bytes]] = []

    def on_url(self, url: bytes) -> None:
        if not self.ends:
            self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.ends:
            self.headers.append((name.lower(), value.strip(b" \t")))

    def on_body(self, body: bytes) -> None:
        if not self.ends:
            self.body += body

    def on_message_complete(self) -> None:
        self.ends += 1


DROPPED = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade"} | {
    b"transfer-encoding",
    b"expect",
    b"host",
}


def kept(headers) -> list[tuple[bytes, bytes]]:
    return [(bytes(n).lower(), bytes(v)) for n, v in headers if bytes(n).lower() not in DROPPED]


def test_what_we_accept_others_read_alike():
    chance = random.Random(5)
    accepted = 0
    for _ in range(8_000):
        data = chance.choice(SEEDS)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data) + 1)
            cut = chance.choice([0, 0, 1, 2])
            data = data[:at] + chance.choice(SPICES) + data[at + cut :]
        mine = ours(data)
        if mine is None:
            continue
        accepted += 1
        method, target, headers, body, trailers, left, flags = mine
        theirs = of_h11(data)
        if theirs is not None:
            assert theirs[0] == method and theirs[2] == body, data
            assert theirs[1] == target or theirs[1].endswith(target.lstrip(b"/")), data
            assert kept(theirs[4]) == kept(headers), data
            assert kept(theirs[3]) == trailers, data
        events = Events()
        other = httptools.HttpRequestParser(events)
        try:
            other.feed_data(data[: len(data) - len(left)])
        except httptools.HttpParserInvalidMethodError:
            assert theirs is not None, data
            continue
        assert events.ends == 1, data
        assert (other.get_method().decode(), events.body) == (method, body), data
        assert kept(events.headers) == kept(headers) + trailers, data
        assert theirs is not None or flags & EXPECTS, data
    assert accepted > 1000

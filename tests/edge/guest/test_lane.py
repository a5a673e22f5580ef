"""The short way of ordinary requests: nobody can tell it from the long one, but by the clock."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.edge.guest.ways import Way
from wherever.edge.chain import Chain
from wherever.edge.observe.meter import Meter
from wherever.edge.observe.record import Record
from wherever.edge.replies import Reply
from wherever.edge.routing import Router

pytest.importorskip("wherever.edge.guest._lane", reason="no compiler was there")


def get(target: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "Host: shop.test", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + body


async def _both(
    folder: Path, code: str, asked: list[tuple[bytes, ...]], **options: Any
) -> tuple[int, list[bytes]]:
    found, taken = [], 0
    for short in (True, False):
        way = Way(folder, code, short, **options)
        try:
            answers = [await way.ask(*pieces) for pieces in asked]
            found.append((answers, way.logged(), way.counted()))
            # One that a busy machine cut off within its first turn went this way, too.
            taken += way.lane.answered + way.lane.begun if way.lane is not None else 0
        finally:
            way.close()
    assert found[0] == found[1]
    return taken, found[0][0]


def both(folder: Path, code: str, *asked: bytes | tuple[bytes, ...], **options: Any) -> Any:
    """Asks both ways and compares all that is seen; how many went the short way, and answers."""
    pieces = [each if isinstance(each, tuple) else (each,) for each in asked]
    return asyncio.run(_both(folder, code, pieces, **options))


@pytest.mark.parametrize("isolation", ["fresh", "pool"])
def test_ordinary_requests_go_the_short_way(tmp_path: Path, isolation: str) -> None:
    asked = [
        get("/"),
        get("/a/b.c?d=%20e&f", "Accept: */*", "x-ODD_name!: \t a, b \t"),
        get("/", "Connection: keep-alive", "Cookie: " + "c" * 3000),
        get("/", "Some: 1", "Some: 2", "Empty:", method="DELETE"),
        get("/form", "Content-Type: text/plain", method="POST", body=b"a=b\r\n\r\n\0\xff"),
        get("/", "Content-Length: 0", method="PUT"),
    ]
    taken, answers = both(tmp_path, "plain", *asked, isolation=isolation, pool=2, reuse=100)
    assert taken == len(asked)
    assert answers[1].partition(b"\r\n\r\n") == (
        b"HTTP/1.1 200 OK\r\nx-own: 1\r\nx-own: GET\r\ndate: ...\r\nx-request-id: ...\r\n"
        b"content-length: 89",
        b"\r\n\r\n",
        b"GET http shop.test /a/b.c?d=%20e&f 192.0.2.7 \n"
        b"host=shop.test\naccept=*/*\nx-odd_name!=a, b\n",
    )
    assert answers[4].endswith(b"a=b\r\n\r\n\0\xff")


@pytest.mark.parametrize("mode", range(22))
def test_whatever_the_guest_answers_is_the_same(tmp_path: Path, mode: int) -> None:
    asked = [get(f"/?{mode}")] * 3
    both(tmp_path, "plain", *asked, isolation="pool", pool=1, reuse=2, cpu_time=0.05)


ODD = {
    "HEAD": get("/", method="HEAD"),
    "another method": get("/", method="PURGE"),
    "no method": get("/", method="G(T"),
    "HTTP/1.0": b"GET / HTTP/1.0\r\nHost: shop.test\r\n\r\n",
    "HTTP/2": b"GET / HTTP/2.0\r\nHost: shop.test\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": get("/", "Host: other.test"),
    "an empty host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a port of six digits": b"GET / HTTP/1.1\r\nHost: a:123456\r\n\r\n",
    "an address of IPv6": b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
    "a whole address": get("http://other.test/x"),
    "a star": get("*", method="OPTIONS"),
    "a quote in the target": get('/"'),
    "a fragment": get("/#a"),
    "bytes in the target": get("/\xe9"),
    "dots": get("/a/../b"),
    "two slashes": get("//a"),
    "a bad escape": get("/%zz"),
    "the connection closes": get("/", "Connection: close"),
    "an upgrade": get("/", "Upgrade: websocket", "Connection: upgrade"),
    "letters beyond ASCII": get("/", "X-Name: J\xfcrgen"),
    "a control character": get("/", "X-Name: a\x01b"),
    "a folded line": get("/", "X-Name: a", " b"),
    "a space before the colon": get("/", "X-Name : a"),
    "no name": get("/", ": a"),
    "no colon": get("/", "nothing"),
    "a line feed alone": b"GET / HTTP/1.1\nHost: shop.test\n\n",
    "a prefix of its own": get("/", "X-Forwarded-Prefix: /admin"),
    "in chunks": get("/", "Transfer-Encoding: chunked", method="POST") + b"1\r\na\r\n0\r\n\r\n",
    "both lengths": get("/", "Transfer-Encoding: chunked", method="POST", body=b"0\r\n\r\n"),
    "two lengths": get("/", "Content-Length: 1", method="POST", body=b"a"),
    "a length with a sign": get("/", "Content-Length: +1", method="POST") + b"a",
    "something expected": get("/", "Expect: 100-continue", method="POST", body=b"a"),
    "a body too long": get("/", "Content-Length: 99999999", method="POST"),
    "many headers": get("/", *(f"X-{number}: 1" for number in range(101))),
    "a long head": get("/", "X-Long: " + "a" * 40_000),
    "a long target": get("/" + "a" * 9_000),
    "a long path": get("/" + "a" * 300),
    "a target that the log cuts": get("/?" + "a" * 2047),
    "a target longer than a line of the log": get("/?" + "a" * 8_100),
    "two at once": get("/1") + get("/2"),
    "more than its body": get("/", method="POST", body=b"ab") + get("/2"),
    "an empty line before": b"\r\n" + get("/"),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_odd_requests_are_left_to_the_long_way(tmp_path: Path, what: str) -> None:
    taken, _ = both(tmp_path, "plain", ODD[what], isolation="pool", reuse=100)
    assert taken == 0


def test_a_request_in_pieces_takes_the_long_way(tmp_path: Path) -> None:
    whole = get("/", method="POST", body=b"0123456789")
    asked = [(whole[:at], whole[at:]) for at in (1, 20, len(whole) - 12, len(whole) - 1)]
    taken, answers = both(tmp_path, "plain", *asked)
    assert (taken, {answer[-10:] for answer in answers}) == (0, {b"0123456789"})


def test_a_guest_that_asks_for_something_is_carried_on(tmp_path: Path) -> None:
    asked = [
        get("/log"),
        get("/echo", method="POST", body=b"some"),
        get("/send?1"),
        get("/trailers"),
        get("/exit"),
        get("/answer-and-exit"),
        get("/trap"),
        get("/begin-and-trap"),
        get("/unfinished"),
        get("/silent"),
    ]
    for isolation in ("fresh", "pool"):
        folder = tmp_path / isolation
        folder.mkdir()
        both(folder, "answers", *asked, isolation=isolation)


@pytest.mark.parametrize(
    ("path", "limits"), [("/spin", {"cpu_time": 0.02}), ("/sleep", {"timeout": 0.2})]
)
def test_a_limit_ends_who_is_carried_on(tmp_path: Path, path: str, limits: dict[str, Any]) -> None:
    both(tmp_path, "answers", get(path), **limits)


def test_secrets_stay_with_their_requests(tmp_path: Path) -> None:
    asked = [get(f"/secret?{number}") for number in range(20)]
    taken, _ = both(tmp_path, "answers", *asked, isolation="fresh")
    assert taken > 0


def test_queries_are_left_out_of_a_log_that_is_masked(tmp_path: Path) -> None:
    taken, _ = both(tmp_path, "plain", get("/?secret"), get("/open"), masked=True)
    assert taken == 1


def test_an_app_without_room_answers_that_it_is_busy(tmp_path: Path) -> None:
    async def asked() -> bytes:
        way = Way(tmp_path, "plain", True, concurrency=1, queue=0)
        try:
            await way.ask(get("/"))
            way.app.room = 0
            return await way.ask(get("/"))
        finally:
            way.close()

    assert asyncio.run(asked()).startswith(
        b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\n"
    )


def test_nothing_goes_the_short_way_when_the_app_is_closed(tmp_path: Path) -> None:
    async def asked() -> object:
        way = Way(tmp_path, "plain", True)
        await way.ask(get("/"))
        way.close()
        assert way.lane is not None
        return way.lane.take(get("/"), "192.0.2.7")

    assert asyncio.run(asked()) is None


def test_an_app_behind_others_is_reached_through_them_alone(tmp_path: Path) -> None:
    async def found() -> list[object]:
        way = Way(tmp_path, "plain", True)
        router, first = Router(), Reply(403, [], b"no")
        router.add("/chain/...", way.meter.observed("shop", Chain([first], way.app)))
        router.add("/shop/...", way.meter.observed("shop", way.app), mount=True)
        router.add("/users/:id", way.meter.observed("shop", way.app))
        router.add("/get", way.meter.observed("shop", way.app), methods=["GET"])
        router.add("/plain", way.meter.observed("shop", way.app))
        way.close()
        paths = (b"/chain/", b"/shop/", b"/users/1", b"/get", b"/none", b"//", b"/plain")
        return [router.site(b"shop.test", path) is way.app.site for path in paths]

    assert asyncio.run(found()) == [False] * 6 + [True]


def test_requests_that_are_traced_take_the_long_way(tmp_path: Path) -> None:
    record = Record(str(tmp_path / "record"))
    tracer: Any = object()
    assert Meter(record, tracer=tracer).direct("shop") is None
    assert Meter(record).direct("shop") is not None
    record.close()

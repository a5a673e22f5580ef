"""Bodies of every size, both ways, piece by piece; and clients that leave in the middle."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.edge.guest.answering import Site, answers, request, settings, site
from tests.edge.guest.tenants import MIB, download, upload

SIZES = [0, 1, 12_000, 12_289, 65_535, 65_536, 65_537, 300_000]


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with site(settings(body=-1)) as made:
        yield made


def content(size: int) -> bytes:
    return bytes(range(251)) * (size // 251) + bytes(range(size % 251))


@pytest.mark.parametrize("size", SIZES)
def test_a_body_comes_back_as_it_was(served: Site, size: int) -> None:
    data = content(size)
    for path in ("/echo", "/splice"):
        assert served.fetch(path, method="POST", body=data)[::2] == (200, data)


@pytest.mark.parametrize("size", [3, 65_537])
def test_both_twins_carry_bodies(twin: str, size: int) -> None:
    with site(settings(body=-1)) as served:
        assert served.fetch("/echo", method="POST", body=content(size))[2] == content(size)


@pytest.mark.parametrize("size", SIZES)
def test_an_answer_of_any_size_is_sent(served: Site, size: int) -> None:
    status, _, body = served.fetch(f"/send?{size}")
    assert (status, len(body)) == (200, size)
    assert body == (bytes(range(97, 123)) * 2521)[:65536] * (size // 65536) + body[: size % 65536]


def test_a_body_in_chunks_with_trailers_comes_back_with_them(served: Site) -> None:
    sent = (
        b"POST /echo HTTP/1.1\r\nhost: h\r\nte: trailers\r\nconnection: close\r\n"
        b"transfer-encoding: chunked\r\n\r\n"
        b"4\r\nsome\r\n10000\r\n" + content(65536) + b"\r\n0\r\nX-Sum: 1\r\nx-other: 2\r\n\r\n"
    )
    ((status, headers, body),) = answers(served.send(sent), ["POST"])
    assert (status, body) == (200, b"some" + content(65536))
    assert (headers[b"trailer x-sum"], headers[b"trailer x-other"]) == (b"1", b"2")


def test_trailers_of_an_answer_are_sent(served: Site) -> None:
    data = served.send(request("/trailers", "te: trailers"))
    assert data.endswith(b"5\r\nbody\n\r\n0\r\nx-sum: 1\r\nx-sum: 2\r\n\r\n")


@pytest.mark.parametrize(
    ("length", "said", "seen"),
    [
        (b"5", ["written", "finished"], (200, b"hello")),
        (b"6", ["written", "error 28"], (500, b"The app failed.\n")),
        (b"4", ["not written", "error 28"], (500, b"The app failed.\n")),
    ],
)
def test_a_promised_length_is_kept_or_the_answer_fails(
    served: Site, length: bytes, said: list[str], seen: tuple[int, bytes]
) -> None:
    served.meter.lines.clear()
    assert served.fetch(f"/promise?{length.decode()}")[::2] == seen
    assert (
        b"".join(data for *_, data in served.meter.lines).decode().split() == " ".join(said).split()
    )


def test_100_mib_go_up_and_down_and_take_no_memory(served: Site) -> None:
    """1 GiB each way is tried by `make conformance`."""
    said, grown = upload(served, 100)
    assert said == b"%d" % (100 * MIB)
    assert grown < 16 * MIB
    size, grown = download(served, 100)
    assert 100 * MIB < size < 101 * MIB
    assert grown < 16 * MIB


@pytest.mark.parametrize(
    ("path", "comes"), [("/slowly", b"8\r\nat once\n\r\n"), ("/head-first", b"\r\n\r\n")]
)
def test_what_there_is_arrives_while_the_guest_sleeps(path: str, comes: bytes) -> None:
    with site(settings(timeout=1)) as served, served.connect() as client:
        client.sendall(request(path))
        first = b"".join(_until(client, comes))
        assert (first[:17], served.meter.outcomes) == (b"HTTP/1.1 200 OK\r\n", [])
        # It is not complete, and the client can tell.
        assert b"0\r\n\r\n" not in first.partition(b"\r\n\r\n")[2] + _rest(client)
        assert served.meter.outcomes == [("app", "timeout", True)]


def test_a_guest_waits_for_several_things_at_once(served: Site) -> None:
    assert served.text("/poll") == "01 then 2 then 1"


def test_a_guest_waits_for_a_body_beside_a_clock(served: Site) -> None:
    with served.connect() as client:
        client.sendall(request("/poll-body", f"content-length: {100_000}", method="POST"))
        list(_until(client, b"waiting\n"))
        client.sendall(b"late ")
        rest = b"".join(_until(client, b"late "))
        assert b"1 late " in rest


def test_a_clock_that_nobody_waits_for_any_more_ends_no_body(served: Site) -> None:
    with served.connect() as client:
        client.sendall(request("/poll-and-count", f"content-length: {100_000}", method="POST"))
        list(_until(client, b"waiting\n"))
        client.sendall(b"some" * 10_000)
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1000)  # the clock's time comes in between
        client.settimeout(10)
        client.sendall(b"more" * 15_000)
        assert b"100000" in b"".join(_until(client, b"100000"))


def test_a_client_that_stops_reading_and_leaves_is_seen(served: Site) -> None:
    served.meter.lines.clear()
    with served.connect() as client:
        client.sendall(request("/write-until-gone"))
        client.recv(1000)
    served.until(lambda: bool(served.meter.lines))
    served.settled()
    assert [line[2:] for line in served.meter.lines] == [("stderr", b"writing ended: closed\n")]


def test_a_client_that_leaves_within_its_body_is_seen(served: Site) -> None:
    served.meter.lines.clear()
    with served.connect() as client:
        client.sendall(request("/read-until-gone", "content-length: 1000000", method="POST"))
        list(_until(client, b"reading\n"))
    served.until(lambda: bool(served.meter.lines))
    served.settled()
    assert [line[2:] for line in served.meter.lines] == [("stderr", b"reading ended: failed\n")]


def _until(client: socket.socket, end: bytes) -> Iterator[bytes]:
    seen = b""
    while end not in seen:
        piece = client.recv(1 << 16)
        assert piece, seen
        seen += piece
        yield piece


def _rest(client: socket.socket) -> bytes:
    return b"".join(iter(lambda: client.recv(1 << 16), b""))


@pytest.mark.parametrize("isolation", ["fresh", "pool"])
def test_many_bodies_at_once_are_never_mixed(isolation: str) -> None:
    """Each client has its own letters; sizes are such that all ways of carrying them occur."""

    def talk(number: int) -> None:
        data = bytes([65 + number]) * (SIZES[number % len(SIZES)] + number)
        whole = (200, data)
        found.extend(
            served.fetch(path, method="POST", body=data)[::2] == whole
            for path in ("/echo", "/splice", "/echo")
        )

    found: list[bool] = []
    with site(settings(body=-1, isolation=isolation, concurrency=8)) as served:
        clients = [threading.Thread(target=talk, args=(number,)) for number in range(24)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert found == [True] * 72


def test_an_answer_to_head_leaves_out_a_body_of_any_size(served: Site) -> None:
    for size in (5, 300_000):
        data = served.send(request(f"/send?{size}", method="HEAD"))
        assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        assert data.endswith(b"\r\n\r\n")
    assert [outcome for _, outcome, _ in served.meter.outcomes[-2:]] == ["ok", "ok"]


def test_a_body_that_nobody_reads_is_in_nobodys_way(served: Site) -> None:
    for size in (1000, MIB // 2):
        assert served.fetch("/", method="POST", body=content(size))[::2] == (200, b"hello")


def test_a_body_above_the_limit_never_reaches_a_guest() -> None:
    with site(settings(body=1000)) as served:
        assert served.fetch("/echo", method="POST", body=content(1000))[2] == content(1000)
        assert served.fetch("/echo", method="POST", body=content(1001))[0] == 413
        chunks = b"3e9\r\n" + content(1001) + b"\r\n0\r\n\r\n"
        head = request("/echo", "transfer-encoding: chunked", method="POST")
        ((status, _, _),) = answers(served.send(head + chunks), ["POST"])
        assert status == 413
        assert [outcome for _, outcome, _ in served.meter.outcomes] == ["ok"]

"""Guests of the plain interface: the whole request in, the whole answer out, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.edge.guest.answering import Site, answers, request, settings, site
from wherever.errors import InputError

FAILED = (500, b"The app failed.\n")


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with site(settings(body=4 << 20, cpu_time=0.5), code="plain") as made:
        yield made


def test_a_request_is_told_whole(twin: str) -> None:
    with site(code="plain") as served:
        status, headers, body = served.fetch("/a%20b?", "X-Some: one", "x-SOME: two", method="PUT")
    assert (status, headers[b"x-own"]) == (200, b"PUT")
    assert body == (
        b"PUT http site.test /a%20b? 127.0.0.1 \nhost=site.test\nx-some=one\nx-some=two\n"
    )


def test_headers_of_the_connection_are_left_out_and_others_repeated(served: Site) -> None:
    head = served.send(request("/")).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line for line in head if line.startswith(b"x-own")] == [b"x-own: 1", b"x-own: GET"]
    assert b"connection: close" in head
    assert b"connection: upgrade" not in head


@pytest.mark.parametrize("size", [1, 12_000, 12_289, 65_535, 65_536, 65_537, 300_000, 3 << 20])
def test_a_body_comes_back_as_it_was(served: Site, size: int) -> None:
    data = (bytes(range(256)) * (size // 256 + 1))[:size]
    assert served.fetch("/", method="POST", body=data)[::2] == (200, data)


def test_a_body_in_chunks_is_gathered(served: Site) -> None:
    sent = (
        b"POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
        b"4\r\nsome\r\n11170\r\n" + bytes(70_000) + b"\r\n0\r\n\r\n"
    )
    ((status, _, body),) = answers(served.send(sent), ["POST"])
    assert (status, body) == (200, b"some" + bytes(70_000))


@pytest.mark.parametrize("mode", [1, 2, 9, 10, 11])
def test_an_answer_that_is_none_of_http_is_an_error(served: Site, mode: int) -> None:
    served.meter.lines.clear()
    status, headers, body = served.fetch(f"/?{mode}")
    assert (status, body) == FAILED
    assert served.meter.outcomes[-1][1] == "error"
    assert b"x-more" not in headers
    assert [line[2:] for line in served.meter.lines] == [
        ("stderr", b"the answer's status or header is not one of HTTP")
    ]


@pytest.mark.parametrize("mode", [3, 4, 5, 6, 7, 8, 12, 13, 14, 15, 20])
def test_an_answer_that_lies_nowhere_ends_its_guest(served: Site, mode: int) -> None:
    assert served.fetch(f"/?{mode}")[::2] == FAILED
    assert served.fetch("/")[0] == 200


def test_an_answer_that_lies_nowhere_ends_alike_in_both_twins(twin: str) -> None:
    with site(settings(cpu_time=0.2), code="plain") as served:
        seen = [served.fetch(f"/?{mode}")[0] for mode in (3, 7, 12, 14, 16, 20, 21)]
    assert seen == [500, 500, 500, 500, 200, 500, 504]


def test_bodies_that_are_gathered_need_a_bound() -> None:
    with pytest.raises(InputError) as refused, site(settings(body=-1), code="plain"):
        pass
    assert str(refused.value) == (
        "app is given the bodies of its requests whole, which need a bound;"
        ' set its body to a size, such as "10m"'
    )


def test_only_so_many_bodies_are_gathered_at_a_time() -> None:
    begun = request("/echo", "content-length: 100000", method="POST")
    with ExitStack() as held:
        served = held.enter_context(site(settings(concurrency=1, queue=2), code="plain"))
        clients = [held.enter_context(served.connect()) for _ in range(3)]
        for client in clients:
            client.sendall(begun)
        served.until(lambda: len(served.apps["app"]._gathering) == 3)
        assert served.fetch("/", "content-length: 100000", method="POST")[0] == 503
        assert served.fetch("/")[0] == 200

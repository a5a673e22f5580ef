"""What a guest of wasi:http learns of a request, and what of its answer reaches the client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edge.guest.answering import Site, answers, request, settings, site

FORBIDDEN = "connection Keep-Alive proxy-connection transfer-encoding upgrade HOST http2-settings"


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with site() as made:
        yield made


def test_a_request_is_told_whole(twin: str) -> None:
    with site() as served:
        assert served.text("/request?a=1&b=%20", "X-Some: one", "x-other:", "x-SOME: two") == (
            "get http site.test /request?a=1&b=%20\n"
            "host=site.test\nx-some=one\nx-other=\nx-some=two\n"
        )


@pytest.mark.parametrize(
    "method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "gEt"]
)
def test_every_method_is_told(served: Site, method: str) -> None:
    told = {"PROPFIND": "other PROPFIND", "gEt": "other gEt"}.get(method, method.lower())
    status, _, body = served.fetch("/request", method=method)
    assert (status, body.split(b" http ")[0].decode()) == (200, told)


def test_an_answer_to_head_has_no_body(served: Site) -> None:
    status, headers, body = served.fetch("/request", method="HEAD")
    assert (status, headers[b"content-length"], body) == (200, b"44", b"")


def test_headers_of_an_answer_are_repeated_in_their_order(served: Site) -> None:
    head = served.send(request("/headers")).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert head[0] == b"HTTP/1.1 207 Multi-Status"
    own = [line for line in head[1:] if line.startswith((b"set-cookie", b"x-"))]
    assert [line for line in own if not line.startswith(b"x-request-id")] == [
        b"set-cookie: a=1",
        b"x-between: yes",
        b"set-cookie: b=2",
        b"x-empty: ",
    ]


def test_headers_of_the_connection_and_bad_ones_are_refused(served: Site) -> None:
    told = served.text("/errors", "accept: text/plain").split("\n")
    assert told == [
        *(f"{name}: forbidden" for name in FORBIDDEN.split()),
        ": invalid-syntax",
        "two words: invalid-syntax",
        *("line", "end: invalid-syntax"),
        "colon:: invalid-syntax",
        "caf\xe9: invalid-syntax",
        "x-good: done",
        ": done",
        "tab\tis good: done",
        "caf\udce9: done",
        *("line", "end: invalid-syntax"),
        "line\rend: invalid-syntax",
        "\x01: invalid-syntax",
        "\x7f: invalid-syntax",
        "nul: invalid-syntax",
        "append to a request's: immutable",
        "delete from a request's: immutable",
        "set of a request's: immutable",
        "append to a copy of them: done",
        "x-good=value",
        "x-value=",
        "x-value=tab\tis good",
        "x-value=caf\udce9",
        "",
    ]


def test_fields_are_what_the_interface_says(served: Site) -> None:
    assert served.text("/fields") == (
        "x-one=1\nx-two=2\nx-one=3\n"
        "2 of x-one, 0 of x-none, 10\n"
        "x-two=2\nx-one=4\nx-one=5\n"
        "x-two=2\n"
        "forbidden\n"
        "append to a response's: immutable\n"
    )


@pytest.mark.parametrize("status", [200, 204, 418, 599])
def test_a_status_of_an_answer_is_sent(served: Site, status: int) -> None:
    assert served.fetch(f"/status?{status}")[0] == status


@pytest.mark.parametrize("status", [0, 99, 100, 199, 600, 999, 65535])
def test_a_status_of_no_answer_is_refused(served: Site, status: int) -> None:
    assert served.fetch(f"/status?{status}")[::2] == (200, b"refused")


def test_an_answer_without_a_body_is_whole(served: Site) -> None:
    assert served.fetch("/empty") == (
        200,
        {b"content-length": b"0", b"connection": b"close"},
        b"",
    )


def test_several_requests_on_one_connection_are_answered_in_order(served: Site) -> None:
    three = b"".join(b"GET /request?%d HTTP/1.1\r\nhost: h\r\n\r\n" % n for n in range(3))
    found = answers(served.send(three), ["GET"] * 3)
    assert [body.split(b"\n")[0] for _, _, body in found] == [
        b"get http h /request?%d" % n for n in range(3)
    ]


def test_what_surrounds_a_guest_is_its_own(twin: str) -> None:
    env = (("GREETING", "hello"), ("EMPTY", ""))
    with site(env=env, args=("--quick", "")) as served:
        assert served.text("/around") == ("app --quick  \nGREETING=hello\nEMPTY=\nstdin is closed")


def test_time_passes_and_chance_is_fair(served: Site) -> None:
    passed, wall, nanoseconds, one, other, different = map(int, served.text("/time").split())
    assert 3_000_000 <= passed < 10**10
    assert 1_790_000_000 < wall < 5_000_000_000
    assert nanoseconds < 10**9
    assert one != other
    assert different > 200


def test_the_clock_of_the_wall_and_the_settings_of_a_pool_change_nothing() -> None:
    with site(settings(isolation="pool", reuse=3)) as served:
        assert [served.text("/visits") for _ in range(7)] == ["1", "2", "3", "1", "2", "3", "1"]
    assert [cold for *_, cold in served.meter.outcomes] == [True, False, False] * 2 + [True]

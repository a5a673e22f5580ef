"""Connections: to the address that was checked, to the server that proves its name."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.net.conftest import (
    Reply,
    client,
    fails,
    get,
    proving,
    raw,
    served,
    trusting,
    until,
    whole,
)
from wherever.net import connecting
from wherever.net.error import NetError
from wherever.net.request import Request

Run = Callable[[Any], Any]


def at(*addresses: str) -> Any:
    """A resolver that says this of every name."""

    async def resolver(host: str) -> list[str]:
        return list(addresses)

    return resolver


def secure(port: int, host: str = "api.test") -> Request:
    return Request.of("GET", "https", f"{host}:{port}")


# ----- TLS


def test_a_server_that_proves_its_name_is_spoken_to(run: Run) -> None:
    context = proving("good")
    context.set_alpn_protocols(["h2", "http/1.1"])
    asked = []
    context.sni_callback = lambda made, name, _context: asked.append(name)

    async def story() -> None:
        async with served(lambda seen: Reply(body=[b"x" * 100_000] * 20), context) as site:
            ours = client(site.port, context=trusting(), resolver=at("127.0.0.1"))
            assert await whole(ours.start(secure(site.port))) == (200, b"x" * 2_000_000)
            assert await whole(ours.start(secure(site.port))) == (200, b"x" * 2_000_000)
            assert await whole(ours.start(secure(site.port, "127.0.0.1")))
            (first, *_) = site.seen
            assert (b"host", b"api.test:%d" % site.port) in first.headers
            assert (asked, site.connections) == (["api.test", None], 2)
            ours.close()

    run(story())


async def said(context: ssl.SSLContext, host: str = "api.test", trust: Any = None) -> str:
    async with served(context=context) as site:
        ours = client(site.port, context=trust or trusting(), resolver=at("127.0.0.1"))
        try:
            await whole(ours.start(secure(site.port, host)))
        except NetError as error:
            assert site.seen == []
            return str(error)
        finally:
            ours.close()
        return "nothing"


def test_a_certificate_that_is_over(run: Run) -> None:
    assert run(said(proving("expired"))) == (
        "TLS-certificate-error: the certificate of api.test is not good: certificate has expired"
    )


def test_a_certificate_of_a_stranger(run: Run) -> None:
    assert run(said(proving("stranger"))) == (
        "TLS-certificate-error: the certificate of api.test is not good:"
        " unable to get local issuer certificate"
    )


def test_a_certificate_of_another_name(run: Run) -> None:
    assert run(said(proving("good"), "other.test")) == (
        "TLS-certificate-error: the certificate of other.test is not good:"
        " Hostname mismatch, certificate is not valid for 'other.test'"
    )


def test_what_the_system_trusts_is_what_is_trusted(run: Run) -> None:
    context = connecting.tls()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert run(said(proving("good"), trust=context)).startswith("TLS-certificate-error: ")


def test_a_server_that_wants_another_tls_says_so(run: Run) -> None:
    """A server in a thread: those of the loops hang up before they have said it."""
    old = trusting()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    new = proving("good")
    new.minimum_version = ssl.TLSVersion.TLSv1_3

    def serve(listener: socket.socket) -> None:
        connected, _ = listener.accept()
        with pytest.raises(ssl.SSLError):
            new.wrap_socket(connected, server_side=True)

    async def story(port: int) -> None:
        ours = client(port, context=old, resolver=at("127.0.0.1"))
        with pytest.raises(NetError, match=r"api\.test ended the handshake") as caught:
            await whole(ours.start(secure(port)))
        assert (caught.value.code, caught.value.payload) == (
            "TLS-alert-received",
            {"alert-id": 70, "alert-message": "tlsv1 alert protocol version"},
        )
        ours.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        run(story(listener.getsockname()[1]))
        server.join(5)


def test_a_server_without_tls(run: Run) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    async def story() -> None:
        async with raw(talk) as port:
            ours = client(port, context=trusting(), resolver=at("127.0.0.1"))
            assert await fails(ours.start(secure(port))) == "TLS-protocol-error"
            ours.close()

    run(story())


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_body_without_length_over_tls_is_whole_where_its_server_says_so(
    run: Run, is_whole: bool
) -> None:
    """Anyone on the way can end a connection; only the server can say that this is the end."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\npay 100")
        if is_whole:
            writer.write(b"0")
            return
        await asyncio.sleep(0.01)
        with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as wire:
            wire.shutdown(socket.SHUT_WR)
        await reader.read()

    async def story() -> None:
        async with raw(talk, proving("good")) as port:
            ours = client(port, context=trusting(), resolver=at("127.0.0.1"))
            call = ours.start(secure(port))
            if is_whole:
                assert await whole(call) == (200, b"pay 1000")
            else:
                assert await fails(call) == "HTTP-response-incomplete"
            ours.close()

    run(story())


# ----- TCP


def test_nobody_listens(run: Run) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]

        async def story() -> None:
            ours = client(port)
            with pytest.raises(NetError) as caught:
                await ours.start(get(port)).response()
            assert str(caught.value) == (
                "connection-refused: cannot reach 127.0.0.1: connection refused"
            )
            ours.close()

        run(story())


def test_the_next_address_is_tried(run: Run, descriptors: Callable[[], int]) -> None:
    async def story() -> None:
        async with served() as site:
            before = descriptors()
            resolver = at("::1", "127.0.0.2", "127.0.0.1")
            ours = client(site.port, resolver=resolver)
            assert await whole(ours.start(get(site.port, host="api.test"))) == (200, b"hello")
            assert descriptors() == before + 2  # both ends of one connection
            ours.close()

    run(story())


def test_an_address_that_is_silent_holds_nobody_up(
    run: Run, descriptors: Callable[[], int]
) -> None:
    async def story() -> None:
        async with served() as site:
            silent = socket.socket()
            silent.bind(("127.0.0.9", site.port))
            silent.listen(0)
            callers = [socket.socket() for _ in range(3)]
            for caller in callers:
                caller.setblocking(False)
                caller.connect_ex(("127.0.0.9", site.port))
            before = descriptors()
            ours = client(site.port, resolver=at("127.0.0.9", "127.0.0.1"))
            assert await whole(ours.start(get(site.port, host="api.test"))) == (200, b"hello")
            await until(lambda: descriptors() == before + 2)
            ours.close()
            for held in (silent, *callers):
                held.close()

    run(story())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENETUNREACH, "x"), "destination-IP-unroutable"),
        (OSError(errno.EHOSTUNREACH, "x"), "destination-IP-unroutable"),
        (TimeoutError(errno.ETIMEDOUT, "x"), "connection-timeout"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "connection-terminated"),
        (ConnectionResetError("x"), "connection-terminated"),
        (OSError(errno.EMFILE, "x"), "connection-limit-reached"),
        (OSError(errno.EACCES, "x"), "destination-unavailable"),
        (ssl.SSLError(1, "x"), "TLS-protocol-error"),
    ],
)
def test_errors_of_the_system_have_their_case(error: OSError, code: str) -> None:
    assert connecting.of_system(error, "a.test").code == code


def test_addresses_of_two_kinds_take_turns() -> None:
    mixed = ["::1", "::2", "::3", "127.0.0.1"]
    assert connecting._in_turns(mixed) == ["::1", "127.0.0.1", "::2", "::3"]
    assert connecting._in_turns(["127.0.0.1", "127.0.0.2"]) == ["127.0.0.1", "127.0.0.2"]

"""Requests that two readers could understand in two ways: answered as an error, and closed.

Behind each stands a second request, `/smuggled`, where the sender of such a thing would have it:
no app may ever see that.
"""

from __future__ import annotations

import socket

import pytest

from tests.edge.http.serving import Recorder, answers, hello, read_all, serving
from wherever.edge.http.limits import Limits

NEXT = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LENGTH = b"Content-Length: 5\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"


def get(line: bytes = b"GET / HTTP/1.1", fields: bytes = b"Host: x\r\n") -> bytes:
    return line + b"\r\n" + fields + b"\r\n"


def field(line: bytes) -> bytes:
    return get(fields=b"Host: x\r\n" + line + b"\r\n")


def coding(*lines: bytes) -> bytes:
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + CHUNKS


def length(*lines: bytes) -> bytes:
    return POST + b"".join(line + b"\r\n" for line in lines) + b"\r\nhello"


def chunks(data: bytes) -> bytes:
    return POST + CHUNKED + b"\r\n" + data


LENGTHS = {
    "two": length(b"Content-Length: 5", b"Content-Length: 6"),
    "two that agree": length(b"Content-Length: 5", b"Content-Length: 5"),
    "two in other letters": length(b"Content-Length: 5", b"CONTENT-LENGTH: 5"),
    "a list": length(b"Content-Length: 5, 5"),
    "a list of others": length(b"Content-Length: 5, 6"),
    "plus": length(b"Content-Length: +5"),
    "minus": length(b"Content-Length: -5"),
    "minus nothing": length(b"Content-Length: -0"),
    "hexadecimal": length(b"Content-Length: 0x5"),
    "hexadecimal digits": length(b"Content-Length: a"),
    "underscores": length(b"Content-Length: 0_5"),
    "a point": length(b"Content-Length: 5.0"),
    "an exponent": length(b"Content-Length: 5e0"),
    "empty": length(b"Content-Length:"),
    "blank": length(b"Content-Length: \t"),
    "a space inside": length(b"Content-Length: 5 5"),
    "other digits": length(b"Content-Length: \xef\xbc\x95"),
    "superscript": length(b"Content-Length: \xb2"),
    "quotes": length(b'Content-Length: "5"'),
    "a semicolon": length(b"Content-Length: 5;"),
    "a vertical tab": length(b"Content-Length: \x0b5"),
    "a NUL": length(b"Content-Length: 5\x00"),
    "a space before the colon": length(b"Content-Length : 5"),
    "a tab before the colon": length(b"Content-Length\t: 5"),
    "a space before the name": length(b" Content-Length: 5"),
    "both": POST + LENGTH + CHUNKED + b"\r\n" + CHUNKS,
    "both, the other way": POST + CHUNKED + LENGTH + b"\r\n" + CHUNKS,
    "both, of nothing": POST + b"Content-Length: 0\r\n" + CHUNKED + b"\r\n" + CHUNKS,
    "both, the coding unknown": coding(b"Content-Length: 5", b"Transfer-Encoding: identity"),
    "both, the coding empty": coding(b"Content-Length: 5", b"Transfer-Encoding:"),
}

CODINGS = {
    "two": coding(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
    "two, one unknown": coding(b"Transfer-Encoding: chunked", b"Transfer-Encoding: cow"),
    "two, one identity": coding(b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked"),
    "twice": coding(b"Transfer-Encoding: chunked, chunked"),
    "not last": coding(b"Transfer-Encoding: chunked, gzip"),
    "with identity": coding(b"Transfer-Encoding: identity, chunked"),
    "then identity": coding(b"Transfer-Encoding: chunked, identity"),
    "identity": coding(b"Transfer-Encoding: identity"),
    "unknown": coding(b"Transfer-Encoding: cow"),
    "prefixed": coding(b"Transfer-Encoding: xchunked"),
    "suffixed": coding(b"Transfer-Encoding: chunkedx"),
    "comma before": coding(b"Transfer-Encoding: , chunked"),
    "comma after": coding(b"Transfer-Encoding: chunked,"),
    "semicolon": coding(b"Transfer-Encoding: chunked;q=1"),
    "quoted": coding(b'Transfer-Encoding: "chunked"'),
    "quoted once": coding(b"Transfer-Encoding: 'chunked'"),
    "empty": coding(b"Transfer-Encoding:"),
    "empty, then right": coding(b"Transfer-Encoding:", b"Transfer-Encoding: chunked"),
    "a vertical tab": coding(b"Transfer-Encoding: \x0bchunked"),
    "a form feed": coding(b"Transfer-Encoding: chunked\x0c"),
    "a NUL": coding(b"Transfer-Encoding: chunked\x00"),
    "a no-break space": coding(b"Transfer-Encoding:\xa0chunked"),
    "a high letter": coding(b"Transfer-Encoding: chunked\xff"),
    "folded": coding(b"Transfer-Encoding:\r\n chunked"),
    "folded by a tab": coding(b"Transfer-Encoding:\r\n\tchunked"),
    "folded away": coding(b"X: y\r\n Transfer-Encoding: chunked"),
    "a bare return": coding(b"X: y\rTransfer-Encoding: chunked"),
    "a bare line feed": coding(b"X: y\nTransfer-Encoding: chunked"),
    "a space before the colon": coding(b"Transfer-Encoding : chunked"),
    "a tab before the colon": coding(b"Transfer-Encoding\t: chunked"),
    "a space before the name": coding(b" Transfer-Encoding: chunked"),
    "a control before the name": coding(b"\x01Transfer-Encoding: chunked"),
    "a return in the name": coding(b"Transfer\r-Encoding: chunked"),
    "no colon": coding(b"Transfer-Encoding chunked"),
    "in the old protocol": b"POST / HTTP/1.0\r\nHost: x\r\n" + CHUNKED + b"\r\n" + CHUNKS,
    "in the old protocol, unknown": b"POST / HTTP/1.0\r\nTransfer-Encoding: x\r\n\r\n" + CHUNKS,
}

CHUNK = {
    "a space after the size": chunks(b"5 \r\nhello\r\n0\r\n\r\n"),
    "a space before the size": chunks(b" 5\r\nhello\r\n0\r\n\r\n"),
    "a tab after the size": chunks(b"5\t\r\nhello\r\n0\r\n\r\n"),
    "0x": chunks(b"0x5\r\nhello\r\n0\r\n\r\n"),
    "plus": chunks(b"+5\r\nhello\r\n0\r\n\r\n"),
    "minus": chunks(b"-5\r\nhello\r\n0\r\n\r\n"),
    "minus nothing": chunks(b"-0\r\n\r\n"),
    "underscores": chunks(b"0_5\r\nhello\r\n0\r\n\r\n"),
    "no digit": chunks(b"g\r\nhello\r\n0\r\n\r\n"),
    "no size": chunks(b"\r\nhello\r\n0\r\n\r\n"),
    "only an extension": chunks(b";a=b\r\nhello\r\n0\r\n\r\n"),
    "an overflow of 64 bits": chunks(b"10000000000000005\r\nhello\r\n0\r\n\r\n"),
    "an overflow of 32 bits by zeros": chunks(b"0" * 16 + b"5\r\nhello\r\n0\r\n\r\n"),
    "the largest of 64 bits": chunks(b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    "a line feed after the size": chunks(b"5\nhello\r\n0\r\n\r\n"),
    "a return after the size": chunks(b"5\rhello\r\n0\r\n\r\n"),
    "two returns after the size": chunks(b"5\r\r\nhello\r\n0\r\n\r\n"),
    "a NUL after the size": chunks(b"5\x00\r\nhello\r\n0\r\n\r\n"),
    "a line feed in an extension": chunks(b"5;a\nb\r\nhello\r\n0\r\n\r\n"),
    "a return in an extension": chunks(b"5;a\rb\r\nhello\r\n0\r\n\r\n"),
    "a NUL in an extension": chunks(b"5;\x00\r\nhello\r\n0\r\n\r\n"),
    "an extension without a name": chunks(b"5;\r\nhello\r\n0\r\n\r\n"),
    "an extension without a value": chunks(b"5;a=\r\nhello\r\n0\r\n\r\n"),
    "an extension half in quotes": chunks(b'5;a="b\r\nhello\r\n0\r\n\r\n'),
    "an extension with a space": chunks(b"5; a\r\nhello\r\n0\r\n\r\n"),
    "a long extension": chunks(b"5;" + b"a" * 300 + b"\r\nhello\r\n0\r\n\r\n"),
    "many extensions": chunks((b"1;" + b"a" * 250 + b"\r\nx\r\n") * 100 + b"0\r\n\r\n"),
    "a longer chunk": chunks(b"5\r\nhello!\r\n0\r\n\r\n"),
    "a shorter chunk": chunks(b"5\r\nhell\r\n0\r\n\r\n"),
    "no end": chunks(b"5\r\nhello0\r\n\r\n"),
    "a line feed for an end": chunks(b"5\r\nhello\n0\r\n\r\n"),
    "a return for an end": chunks(b"5\r\nhello\r0\r\n\r\n"),
    "two ends": chunks(b"5\r\nhello\r\n\r\n0\r\n\r\n"),
    "a last line feed": chunks(b"5\r\nhello\r\n0\n\n"),
    "a last bare line feed": chunks(b"5\r\nhello\r\n0\r\n\n"),
    "a trailer with no colon": chunks(b"0\r\nabc\r\n\r\n"),
    "a trailer with a space": chunks(b"0\r\na b: c\r\n\r\n"),
    "a trailer before its colon": chunks(b"0\r\na : c\r\n\r\n"),
    "a trailer folded": chunks(b"0\r\na: b\r\n c\r\n\r\n"),
    "a trailer with a line feed": chunks(b"0\r\na: b\nc: d\r\n\r\n"),
    "a trailer with a NUL": chunks(b"0\r\na: \x00\r\n\r\n"),
    "a trailer of the head": chunks(b"0\r\nContent-Length: 5\r\n\r\n"),
    "a trailer with a coding": chunks(b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a trailer with a host": chunks(b"0\r\nHost: other\r\n\r\n"),
    "a trailer of the connection": chunks(b"0\r\nConnection: close\r\n\r\n"),
}

HEADS = {
    "bare line feeds": b"GET / HTTP/1.1\nHost: x\n\n",
    "a bare line feed after the request line": b"GET / HTTP/1.1\nHost: x\r\n\r\n",
    "a bare line feed after a header": b"GET / HTTP/1.1\r\nHost: x\n\r\n",
    "bare returns": b"GET / HTTP/1.1\rHost: x\r\r",
    "a return too many": b"GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
    "no end of the line": b"GET / HTTP/1.1 Host: x\r\n\r\n",
    "empty lines": b"\r\n\r\n" + get(),
    "an empty line with a space": b" \r\n" + get(),
    "a bare line feed before": b"\n" + get(),
    "spaces before": get(b" GET / HTTP/1.1"),
    "two spaces": get(b"GET  / HTTP/1.1"),
    "two spaces before the version": get(b"GET /  HTTP/1.1"),
    "a tab": get(b"GET\t/ HTTP/1.1"),
    "a tab before the version": get(b"GET /\tHTTP/1.1"),
    "a space at the end": get(b"GET / HTTP/1.1 "),
    "a space in the target": get(b"GET /a b HTTP/1.1"),
    "no target": get(b"GET HTTP/1.1"),
    "an empty target": get(b"GET  HTTP/1.1"),
    "no version": get(b"GET /"),
    "no version, and no header": b"GET /\r\n\r\n",
    "a version in small letters": get(b"GET / http/1.1"),
    "a version of three": get(b"GET / HTTP/1.1.1"),
    "a version of two digits": get(b"GET / HTTP/1.10"),
    "a version of one": get(b"GET / HTTP/1"),
    "another protocol": get(b"GET / RTSP/1.0"),
    "one more protocol": get(b"SOURCE / ICE/1.0"),
    "no slash in the version": get(b"GET / HTTP1.1"),
    "a colon in the method": get(b"GE:T / HTTP/1.1"),
    "brackets for a method": get(b"<GET> / HTTP/1.1"),
    "a high letter in the method": get(b"G\xc9T / HTTP/1.1"),
    "a long method": get(b"A" * 33 + b" / HTTP/1.1"),
    "a relative target": get(b"GET a HTTP/1.1"),
    "a relative target with a host in it": get(b"GET x.example HTTP/1.1"),
    "an asterisk": get(b"GET * HTTP/1.1"),
    "two asterisks": get(b"OPTIONS ** HTTP/1.1"),
    "a fragment": get(b"GET /a#b HTTP/1.1"),
    "a control in the target": get(b"GET /\x01 HTTP/1.1"),
    "a NUL in the target": get(b"GET /\x00 HTTP/1.1"),
    "a DEL in the target": get(b"GET /\x7f HTTP/1.1"),
    "a high letter in the target": get(b"GET /\xe9 HTTP/1.1"),
    "an address with no host": get(b"GET http:/// HTTP/1.1"),
    "an address with only a port": get(b"GET http://:80/ HTTP/1.1"),
    "an address with a user": get(b"GET http://a@b/ HTTP/1.1"),
    "an address with a password": get(b"GET http://a:b@c/ HTTP/1.1"),
    "an address with a backslash": get(b"GET http://a\\b/ HTTP/1.1"),
    "an address of another kind": get(b"GET ftp://x/ HTTP/1.1"),
    "an address of a file": get(b"GET file:///etc/passwd HTTP/1.1"),
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "no host beside an address": b"GET http://x/ HTTP/1.1\r\n\r\n",
    "two hosts": field(b"Host: y"),
    "two hosts that agree": field(b"Host: x"),
    "two hosts in other letters": field(b"HOST: x"),
    "two hosts in the old protocol": get(b"GET / HTTP/1.0", b"Host: x\r\nHost: y\r\n"),
    "a list of hosts": get(fields=b"Host: x, y\r\n"),
    "a host with a space": get(fields=b"Host: x y\r\n"),
    "a host with a path": get(fields=b"Host: x/y\r\n"),
    "a host with a query": get(fields=b"Host: x?y\r\n"),
    "a host with a user": get(fields=b"Host: a@x\r\n"),
    "a host with a port of letters": get(fields=b"Host: x:80a\r\n"),
    "a host with two ports": get(fields=b"Host: x:80:81\r\n"),
    "a host with a long port": get(fields=b"Host: x:000080\r\n"),
    "a host with a backslash": get(fields=b"Host: x\\y\r\n"),
    "a host with a high letter": get(fields=b"Host: \xe9\r\n"),
    "a host half in brackets": get(fields=b"Host: [::1\r\n"),
    "a host with more than brackets": get(fields=b"Host: [::1]x\r\n"),
    "a host folded": get(fields=b"Host:\r\n x\r\n"),
    "a host after a fold": get(fields=b"X: y\r\n Host: x\r\n"),
    "a host first, with a space before": get(fields=b" Host: x\r\n"),
    "a fold": field(b"A: b\r\n c"),
    "a fold by a tab": field(b"A: b\r\n\tc"),
    "a fold of nothing": field(b"A: b\r\n "),
    "a fold at once": get(fields=b" A: b\r\nHost: x\r\n"),
    "no colon": field(b"A"),
    "no name": field(b": a"),
    "a space in a name": field(b"A b: c"),
    "a space after a name": field(b"A : b"),
    "a tab after a name": field(b"A\t: b"),
    "a NUL in a name": field(b"A\x00: b"),
    "a control in a name": field(b"A\x0b: b"),
    "a high letter in a name": field(b"\xc3\x89: b"),
    "a bracket in a name": field(b"A(b): c"),
    "a quote in a name": field(b'"A": b'),
    "a slash in a name": field(b"A/b: c"),
    "a comma in a name": field(b"A,Content-Length: 5"),
    "a semicolon in a name": field(b"A;b: c"),
    "an equals sign in a name": field(b"A=b: c"),
    "an at in a name": field(b"A@b: c"),
    "a NUL in a value": field(b"A: b\x00c"),
    "a return in a value": field(b"A: b\rc"),
    "a line feed in a value": field(b"A: b\nc"),
    "a bell in a value": field(b"A: \x07"),
    "an escape in a value": field(b"A: \x1b[2J"),
    "a DEL in a value": field(b"A: \x7f"),
    "a vertical tab in a value": field(b"A: b\x0bc"),
}

TLS = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

OTHERS = {
    "a longer length than can be": (413, length(b"Content-Length: 99999999999999999999")),
    "a length that overflows": (413, length(b"Content-Length: 18446744073709551621")),
    "a length above what is taken": (413, length(b"Content-Length: 100001")),
    "chunks above what is taken": (
        413,
        chunks((b"ffff\r\n" + bytes(0xFFFF) + b"\r\n") * 2 + b"0\r\n\r\n"),
    ),
    "a chunk above what is taken": (413, chunks(b"fffffffffffff\r\nhello")),
    "a coding that is none of ours": (501, coding(b"Transfer-Encoding: gzip, chunked")),
    "a coding alone": (501, coding(b"Transfer-Encoding: gzip")),
    "a proxy's method": (501, get(b"CONNECT x:443 HTTP/1.1")),
    "a proxy's method with a path": (501, get(b"CONNECT / HTTP/1.1")),
    "the next protocol": (505, get(b"GET / HTTP/2.0")),
    "the next protocol's preface": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "the first protocol": (505, get(b"GET / HTTP/0.9")),
    "a version that never was": (505, get(b"GET / HTTP/1.2")),
    "an expectation": (417, field(b"Expect: miracles")),
    "a long target": (414, get(b"GET /" + b"a" * 8192 + b" HTTP/1.1")),
    "a target without an end": (414, b"GET /" + b"a" * 40_000),
    "a target without an end and a header": (414, b"\r\nGET /" + b"a" * 40_000 + b"\r\nHost: x"),
    "a long header": (431, field(b"A: " + b"b" * 33_000)),
    "a long header without an end": (431, b"GET / HTTP/1.1\r\nA: " + b"b" * 33_000),
    "many headers": (431, field(b"\r\n".join(b"A: b" for _ in range(100)))),
    "10,000 headers": (431, field(b"\r\n".join(b"A: b" for _ in range(10_000)))),
    "many trailers": (431, chunks(b"0\r\n" + b"a: b\r\n" * 101 + b"\r\n")),
    "long trailers": (431, chunks(b"0\r\na: " + b"b" * 9000 + b"\r\n\r\n")),
    "TLS": (400, TLS),
}

REFUSED = {
    **{f"{family}: {name}": (400, data)
       for family, table in (
           ("lengths", LENGTHS), ("codings", CODINGS), ("chunks", CHUNK), ("heads", HEADS)
       )
       for name, data in table.items()},
    **{f"others: {name}": case for name, case in OTHERS.items()},
}  # fmt: skip


@pytest.fixture(scope="module")
def served():
    limits = Limits(body_bytes=100_000)
    with serving(app := Recorder(hello), limits) as served:
        yield served, app


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_and_nothing_behind_it_is_read(name: str, served):
    server, app = served
    app.seen.clear()
    status, data = REFUSED[name]
    method = "HEAD" if data.startswith(b"HEAD") else "GET"
    came = server.send(data + NEXT)
    [(got, headers, body)] = answers(came, [method])
    assert (got, headers[b"connection"], app.seen) == (status, b"close", []), body
    assert body.count(b"\n") == 1 and body.isascii()


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_though_it_comes_byte_by_byte(name: str, served):
    """What is read in pieces is read by other code: it must come to the same."""
    server, app = served
    app.seen.clear()
    status, data = REFUSED[name]
    if len(data) > 2000:
        pieces = [data[at : at + 7777] for at in range(0, len(data), 7777)]
    else:
        pieces = [data[at : at + 1] for at in range(len(data))]
    with server.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in [*pieces, NEXT]:
            client.sendall(piece)
        client.shutdown(socket.SHUT_WR)
        came = read_all(client)
    [(got, headers, _)] = answers(came, ["GET"])
    assert (got, headers[b"connection"], app.seen) == (status, b"close", [])


ALLOWED = {
    "an empty line before": b"\r\n" + get(),
    "spaces and tabs around a value": field(b"A:\t b \t"),
    "an empty value": field(b"A:"),
    "high letters in a value": field(b"A: \xe9"),
    "an empty host": get(fields=b"Host:\r\n"),
    "a host of the newer kind": get(fields=b"Host: [::1]:80\r\n"),
    "an own method": get(b"BREW / HTTP/1.1"),
    "an asterisk": get(b"OPTIONS * HTTP/1.1"),
    "an address": get(b"GET HTTP://other:80/a HTTP/1.1"),
    "an address without a path": get(b"GET http://other?a HTTP/1.1"),
    "what browsers do not encode": get(b"GET /|[]{}^`\"<>\\ HTTP/1.1"),
    "a length with zeros": length(b"Content-Length: 0005"),
    "a coding in other letters": coding(b"transfer-encoding: CHUNKED"),
    "an extension": chunks(b"5;a=\"b c\"\r\nhello\r\n0;last\r\n\r\n"),
    "a size with zeros": chunks(b"0005\r\nhello\r\n000\r\n\r\n"),
    "another protocol that is offered with a body": length(
        b"Connection: Upgrade", b"Upgrade: h2c", b"Content-Length: 5"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_unusual_but_clear_is_read_as_it_stands(name: str, served):
    server, app = served
    app.seen.clear()
    server.send(ALLOWED[name], NEXT)
    assert [bool(exchange.body) for exchange in app.seen] == [b"hello" in ALLOWED[name], False]
    assert [exchange.body or b"hello" for exchange in app.seen] == [b"hello", b"hello"]
    assert app.seen[1].target == b"/smuggled"


def test_an_address_in_the_target_overrides_the_host():
    app = Recorder(hello)
    with serving(app) as server:
        server.send(get(b"GET http://other:80/a?b HTTP/1.1", b"A: b\r\nHost: x\r\n"))
        server.send(get(b"GET http://other?b HTTP/1.1"))
        server.send(get(b"OPTIONS http://other HTTP/1.1"))
    assert [(e.target, e.authority, e.headers) for e in app.seen] == [
        (b"/a?b", b"other:80", [(b"host", b"other:80"), (b"a", b"b")]),
        (b"/?b", b"other", [(b"host", b"other")]),
        (b"*", b"other", [(b"host", b"other")]),
    ]


def test_trailers_that_come_too_late_are_left_out():
    app = Recorder(hello)
    with serving(app) as server:
        server.send(chunks(b"0\r\nA: b\r\nAuthorization: Basic x\r\nCookie: c\r\n\r\n"))
    assert app.seen[0].trailers == [(b"a", b"b")]


def test_logs_hear_of_what_was_refused():
    with serving(Recorder(hello), Limits(headers=2)) as server:
        for data in (
            field(b"A: b\x00"),
            get(b"GET /a HTTP/3.0"),
            TLS,
            get(b"GET /\x1b HTTP/1.1"),
            field(b"A: b\r\nC: d"),
            b"\r\n" + chunks(b"x"),
        ):
            server.send(data)
    assert [line[:3] for line in server.done] == [
        ("GET", b"/", 400),
        ("GET", b"/a", 505),
        ("", b"", 400),
        ("GET", b"", 400),
        ("GET", b"/", 431),
        ("POST", b"/", 400),
    ]

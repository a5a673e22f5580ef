"""Files over HTTP: those of the folder as HTTP has them, and never anything else."""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.http.serving import Serving, answers, serving
from wherever.edge.static import StaticFiles
from wherever.errors import NotFound

OLD = 1_600_000_000
DATE = b"Sun, 13 Sep 2020 12:26:40 GMT"
SAFE = {b"x-content-type-options": b"nosniff", b"vary": b"accept-encoding"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with files of an old date, and a secret beside it."""
    root = tmp_path / "site"
    (root / "sub" / "deep").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / ".well-known").mkdir()
    for name, content in {
        "index.html": "<h1>home</h1>",
        "a b.txt": "spaces",
        "ten.txt": "0123456789",
        "sub/index.html": "<h1>sub</h1>",
        "sub/deep/x.wasm": "\0asm",
        ".well-known/security.txt": "call us",
        ".env": "PASSWORD=1",
        "sub/.git": "secret",
    }.items():
        (root / name).write_text(content)
        os.utime(root / name, (OLD, OLD))
    (tmp_path / "secret.txt").write_text("secret")
    return root


def ask(served: Serving, target: str, *fields: str, method: str = "GET"):
    head = f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    data = served.send((head + "".join(f"{each}\r\n" for each in fields) + "\r\n").encode())
    [(status, headers, body)] = answers(data, [method])
    del headers[b"connection"]
    return status, headers, body


@pytest.fixture
def served(site: Path) -> Iterator[Serving]:
    with serving(StaticFiles(str(site), fresh_seconds=0)) as served:
        yield served


def test_a_file_is_sent_with_all_that_caches_want(served: Serving):
    status, headers, body = ask(served, "/ten.txt?v=1")
    assert re.fullmatch(rb'"[0-9a-f]{18}"', headers.pop(b"etag"))
    assert (status, body, headers) == (
        200,
        b"0123456789",
        {
            **SAFE,
            b"content-type": b"text/plain; charset=utf-8",
            b"content-length": b"10",
            b"last-modified": DATE,
            b"accept-ranges": b"bytes",
        },
    )
    assert ask(served, "/ten.txt", method="HEAD")[2] == b""
    assert ask(served, "/ten.txt", method="HEAD")[1][b"content-length"] == b"10"


def test_a_folder_shows_its_index_under_an_address_with_a_slash(served: Serving):
    assert ask(served, "/")[2] == b"<h1>home</h1>"
    assert ask(served, "/sub/")[2] == b"<h1>sub</h1>"
    for target, location in (("/sub", b"./sub/"), ("/sub?a=b", b"./sub/?a=b")):
        status, headers, _ = ask(served, target)
        assert (status, headers[b"location"]) == (308, location)
    assert [ask(served, target)[0] for target in ("/empty", "/empty/", "/sub/deep")] == [404] * 3


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html", b"text/html; charset=utf-8"),
        ("a.js", b"text/javascript; charset=utf-8"),
        ("a.mjs", b"text/javascript; charset=utf-8"),
        ("a.css", b"text/css; charset=utf-8"),
        ("a.json", b"application/json"),
        ("a.svg", b"image/svg+xml"),
        ("a.wasm", b"application/wasm"),
        ("a.woff2", b"font/woff2"),
        ("a.tar.gz", b"application/gzip"),
        ("a.js.br", b"application/octet-stream"),
        ("a", b"application/octet-stream"),
        ("a.unknown", b"application/octet-stream"),
    ],
)
def test_a_file_has_the_type_of_its_name(served: Serving, site: Path, name: str, kind: bytes):
    (site / name).write_text("x")
    status, headers, _ = ask(served, f"/{name}")
    assert (status, headers[b"content-type"]) == (200, kind)
    assert b"content-encoding" not in headers


LEADS_OUT = [
    "/../secret.txt",
    "/sub/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e%2fsecret.txt",
    "/sub/..%2f..%2fsecret.txt",
    "/..%5csecret.txt",
    "/..\\secret.txt",
    "//etc/passwd",
    "/sub//index.html",
    "/%2fetc%2fpasswd",
    "/%00",
    "/index.html%00.txt",
    "/./index.html",
    "/index.html/",
    "/index.html/x",
    "/sub/.",
    "/sub/..",
    "/%252e%252e/secret.txt",
    "/.env",
    "/%2eenv",
    "/sub/.git",
    "/sub/.well-known/security.txt",
    "/link.txt",
    "/inside.txt",
    "/linked/secret.txt",
    "/linked/",
    "/loop",
    "/pipe",
    "/socket",
    "/device",
    "/folder.txt",
    "/" + "a" * 300,
    "/" + "a/" * 3000,
]


@pytest.mark.parametrize("target", LEADS_OUT)
def test_nothing_leads_out_of_the_folder(site: Path, served: Serving, target: str):
    (site / "link.txt").symlink_to("../secret.txt")
    (site / "inside.txt").symlink_to("ten.txt")
    (site / "linked").symlink_to("..")
    (site / "loop").symlink_to("loop")
    os.mkfifo(site / "pipe")
    (site / "device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(site / "socket"))
    (site / "folder.txt").mkdir()
    assert ask(served, target)[::2] == (404, b"there is no such file\n")


def test_what_an_address_may_hold(served: Serving):
    assert ask(served, "/a%20b.txt")[2] == b"spaces"
    assert ask(served, "/.well-known/security.txt")[2] == b"call us"
    assert ask(served, "/sub/deep/x.wasm")[2] == b"\0asm"


def test_files_can_only_be_read(served: Serving, site: Path):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
        status, headers, _ = ask(served, "/ten.txt", method=method)
        assert (status, headers[b"allow"]) == (405, b"GET, HEAD")
    assert (site / "ten.txt").read_text() == "0123456789"


def test_what_stands_for_all_that_is_not_there(site: Path):
    with serving(StaticFiles(str(site), fallback="index.html")) as served:
        assert ask(served, "/a/page/of/the/app")[::2] == (200, b"<h1>home</h1>")
        assert ask(served, "/../secret.txt")[::2] == (200, b"<h1>home</h1>")
    (site / "404.html").write_text("gone")
    with serving(StaticFiles(str(site), fallback="404.html")) as served:
        assert ask(served, "/nothing")[::2] == (404, b"gone")
        assert ask(served, "/nothing", "If-None-Match: *")[0] == 404


def test_a_folder_that_is_not_there_is_said_at_once(tmp_path: Path):
    with pytest.raises(NotFound) as caught:
        StaticFiles(str(tmp_path / "none"))
    assert str(caught.value) == f"there is no folder {tmp_path}/none; make it, or mend the path"


def test_what_a_client_has_is_not_sent_again(served: Serving, site: Path):
    etag = ask(served, "/ten.txt")[1][b"etag"].decode()
    asked = {
        (f"If-None-Match: {etag}",): 304,
        (f'If-None-Match: "other", W/{etag}',): 304,
        ("If-None-Match: *",): 304,
        ('If-None-Match: "other"',): 200,
        ('If-None-Match: "other"', f"If-Modified-Since: {DATE.decode()}"): 200,
        (f"If-Modified-Since: {DATE.decode()}",): 304,
        ("If-Modified-Since: Sun, 13 Sep 2020 12:26:39 GMT",): 200,
        ("If-Modified-Since: yesterday",): 200,
        (f"If-Match: {etag}",): 200,
        (f"If-Match: W/{etag}",): 412,
        ('If-Match: "other"',): 412,
        ("If-Match: *",): 200,
        ("If-Unmodified-Since: Sun, 13 Sep 2020 12:26:39 GMT",): 412,
        (f"If-Unmodified-Since: {DATE.decode()}",): 200,
    }
    assert {fields: ask(served, "/ten.txt", *fields)[0] for fields in asked} == asked
    status, headers, body = ask(served, "/ten.txt", "If-None-Match: *")
    assert (status, body, headers[b"etag"], headers[b"vary"]) == (
        304,
        b"",
        etag.encode(),
        b"accept-encoding",
    )
    (site / "ten.txt").write_text("9876543210")
    os.utime(site / "ten.txt", (OLD, OLD + 1))
    assert ask(served, "/ten.txt", f"If-None-Match: {etag}")[0] == 200


def test_what_was_just_written_is_not_promised_to_stay(served: Serving, site: Path):
    (site / "new.txt").write_text("new")
    etag = ask(served, "/new.txt")[1][b"etag"].decode()
    assert etag.startswith('W/"')
    assert ask(served, "/new.txt", "Range: bytes=0-0", f"If-Range: {etag}")[0] == 200


@pytest.mark.parametrize(
    ("wanted", "status", "part", "body"),
    [
        ("bytes=0-3", 206, b"bytes 0-3/10", b"0123"),
        ("bytes=8-", 206, b"bytes 8-9/10", b"89"),
        ("bytes=-3", 206, b"bytes 7-9/10", b"789"),
        ("bytes=-30", 206, b"bytes 0-9/10", b"0123456789"),
        ("bytes=5-500", 206, b"bytes 5-9/10", b"56789"),
        ("BYTES= 1-1 ,", 200, None, b"0123456789"),
        ("bytes=10-", 416, b"bytes */10", b"the file has no such part\n"),
        ("bytes=-0", 416, b"bytes */10", b"the file has no such part\n"),
        ("bytes=10-20, 30-40", 416, b"bytes */10", b"the file has no such part\n"),
        ("bytes=30-40, 1-1", 206, b"bytes 1-1/10", b"1"),
        ("bytes=3-1", 200, None, b"0123456789"),
        ("bytes=a-b", 200, None, b"0123456789"),
        ("bytes=1", 200, None, b"0123456789"),
        ("bytes=-", 200, None, b"0123456789"),
        ("bytes=+1-2", 200, None, b"0123456789"),
        ("lines=1-2", 200, None, b"0123456789"),
        ("bytes=0-5,3-9", 200, None, b"0123456789"),
        ("bytes=" + ",".join(["0-0"] * 17), 200, None, b"0123456789"),
        ("bytes=99999999999999999999-", 200, None, b"0123456789"),
    ],
)
def test_a_part_of_a_file(served: Serving, wanted: str, status: int, part, body: bytes):
    got, headers, came = ask(served, "/ten.txt", f"Range: {wanted}")
    assert (got, headers.get(b"content-range"), came) == (status, part, body)


def test_several_parts_of_a_file(served: Serving):
    status, headers, body = ask(served, "/ten.txt", "Range: bytes=0-1,-2")
    boundary = headers[b"content-type"].removeprefix(b"multipart/byteranges; boundary=")
    part = b"--%b\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-range: bytes %b/10\r\n\r\n"
    assert (status, len(boundary)) == (206, 24)
    assert body == b"".join(
        (
            part % (boundary, b"0-1") + b"01\r\n",
            part % (boundary, b"8-9") + b"89\r\n",
            b"--%b--\r\n" % boundary,
        )
    )


def test_a_part_is_sent_only_of_what_the_client_has_the_rest_of(served: Serving):
    etag = ask(served, "/ten.txt")[1][b"etag"].decode()
    asked = {
        etag: 206,
        f"W/{etag}": 200,
        '"other"': 200,
        DATE.decode(): 206,
        "Sun, 13 Sep 2020 12:26:41 GMT": 200,
        "whenever": 200,
    }
    assert {
        given: ask(served, "/ten.txt", "Range: bytes=1-2", f"If-Range: {given}")[0]
        for given in asked
    } == asked
    assert ask(served, "/ten.txt", "Range: bytes=1-2", method="HEAD")[0] == 200


def test_what_lies_compressed_beside_a_file_is_sent_to_whoever_takes_it(
    served: Serving, site: Path
):
    for name, date in (("ten.txt.br", OLD), ("ten.txt.gz", OLD + 5), ("ten.txt.zst", OLD - 5)):
        (site / name).write_text(name)
        os.utime(site / name, (date, date))
    asked = {
        "": (None, b"0123456789"),
        "gzip": (b"gzip", b"ten.txt.gz"),
        "gzip, br": (b"br", b"ten.txt.br"),
        "gzip;q=1, br;q=0.5": (b"gzip", b"ten.txt.gz"),
        "br;q=0, *": (b"gzip", b"ten.txt.gz"),
        "gzip;q=0": (None, b"0123456789"),
        "zstd": (None, b"0123456789"),
        "identity": (None, b"0123456789"),
        "gzip;q=x": (None, b"0123456789"),
    }
    found = {}
    tags = set()
    for accepted in asked:
        _, headers, body = ask(served, "/ten.txt", f"Accept-Encoding: {accepted}")
        assert headers[b"content-type"] == b"text/plain; charset=utf-8"
        assert headers[b"vary"] == b"accept-encoding"
        found[accepted] = (headers.get(b"content-encoding"), body)
        tags.add(headers[b"etag"])
    assert found == asked
    assert len(tags) == 3
    (site / "ten.txt.br").unlink()
    (site / "ten.txt.br").symlink_to("../secret.txt")
    assert ask(served, "/ten.txt", "Accept-Encoding: br")[2] == b"0123456789"


def test_a_large_file_comes_in_pieces_and_parts(served: Serving, site: Path):
    content = os.urandom(3 << 20)
    (site / "large").write_bytes(content)
    assert ask(served, "/large")[2] == content
    status, headers, body = ask(served, "/large", "Range: bytes=1000000-2500000")
    assert (status, headers[b"content-length"]) == (206, b"1500001")
    assert body == content[1_000_000:2_500_001]
    status, _, body = ask(served, "/large", "Range: bytes=0-99999,3000000-")
    assert (status, content[:100_000] in body, content[3_000_000:] in body) == (206, True, True)
    assert ask(served, "/large", method="HEAD")[1][b"content-length"] == b"3145728"


def test_a_file_that_shrinks_while_it_is_sent_is_cut(served: Serving, site: Path):
    (site / "large").write_bytes(bytes(32 << 20))
    with served.connect() as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        came = len(client.recv(1000))
        os.truncate(site / "large", 1 << 20)
        try:
            while piece := client.recv(1 << 20):
                came += len(piece)
        except ConnectionResetError:
            pass
    assert 1000 <= came < 32 << 20


def test_descriptors_come_back_whatever_the_client_does(served: Serving, site: Path):
    (site / "large").write_bytes(bytes(16 << 20))
    asked = [
        "GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
        "HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /large HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n\r\n",
        "GET /large HTTP/1.1\r\nHost: x\r\nIf-Match: x\r\n\r\n",
        "GET /large HTTP/1.1\r\nHost: x\r\nRange: bytes=99999999-\r\n\r\n",
        "GET /sub HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /pipe HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /none/none HTTP/1.1\r\nHost: x\r\n\r\n",
    ]

    def rush() -> None:
        for request in asked * 3:
            with served.connect() as client:
                client.sendall(request.encode())
                client.recv(100)
        served.until(lambda: served.server.connections == 0)

    rush()
    # The threads that read are there now.
    before = len(os.listdir("/proc/self/fd"))
    rush()
    served.until(lambda: len(os.listdir("/proc/self/fd")) <= before)


def test_a_file_is_remembered_for_a_moment_and_then_looked_at(site: Path):
    app = StaticFiles(str(site), cache_control="max-age=60", fresh_seconds=0.2)
    with serving(app) as served:
        assert ask(served, "/ten.txt")[1][b"cache-control"] == b"max-age=60"
        (site / "ten.txt").write_text("other")
        assert ask(served, "/ten.txt")[2] == b"0123456789"
        time.sleep(0.25)
        assert ask(served, "/ten.txt")[2] == b"other"

"""Guests that ask others while they answer: by grant, and apps of their own server in memory."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.edge.abuse.serving import Real, app, real
from tests.edge.guest.answering import settings, site
from tests.edge.guest.building import guest
from tests.edge.site import site as answering
from wherever.net import client
from wherever.net.error import CASES


class Upstream(ThreadingHTTPServer):
    """A server of somebody else's, which remembers who asked it for what."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_over = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)
        self.port: int = self.server_address[1]


class Handler(BaseHTTPRequestHandler):
    """`/late` waits, `/elsewhere` leads away, what is posted comes back, all else is `hello`."""

    server: Upstream

    def do_GET(self) -> None:
        self.server.asked.append(f"GET {self.path}")
        if self.path == "/late":
            self.server.is_over.wait(15)
        status = 302 if self.path == "/elsewhere" else 200
        self.send_response(status)
        self.send_header("location", f"http://127.0.0.2:{self.server.port}/there")
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(f"POST {self.path}")
        self.send_response(201)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said.upper())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.is_over.set()
        made.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def served(
    upstream: Upstream, kept_tools: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Real]:
    """The command, with apps that may ask for much, for little and for nothing."""
    folder = tmp_path_factory.mktemp("outgoing")
    word = folder / "word.wat"
    word.write_text(answering("word"))
    asks, port = guest("asks"), upstream.port
    with real(
        folder,
        app("asks", asks, f'network = ["127.0.0.1:{port}", "localhost:{port}"]'),
        app("named", asks, f'network = ["*.example.test:{port}"]'),
        app("other", asks, f'network = ["127.0.0.1:{port + 1}"]'),
        app("none", asks),
        app("word", word),
        app("hidden", word, "private = true"),
        app("between", asks, "private = true"),
        app("behind", word, 'middleware = ["between"]'),
        app("twice-behind", word, 'middleware = ["between", "between"]'),
    ) as server:
        yield server


@contextmanager
def unasked(upstream: Upstream) -> Iterator[None]:
    """Nobody comes to the upstream meanwhile."""
    before = list(upstream.asked)
    yield
    assert upstream.asked == before


def error(name: str) -> bytes:
    return f"error {CASES.index(name)}".encode()


def test_what_is_granted_is_answered(served: Real, upstream: Upstream) -> None:
    for host in ("127.0.0.1", "localhost"):
        said = served.ask(f"/asks/ask?{host}:{upstream.port}/page")
        assert said == (200, b"200 hello")
    assert upstream.asked[-2:] == ["GET /page"] * 2


def test_a_body_goes_out_and_comes_back(served: Real, upstream: Upstream) -> None:
    with socket.create_connection(served.address, 15) as sock:
        sock.sendall(
            f"POST /asks/post?127.0.0.1:{upstream.port}/new HTTP/1.1\r\nhost: x\r\n"
            f"connection: close\r\ncontent-length: 30000\r\n\r\n{'some words' * 3000}".encode()
        )
        said = b"".join(iter(lambda: sock.recv(65536), b"")).partition(b"\r\n\r\n")[2]
    assert said == b"201 " + b"SOME WORDS" * 3000
    assert upstream.asked[-1] == "POST /new"


def test_two_calls_are_under_way_at_once(served: Real, upstream: Upstream) -> None:
    said = served.ask(f"/asks/twice?127.0.0.1:{upstream.port}/both")
    assert said == (200, b"200 hello, 200 hello")


@pytest.mark.parametrize(
    ("app", "host"),
    [
        ("none", "127.0.0.1"),
        ("none", "localhost"),
        ("none", "example.test"),
        ("other", "127.0.0.1"),
        ("named", "127.0.0.1"),
        ("named", "localhost"),
        ("named", "example.test"),
        ("asks", "127.0.0.2"),
        ("asks", "[::1]"),
        ("asks", "[::ffff:127.0.0.2]"),
        ("asks", "2130706434"),
        ("asks", "127.0.0.1.example.test"),
        ("asks", "user@127.0.0.1"),
    ],
)
def test_what_is_not_granted_is_denied_and_never_asked(
    served: Real, upstream: Upstream, app: str, host: str
) -> None:
    with unasked(upstream):
        status, said = served.ask(f"/{app}/ask?{host}:{upstream.port}/secret")
    denied = {error(each) for each in ("HTTP-request-denied", "HTTP-request-URI-invalid")}
    assert status == 200
    assert said in denied


def test_a_redirect_is_the_guests_to_follow_and_leads_nowhere_new(
    served: Real, upstream: Upstream
) -> None:
    said = served.ask(f"/asks/ask?127.0.0.1:{upstream.port}/elsewhere")
    assert said == (200, b"302 hello")
    assert upstream.asked[-1] == "GET /elsewhere"
    with unasked(upstream):
        said = served.ask(f"/asks/ask?127.0.0.2:{upstream.port}/there")
    assert said == (200, error("HTTP-request-denied"))


def test_an_answer_that_does_not_come_in_time_is_given_up(served: Real, upstream: Upstream) -> None:
    said = served.ask(f"/asks/late?127.0.0.1:{upstream.port}/late")
    assert said == (200, error("connection-read-timeout"))


def test_nobody_who_listens_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with site(settings(), code="asks", network=(f"127.0.0.1:{port}",)) as alone:
            assert alone.text(f"/ask?127.0.0.1:{port}/") == error("connection-refused").decode()


def test_a_name_that_leads_inside_is_denied(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: what counts is the address that is connected to, each time anew."""
    answers = [["192.0.2.1", "127.0.0.1"], ["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"]]
    looked: list[str] = []

    class Resolver:
        async def __call__(self, host: str) -> list[str]:
            looked.append(host)
            return answers[len(looked) - 1]

    monkeypatch.setattr(client, "SystemResolver", Resolver)
    granted = (f"rebinds.example:{upstream.port}",)
    with unasked(upstream), site(settings(), code="asks", network=granted) as served:
        for _ in answers:
            said = served.text(f"/ask?rebinds.example:{upstream.port}/secret")
            assert said == error("destination-IP-prohibited").decode()
    assert looked == ["rebinds.example"] * len(answers)


def test_apps_of_a_server_are_asked_in_memory(served: Real) -> None:
    for name in ("word", "hidden"):
        assert served.ask(f"/none/ask?{name}.internal/any/path") == (200, b"200 word")


def test_an_app_that_is_not_there_is_said_to_be_none(served: Real) -> None:
    status, said = served.ask("/none/ask?nobody.internal/")
    assert (status, said[:4]) == (200, b"502 ")


def test_apps_that_would_wait_for_each_other_are_told(served: Real) -> None:
    status, said = served.ask("/none/ask?none.internal/ask")
    assert (status, said[:4]) == (200, b"508 ")


def test_a_middleware_passes_on_and_changes_what_comes_back(served: Real) -> None:
    assert served.ask("/behind/page?a=b") == (200, b"[word]")

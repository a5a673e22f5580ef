"""TLS and HTTP/2 on a server's processes: reloads under load, renewals, several addresses."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hyperframe.frame import DataFrame, GoAwayFrame

from tests.edge.host.running import APP, Running, get
from tests.edge.http2.speaking import Client, Raw, localhost, make_certificate, wrap
from wherever.edge.host import state

SECURED = (
    '[server]\nlisten = ["https://127.0.0.1:0", "127.0.0.1:0"]\nworkers = 2\ndrain = 5\n'
    'tls = {{ cert = "{}", key = "{}" }}\n'
)


@pytest.fixture
def running(fresh_home: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def run(text: str, **options: str) -> Running:
        started.append(Running(tmp_path, text, **options))
        return started[-1]

    yield run
    for each in started:
        if each.process.poll() is None:
            each.process.terminate()
        each.process.communicate(timeout=15)


def ports(name: str = "site") -> list[int]:
    told = state.about(name)["listen"]
    return [int(each.rpartition(":")[2]) for each in told]


def text(app: str = "one") -> str:
    return SECURED.format(*localhost()) + APP.replace('"one"', f'"{app}"')


class Load:
    """Clients that ask over HTTP/2, or HTTP/1.1, again and again, until told to stop.

    A connection that the server takes leave of is opened anew; what it did not answer failed.
    """

    def __init__(self, port: int, clients: int = 2) -> None:
        self.port = port
        self.answers: list[str] = []
        self.failed: list[str] = []
        self.stopped = False
        kinds = [self._one_by_one, self._at_the_same_time, self._over_http_1]
        self.threads = [
            threading.Thread(target=self._run, args=(kind,)) for kind in kinds * clients
        ]

    def __enter__(self) -> Load:
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped = True
        for each in self.threads:
            each.join()

    def wait(self, more: int) -> None:
        """Waits until that many more answers have come."""
        wanted = len(self.answers) + more
        until = time.monotonic() + 10
        while len(self.answers) < wanted and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.answers) >= wanted

    def _run(self, kind: Callable[[socket.socket], None]) -> None:
        while not self.stopped:
            try:
                kind(socket.create_connection(("127.0.0.1", self.port), timeout=10))
            except Exception as error:
                self.failed.append(repr(error))

    def _one_by_one(self, sock: socket.socket) -> None:
        with Client(sock) as client:
            while not self.stopped and client.goaway is None:
                self.answers.append(client.get().body.decode())

    def _at_the_same_time(self, sock: socket.socket) -> None:
        """By frames: h2 knows no end that is told before it comes."""
        with Raw(sock) as client:
            said: dict[int, bytes] = {}
            id, told = 1, False
            frames = client.frames()
            while not told and not self.stopped:
                for _ in range(4):
                    client.send(client.headers(id))
                    said[id] = b""
                    id += 2
                while said:
                    frame = next(frames)
                    told = told or isinstance(frame, GoAwayFrame)
                    if isinstance(frame, DataFrame):
                        said[frame.stream_id] += frame.data
                        if "END_STREAM" in frame.flags:
                            self.answers.append(said.pop(frame.stream_id).decode())

    def _over_http_1(self, sock: socket.socket) -> None:
        with wrap(sock) as client:
            head = b""
            while not self.stopped and b"connection: close" not in head:
                client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                data = b""
                while b"\r\n\r\n" not in data:
                    data += client.recv(4096) or b"the end\r\n\r\n"
                head, _, body = data.partition(b"\r\n\r\n")
                length = int(head.partition(b"content-length: ")[2].split()[0])
                while len(body) < length:
                    body += client.recv(4096)
                self.answers.append(body.decode())


def test_a_reload_under_load_loses_nothing(running: Callable[..., Running]) -> None:
    site = running(text())
    with Load(ports()[0]) as load:
        load.wait(50)
        for name in ("two", "three"):
            site.file.write_text(text(name))
            state.ask("site", do="reload")
            load.wait(100)
    assert load.failed == []
    assert {each.split()[0] for each in load.answers} == {"one", "two", "three"}


def test_plain_and_secured_addresses_stand_side_by_side(running: Callable[..., Running]) -> None:
    site = running(text())
    secured, plain = ports()
    assert site.port == secured
    assert get(plain).startswith("one ")
    with Client(socket.create_connection(("127.0.0.1", secured), timeout=10)) as client:
        assert client.get().body.startswith(b"one ")


def shown(port: int) -> str:
    """The certificate that is shown at a port."""
    trusts = ssl.create_default_context()
    trusts.check_hostname = False
    trusts.verify_mode = ssl.CERT_NONE
    with trusts.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=10)) as client:
        return hashlib.sha256(client.getpeercert(binary_form=True) or b"").hexdigest()


def test_a_certificate_is_renewed_by_a_reload(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    make_certificate(tmp_path, "localhost")
    site = running(SECURED.format("cert.pem", "key.pem") + APP)
    port = ports()[0]
    first = shown(port)
    make_certificate(tmp_path, "localhost")
    # Until then every worker shows the old one, one that was replaced as well.
    victim = site.workers()[0]
    os.kill(victim, signal.SIGKILL)
    until = time.monotonic() + 10
    while victim in site.workers() or 0 in site.workers():
        assert time.monotonic() < until
        time.sleep(0.02)
    assert {shown(port) for _ in range(8)} == {first}
    state.ask("site", do="reload")
    second = shown(port)
    assert second != first
    # A renewal that went wrong changes nothing.
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(state.InputError, match="cannot be used"):
        state.ask("site", do="reload")
    assert shown(port) == second


def test_what_could_not_be_shown_is_told_before_it_begins(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    site = running(SECURED.format("cert.pem", "key.pem") + APP)
    assert site.end() == (
        127,
        f"there is no certificate {tmp_path}/cert.pem; name its file: --tls-cert FILE, or tls in"
        " [server]\n",
    )


def test_an_address_can_begin_to_speak_tls(running: Callable[..., Running]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    plain = f'[server]\nlisten = "127.0.0.1:{port}"\n'
    site = running(plain + APP)
    assert get(port).startswith("one ")
    secured = plain.replace('"127', '"https://127')
    tls = 'tls = {{ cert = "{}", key = "{}" }}\n'.format(*localhost())
    site.file.write_text(secured + tls + APP)
    state.ask("site", do="reload")
    until = time.monotonic() + 10
    while True:
        try:
            with Client(socket.create_connection(("127.0.0.1", port), timeout=10)) as client:
                assert client.get().body.startswith(b"one ")
                break
        except ssl.SSLError:
            # The old workers may take another connection, in the moment before they go.
            assert time.monotonic() < until
    assert state.ask("site", do="status")["listen"] == [f"https://127.0.0.1:{port}"]


def test_a_certificate_that_ends_soon_is_told(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    make_certificate(tmp_path, "localhost", days=3)
    site = running(SECURED.format("cert.pem", "key.pem") + APP)
    site.process.terminate()
    assert site.end() == (
        0,
        f"the certificate {tmp_path}/cert.pem expires in 2 days; renew it, then: wherever reload\n"
        "ending: requests that are being answered may end; once more ends it now\n",
    )

"""The control socket: what is no request is told so, and keeps nobody else waiting."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.edge.host.running import APP, TWO, Running
from wherever.edge.host import state
from wherever.errors import InputError


@pytest.fixture
def site(fresh_home: Path, tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path, TWO.replace("workers = 2", "workers = 1") + APP)
    yield running
    running.process.terminate()
    running.process.communicate(timeout=15)


@pytest.fixture
def connect(
    site: Running, fresh_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., socket.socket]:
    monkeypatch.chdir(fresh_home / "servers" / "site")

    def make() -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(10)
        sock.connect("control.sock")
        return sock

    return make


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"hello\n",
        b"[]\n",
        b"{}\n",
        b'{"do": "nothing"}\n',
        b'{"do": "deploy"}\n',
        b'{"do": 1}\n',
        b"\xff\xfe\n",
        b"[" * 50_000 + b"\n",
        b'{"do": "status", "x": "' + b"x" * 100_000 + b'"}\n',
        b'{"do": "status", "x": "' + b"x" * 1_000_000 + b'"}\n',
    ],
)
def test_what_is_no_request_is_told_so(connect: Callable[[], socket.socket], line: bytes) -> None:
    with connect() as sock:
        sock.sendall(line)
        assert sock.recv(1000) == b'{"error": "this is no request"}\n'
    assert state.ask("site", do="status")["name"] == "site"


def test_who_says_nothing_keeps_nobody_waiting(connect: Callable[[], socket.socket]) -> None:
    silent = [connect() for _ in range(20)]
    assert state.ask("site", do="status")["name"] == "site"
    for sock in silent:
        sock.close()


def test_what_cannot_be_done_is_told_in_its_own_words(site: Running) -> None:
    with pytest.raises(InputError) as caught:
        state.ask("site", do="deploy", app="shop", what="x")
    assert str(caught.value) == "this server has no app called shop; the apps are: one"


def test_all_who_ask_for_the_end_are_told_of_it(
    site: Running, connect: Callable[[], socket.socket]
) -> None:
    asking = [connect() for _ in range(3)]
    # Whoever comes later is heard later: these three are heard now.
    assert state.ask("site", do="status")["name"] == "site"
    for sock in asking:
        sock.sendall(b'{"do": "stop"}\n')
    assert [sock.makefile("rb").read() for sock in asking] == [b'{"stopped": true}\n'] * 3
    assert site.process.wait(timeout=10) == 0
    for sock in asking:
        sock.close()

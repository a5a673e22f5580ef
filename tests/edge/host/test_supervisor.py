"""A server's processes: what is lost when one dies, and nothing when all are replaced."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from wherever.edge.host import state

TWO = '[server]\nlisten = "127.0.0.1:0"\nworkers = 2\ndrain = 5\n'


class Running:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, text: str, name: str = "site") -> None:
        self.name = name
        self.file = folder / "wherever.toml"
        self.file.write_text(text)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.edge.host.tiny", name, str(self.file)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        self.port = int(words[1].rpartition(":")[2]) if words[1:] else 0

    def workers(self) -> list[int]:
        return [each["pid"] for each in state.ask(self.name, do="status")["workers"]]

    def end(self) -> tuple[int, str]:
        """The exit code, and what it said."""
        _, said = self.process.communicate(timeout=15)
        return self.process.returncode, said


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


def get(port: int, path: str = "/", timeout: float = 10) -> str:
    """The body of one answer over a connection of its own."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        with sock.makefile("rb") as file:
            length = 0
            while (line := file.readline()).strip():
                name, _, value = line.lower().partition(b":")
                length = int(value) if name == b"content-length" else length
            return file.read(length).decode()


class Load:
    """Connections that ask again and again, each after its answer, until told to stop."""

    def __init__(self, port: int, connections: int = 12) -> None:
        self.port = port
        self.answers: list[str] = []
        self.failed: list[str] = []
        self.last: dict[int, str] = {}
        self.stopped = False
        self.thread = threading.Thread(target=lambda: asyncio.run(self.all(connections)))

    def __enter__(self) -> Load:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped = True
        self.thread.join()

    def wait(self, more: int) -> None:
        """Waits until that many more answers have come."""
        wanted = len(self.answers) + more
        until = time.monotonic() + 10
        while len(self.answers) < wanted and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.answers) >= wanted

    async def all(self, connections: int) -> None:
        await asyncio.gather(*(self.one(number) for number in range(connections)))

    async def one(self, number: int) -> None:
        writer = None
        while not self.stopped:
            try:
                if writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.partition(b"content-length: ")[2].split()[0])
                said = (await reader.readexactly(length)).decode()
                self.answers.append(said)
                self.last[number] = said
                if b"connection: close" in head:
                    writer.close()
                    writer = None
            except (OSError, asyncio.IncompleteReadError) as error:
                self.failed.append(f"{self.last.get(number)}: {error!r}")
                if writer is not None:
                    writer.close()
                writer = None
        if writer is not None:
            writer.close()


APP = '[[app]]\nname = "one"\npackage = "pid:0.01"\nroute = "/..."\n'


def test_a_worker_that_is_killed_loses_only_what_it_was_answering(
    running: Callable[..., Running],
) -> None:
    site = running(TWO + APP)
    with Load(site.port) as load:
        load.wait(100)
        victim = site.workers()[0]
        os.kill(victim, signal.SIGKILL)
        load.wait(100)
        until = time.monotonic() + 10
        while victim in site.workers() or 0 in site.workers():
            assert time.monotonic() < until
            time.sleep(0.02)
        load.wait(100)
    assert all(each.startswith(f"one {victim}:") for each in load.failed)
    assert len(load.failed) <= 12
    site.process.terminate()
    assert site.end() == (
        0,
        "worker 0 was ended by SIGKILL; another takes its place\n"
        "ending: requests that are being answered may end; once more ends it now\n",
    )


def test_a_reload_under_load_loses_nothing(running: Callable[..., Running]) -> None:
    site = running(TWO + APP)
    with Load(site.port) as load:
        load.wait(100)
        for name in ("two", "three"):
            site.file.write_text(TWO + APP.replace('"one"', f'"{name}"'))
            state.ask("site", do="reload")
            load.wait(100)
            assert get(site.port).split()[0] == name
    assert load.failed == []
    assert {each.split()[0] for each in load.answers} == {"one", "two", "three"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (APP.replace("pid:0.01", "broken"), "one: it does not compile; mend it"),
        (APP.replace("pid:0.01", "dies"), "was ended by SIGABRT"),
        (APP.replace("route", "rout"), ":8: app[0].rout: there is no such key; did you mean"),
        ("", "there is nothing to serve"),
        ("=", "this is not TOML"),
        (APP.replace("[[app]]", '[[app]]\nmiddleware = ["x"]'), "which is no app here"),
    ],
)
def test_what_cannot_be_served_leaves_the_old_workers_serving(
    running: Callable[..., Running], text: str, words: str
) -> None:
    site = running(TWO + APP)
    before = site.workers()
    site.file.write_text(TWO + text)
    with pytest.raises(state.InputError) as caught:
        state.ask("site", do="reload")
    assert words in str(caught.value)
    assert site.workers() == before
    assert get(site.port).split()[0] == "one"


def test_a_hang_up_reloads(running: Callable[..., Running]) -> None:
    site = running(TWO + APP)
    site.file.write_text(TWO + APP.replace('"one"', '"two"'))
    site.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 10
    while get(site.port).split()[0] != "two":
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_reload_moves_to_another_address(running: Callable[..., Running], tmp_path: Path) -> None:
    site = running(TWO + APP)
    path = tmp_path / "s.sock"
    site.file.write_text(TWO.replace("127.0.0.1:0", f"unix:{path}") + APP)
    assert state.ask("site", do="reload") == {"generation": 2}
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
    assert path.stat().st_mode & 0o777 == 0o600
    site.process.terminate()
    assert site.end()[0] == 0
    assert not path.exists()


def test_requests_end_before_the_server_does(running: Callable[..., Running]) -> None:
    site = running(TWO + APP.replace("0.01", "0.5"))
    with socket.create_connection(("127.0.0.1", site.port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        site.process.terminate()
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
    assert site.end()[0] == 0
    with pytest.raises(OSError):
        get(site.port)


def test_a_second_signal_ends_it_at_once(running: Callable[..., Running]) -> None:
    site = running(TWO + APP.replace("0.01", "60"))
    with socket.create_connection(("127.0.0.1", site.port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.2)
        site.process.send_signal(signal.SIGINT)
        assert site.process.stderr is not None
        assert site.process.stderr.readline().startswith("ending: ")
        site.process.send_signal(signal.SIGINT)
        assert site.end() == (130, "")
        assert sock.recv(4096) == b""


def test_workers_leave_with_their_supervisor(running: Callable[..., Running]) -> None:
    site = running(TWO + APP)
    workers = site.workers()
    site.process.kill()
    site.process.wait()
    until = time.monotonic() + 10
    while any(is_alive(pid) for pid in workers):
        assert time.monotonic() < until
        time.sleep(0.05)
    # And nothing that was left stands in the way of the next one.
    again = running(TWO + APP)
    assert get(again.port).split()[0] == "one"


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def test_a_server_that_cannot_begin_says_why_and_leaves_nothing(
    running: Callable[..., Running],
) -> None:
    site = running(TWO + APP.replace("pid:0.01", "broken"))
    assert site.end() == (125, "one: it does not compile; mend it\n")
    assert state.names() == []


def test_a_port_that_is_taken_is_told_with_who_has_it(running: Callable[..., Running]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site = running(TWO.replace(":0", f":{port}") + APP)
        assert site.end() == (
            125,
            f"127.0.0.1:{port} is in use by {Path('/proc/self/comm').read_text().strip()}"
            f" (pid {os.getpid()}); stop that, or choose another: --listen 127.0.0.1:0 takes a"
            " free one\n",
        )


def test_two_servers_of_one_name_are_refused(running: Callable[..., Running]) -> None:
    running(TWO + APP)
    site = running(TWO + APP)
    assert site.end() == (
        125,
        "a server called site is running; wherever stop site, or give this one another --name\n",
    )

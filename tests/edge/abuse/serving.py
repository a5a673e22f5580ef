"""`wherever serve` as its user starts it: processes, a file, a socket, and what they hold."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.edge_usage import tree, used
from tests.conftest import ROOT, scrubbed

HEAD = """\
[server]
name = "{name}"
listen = "127.0.0.1:0"
workers = {workers}
drain = "1s"
status = "off"
"""


def app(name: str, package: Path | str, *lines: str) -> str:
    """An app of a server's file, mounted at its name."""
    return "\n".join(["[[app]]", f'name = "{name}"', f'package = "{package}"', *lines, ""])


@dataclass(frozen=True)
class Held:
    """What all processes of a server hold.

    Attributes:
        memory: bytes that are resident.
        descriptors: that are open.
    """

    memory: int
    descriptors: int


class Real:
    """A server that runs.

    Attributes:
        name: of it.
        file: its file.
        port: where it answers.
        pid: of its supervisor.
    """

    def __init__(self, folder: Path, text: str, workers: int = 1) -> None:
        self.name = f"abuse-{secrets.token_hex(4)}"
        self.file = folder / "wherever.toml"
        self._head = HEAD.format(name=self.name, workers=workers)
        self.write(text)
        self._said = (folder / "said").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "wherever", "serve", str(self.file), "--json"],
            cwd=ROOT,
            env=scrubbed(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        if not told:
            said = self.said()
            self.close()
            raise AssertionError(said)
        self.port = int(json.loads(told)["listen"][0].rpartition(":")[2])

    @property
    def address(self) -> tuple[str, int]:
        """Where it answers."""
        return "127.0.0.1", self.port

    def write(self, text: str) -> None:
        """Writes its file anew; a reload reads it."""
        self.file.write_text(self._head + text)

    def said(self) -> str:
        """What it wrote to stderr."""
        self._said.flush()
        return Path(self._said.name).read_text()

    def workers(self) -> list[int]:
        """The processes that answer."""
        return [pid for pid in tree(self.pid) if pid != self.pid and _is_worker(pid)]

    def held(self) -> Held:
        """What it holds now."""
        descriptors = 0
        for pid in tree(self.pid):
            try:
                descriptors += len(os.listdir(f"/proc/{pid}/fd"))
            except OSError:
                continue
        return Held(used(self.pid).memory, descriptors)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A verb of the command that is told this server's name."""
        return subprocess.run(
            [sys.executable, "-m", "wherever", *words],
            cwd=ROOT,
            env=scrubbed(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def outcomes(self, name: str) -> dict[str, int]:
        """How often requests of an app ended how."""
        told = json.loads(self.command("stats", self.name, "--json").stdout)
        found: dict[str, int] = next(each for each in told["apps"] if each["app"] == name)
        return found

    def ask(self, path: str, timeout: float = 20) -> tuple[int, bytes]:
        """Status and body of one request over a connection of its own."""
        with socket.create_connection(self.address, timeout) as sock:
            sock.sendall(
                f"GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode()
            )
            said = b""
            while piece := sock.recv(1 << 20):
                said += piece
        head, _, body = said.partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    def until(self, holds: Callable[[], bool], seconds: float = 10) -> bool:
        """Waits until something holds; whether it does."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def close(self) -> int:
        """Ends it as Ctrl-C does; its exit code."""
        self._process.terminate()
        try:
            code = self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._said.close()
        return code


def _is_worker(pid: int) -> bool:
    try:
        return b"wherever.edge.host.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def real(folder: Path, *apps: str, workers: int = 1) -> Iterator[Real]:
    """A server of these apps, which must end well."""
    server = Real(folder, "\n".join(apps), workers)
    try:
        yield server
    except BaseException:
        server.close()
        raise
    assert server.close() == 0

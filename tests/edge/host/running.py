"""A supervisor that runs, and clients that ask it without a pause."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.request import Request, urlopen

from tests.conftest import ROOT
from wherever.edge.host import state

TWO = '[server]\nlisten = "127.0.0.1:0"\nworkers = 2\ndrain = 5\n'


APP = '[[app]]\nname = "one"\npackage = "pid:0.01"\nroute = "/..."\n'


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

    def page(self) -> dict[str, bool]:
        """The apps that its status page shows, and whether they are gone."""
        address, _, key = state.ask(self.name, do="status")["status"].partition("/#key=")
        asked = Request(f"{address}/events", headers={"authorization": f"Bearer {key}"})
        with urlopen(asked, timeout=10) as events:
            while events.readline() != b"event: apps\n":
                pass
            told = json.loads(events.readline().removeprefix(b"data: "))
        return {each["name"]: each["gone"] for each in told["apps"]}

    def end(self) -> tuple[int, str]:
        """The exit code, and what it said."""
        _, said = self.process.communicate(timeout=15)
        return self.process.returncode, said


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
        self.connections = connections
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

    def wait_for_all(self) -> None:
        """Waits until each connection has had an answer, so that each is known by a worker."""
        until = time.monotonic() + 10
        while len(self.last) < self.connections and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.last) == self.connections

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

"""The servers that are measured beside each other, each started on a port of this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from bench.compare import ROOT, wasmtime_command

HERE = Path(__file__).parent / "edge"
PEERS = ROOT / ".cache" / "bench" / "edge"
WORKERD, UVICORN = "workerd@1.20261117.1", "uvicorn==0.54.0"
START_SECONDS = 60
ANSWER = b"Hello, WASI!"


class NotThere(Exception):
    """This server cannot be measured here; the message says why."""


class Server(ABC):
    """One way to answer `Hello, WASI!`."""

    name: str

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """What to run, so that it listens on the port.

        Raises:
            NotThere: it cannot be run here.
        """

    def environment(self) -> dict[str, str]:
        """What it needs beside ours."""
        return {}

    def start(self) -> tuple[int, int]:
        """Starts it, and waits until it answers. Its process, and its port."""
        port = _free_port()
        words = self.command(port)
        log = PEERS / f"{type(self).__name__}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as told:
            self._process = subprocess.Popen(
                words,
                env={**os.environ, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                cwd=ROOT,
            )
        deadline = time.monotonic() + START_SECONDS
        while (said := _asked(port)) is None:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise SystemExit(f"bench: {words} does not answer: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        if not said.startswith(b"HTTP/1.1 200 ") or ANSWER not in said:
            self.stop()
            raise SystemExit(f"bench: {words} answers {said[:500]!r}")
        return self._process.pid, port

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass
class Wasmtime(Server):
    """`wasmtime serve`, with the limits that it has.

    Attributes:
        handler: the component.
        reuse: how many requests an instance answers.
    """

    name: str
    handler: Path
    reuse: int = 1

    def command(self, port: int) -> list[str]:
        limits = ["-W", "timeout=30s", "-W", f"max-memory-size={128 << 20}"]
        words = [str(wasmtime_command()), "serve", "-S", "cli", *limits]
        words += ["--max-instance-reuse-count", str(self.reuse)]
        return [*words, "--addr", f"127.0.0.1:{port}", str(self.handler)]


class Workerd(Server):
    """workerd, with a worker in JavaScript: one isolate for all requests, and no limits."""

    name = "workerd, one isolate"

    def command(self, port: int) -> list[str]:
        folder = PEERS / WORKERD
        program = folder / "node_modules" / ".bin" / "workerd"
        if not program.exists():
            if shutil.which("npm") is None:
                raise NotThere("there is no npm to fetch it with")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text("{}")
            _run(["npm", "install", "--silent", "--no-audit", "--no-fund", WORKERD], folder)
        # Its own program, without the script of node before it.
        programs = (folder / "node_modules" / "@cloudflare").glob("workerd-*/bin/workerd")
        program = next(programs, program)
        config = HERE / "workerd.capnp"
        return [str(program), "serve", str(config), "--socket-addr", f"http=127.0.0.1:{port}"]


class Uvicorn(Server):
    """uvicorn at its fastest: httptools, uvloop, no access log."""

    name = "uvicorn, a plain ASGI app"

    def command(self, port: int) -> list[str]:
        folder = self._folder()
        if not folder.exists():
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            _run([*pip, "--target", str(folder), UVICORN], ROOT)
        fast = ["--http", "httptools", "--loop", "uvloop", "--no-access-log", "--workers", "1"]
        return [sys.executable, "-m", "uvicorn", *fast, "--port", str(port), "app:app"]

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": f"{self._folder()}{os.pathsep}{HERE}"}

    def _folder(self) -> Path:
        return PEERS / UVICORN


class Bare(Server):
    """httptools on uvloop and nothing else: the floor for a server in Python."""

    name = "a bare loop of httptools and uvloop"

    def command(self, port: int) -> list[str]:
        return [sys.executable, str(HERE / "bare.py"), str(port)]


@dataclass
class Wherever(Server):
    """Our own server with one worker, as users start it: with every limit that it has by default.

    Attributes:
        handler: the component.
        isolation: `fresh` or `pool`, of which each instance answers `reuse` requests.
    """

    name: str
    handler: Path
    isolation: str = "fresh"
    reuse: int = 128

    def command(self, port: int) -> list[str]:
        folder = PEERS / f"wherever-{self.handler.stem}-{self.isolation}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "wherever.toml").write_text(
            f'[server]\nlisten = ["127.0.0.1:{port}"]\nworkers = 1\n\n'
            f'[[app]]\nname = "hello"\npackage = "{self.handler}"\nroute = "/..."\n'
            f'isolation = "{self.isolation}"\n'
            + (f"reuse = {self.reuse}\n" if self.isolation == "pool" else "")
        )
        return [sys.executable, "-m", "wherever", "serve", str(folder / "wherever.toml")]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _asked(port: int) -> bytes | None:
    """What a server answers, or None where nobody listens yet."""
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as asked:
            asked.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            said = b""
            while ANSWER not in said and (piece := asked.recv(65536)):
                said += piece
            return said
    except OSError:
        return None


def _run(words: list[str], folder: Path) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"bench: {words}: {done.stderr}")

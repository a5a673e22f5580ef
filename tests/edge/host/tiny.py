"""A server of a few lines, and apps without guests: what a supervisor's processes are tried with.

The file run by itself is a supervisor: `python -m tests.edge.host.tiny NAME FILE`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from tests.edge.saying import Asked
from wherever.edge import serverfile
from wherever.edge.config import AppSpec
from wherever.edge.exchange import Exchange
from wherever.edge.host.addresses import Address
from wherever.edge.host.apps import Around
from wherever.edge.host.state import State
from wherever.edge.host.supervisor import Supervisor, serve
from wherever.edge.host.versions import Versions
from wherever.errors import InputError, WhereverError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

    from wherever.edge.exchange import App, Headers


class Replied(Asked):
    """A request whose answer can be waited for."""

    __slots__ = ("whole",)

    def __init__(self, method: str, target: bytes, authority: bytes) -> None:
        super().__init__(method, target, authority)
        self.whole = asyncio.Event()

    def answer(self, status: int, headers: Headers, body: bytes = b"") -> None:
        super().answer(status, headers, body)
        self.whole.set()


class Server:
    """HTTP as far as a test of processes needs it."""

    def __init__(self, app: App, limits: object, scheme: str, done: Any) -> None:
        self.app, self.done = app, done
        self.is_draining = False
        self.busy: set[asyncio.Task[None]] = set()

    async def start(self, sockets: list[socket.socket]) -> None:
        self.servers = []
        for sock in sockets:
            start = asyncio.start_unix_server if sock.family == 1 else asyncio.start_server
            self.servers.append(await start(self.connected, sock=sock))

    async def close(self, seconds: float) -> None:
        self.is_draining = True
        for server in self.servers:
            server.close()
        if self.busy:
            await asyncio.wait(self.busy, timeout=seconds)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.busy.add(task)
        task.add_done_callback(self.busy.discard)
        try:
            while not writer.is_closing():
                # An idle connection may just be about to send: it is told to close, not cut.
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 1)
                line, _, rest = head.partition(b"\r\n")
                method, target, _ = line.split(b" ")
                host = rest.partition(b"ost: ")[2].partition(b"\r\n")[0]
                asked = Replied(method.decode(), target, host)
                self.app.serve(asked)
                await asked.whole.wait()
                assert asked.body is not None
                ends = self.is_draining
                close = "connection: close\r\n" if ends else ""
                length = f"content-length: {len(asked.body)}"
                writer.write(f"HTTP/1.1 {asked.status} OK\r\n{close}{length}\r\n\r\n".encode())
                writer.write(asked.body)
                await writer.drain()
                self.done(asked, asked.status, 0, len(asked.body), 0.0)
                if ends:
                    break
        except (asyncio.IncompleteReadError, TimeoutError, OSError):
            pass
        finally:
            writer.close()


class Plain(Versions):
    """Versions of apps that are no files: nothing is copied."""

    def _pin(self, app: AppSpec) -> AppSpec:
        return app


class Pid:
    """Says which process it is and its name, after a moment."""

    def __init__(self, name: str, seconds: float) -> None:
        self.name, self.seconds = name, seconds

    def serve(self, exchange: Exchange) -> None:
        asyncio.get_running_loop().call_later(self.seconds, self.answer, exchange)

    def answer(self, exchange: Exchange) -> None:
        exchange.answer(200, [], f"{self.name} {os.getpid()}".encode())


def open_app(spec: AppSpec, around: Around) -> App:
    """`pid:SECONDS`, `broken`, or `dies`."""
    kind, _, seconds = spec.what.partition(":")
    if kind == "broken":
        raise InputError("it does not compile", "mend it")
    if kind == "dies":
        os.abort()
    return Pid(spec.name, float(seconds or 0))


def main(name: str, file: str) -> int:
    def ready(config: object, listening: list[Address]) -> None:
        print("ready", *(address.url for address in listening), flush=True)

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def make() -> Supervisor:
        here = "tests.edge.host.tiny"
        state = State(name)
        return Supervisor(
            Plain(state.folder, lambda: serverfile.read(file)),
            state,
            report,
            ready,
            server=f"{here}:Server",
            opener=f"{here}:open_app",
        )

    try:
        return serve(make)
    except WhereverError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

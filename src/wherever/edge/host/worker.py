"""A process that answers: it opens the apps, takes connections, and drains when it is told to.

It is started with one end of a line to the supervisor and the listening sockets. When that line
ends, the supervisor has died, and this process drains and leaves as well.
"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
import sys
import time

from wherever.edge.config import ServerConfig
from wherever.edge.host.apps import Apps, named
from wherever.edge.host.line import Line
from wherever.edge.host.state import LOG, RECORD
from wherever.edge.routing import PREFIX
from wherever.errors import InternalError, WhereverError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Any

    from wherever.edge.exchange import Exchange
    from wherever.edge.http.server import Lane
    from wherever.edge.observe.meter import Meter
    from wherever.edge.observe.watch import Watch

SERVER = "wherever.edge.http.server:Server"
"""What takes connections."""

LANE = "wherever.edge.guests:lane_of"
"""What answers ordinary requests at once."""

OPENER = "wherever.edge.guests:open_app"
"""What makes an app of its settings."""

FAILED = 3
"""Exit code of a worker that could not begin, and said so."""

OPEN = 1 << 16
"""Descriptors that a worker may have, where the system allows it."""

SWITCH_S = 0.0005
"""Seconds that a thread may run Python while another waits for its turn."""

ORPHAN_S = 10.0
"""Seconds that requests have to end when the supervisor has died."""

START = (
    "import sys; sys.path[:] = sys.argv[2:]; from wherever.edge.host.worker import main;"
    " sys.exit(main(int(sys.argv[1])))"
)
"""How a worker's interpreter begins: where its parent found us, so does it."""


def main(handle: int) -> int:
    """Answer requests until told to stop; the exit code.

    Args:
        handle: the descriptor of the line to the supervisor.
    """
    # Ctrl-C reaches every process of a terminal; only the supervisor decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.set_inheritable(handle, False)
    _prepare()
    with asyncio.Runner(loop_factory=_loop()) as runner:
        return runner.run(_Worker().run(socket.socket(fileno=handle)))


def _prepare() -> None:
    """Makes room for connections, keeps turns short, and has the system end this process first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN if hard == resource.RLIM_INFINITY else min(hard, OPEN)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    # Threads that run CGI programs keep the loop waiting for no longer than this.
    sys.setswitchinterval(SWITCH_S)
    try:
        with open("/proc/self/oom_score_adj", "r+") as file:
            file.write(str(min(1000, int(file.read()) + 200)))
    except (OSError, ValueError):
        pass


def _loop() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


class _Worker:
    def __init__(self) -> None:
        self.answered = 0
        self.failed = 0
        self.lanes: list[Lane] = []
        self.meter: Meter | None = None
        self.watch: Watch | None = None
        self.stop = asyncio.Event()
        self.seconds = ORPHAN_S

    async def run(self, sock: socket.socket) -> int:
        line = await Line.over(sock)
        message = await line.receive()
        if message is None:
            return 0
        plain, secured = _sockets(message["listeners"]), _sockets(message["secured"])
        try:
            config = ServerConfig.of_json(message["config"])
            self.count(message["folder"], config)
            apps = Apps(config, message["opener"], self.meter)
            tls = _tls(message["certificates"])
            server = named(message["server"])(apps.router, None, "http", self.done, tls)
            if config.apps and self.meter is not None:
                find = named(LANE)
                for scheme in ("http", "https") if tls is not None else ("http",):
                    server.lanes[scheme] = find(apps.router, scheme, server.limits)
                self.lanes = [each for each in server.lanes.values() if each is not None]
            await server.start(plain, secured)
            _spare_the_collector()
        except Exception as error:
            known = error if isinstance(error, WhereverError) else _unexpected(error)
            told = {"what": known.what, "hint": known.hint, "code": known.code}
            line.send(kind="failed", exit_code=known.exit_code, **told)
            await line.flush()
            line.close()
            return FAILED
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.stop.set)
        line.send(kind="ready")
        listening = asyncio.create_task(self.listen(line))
        await self.stop.wait()
        server.deafen()
        line.send(kind="deaf")
        await server.close(self.seconds)
        apps.close()
        if self.watch is not None:
            self.watch.close()
        listening.cancel()
        await line.flush()
        line.close()
        return 0

    def count(self, folder: str, config: ServerConfig) -> None:
        """Counts and logs in the server's folder, where there is one."""
        if not folder:
            return
        from wherever.edge.observe.watch import Watch

        self.watch = Watch(
            os.path.join(folder, RECORD),
            os.path.join(folder, LOG),
            masked=config.mask_queries,
            errors_only=config.log == "errors",
        )
        self.meter = self.watch.meter

    async def listen(self, line: Line) -> None:
        """Does what the supervisor says."""
        while (message := await line.receive()) is not None:
            if message["kind"] == "drain":
                self.seconds = message["seconds"]
                self.stop.set()
            elif message["kind"] == "stats":
                line.send(kind="stats", ask=message["ask"], **self.stats())
        self.stop.set()

    def done(
        self, exchange: Exchange, status: int, bytes_in: int, bytes_out: int, seconds: float
    ) -> None:
        """Counts an exchange that ended."""
        self.answered += 1
        self.failed += status >= 500
        for name, value in exchange.headers:
            # What was asked for, not what the app saw of it. One that a client sent is another.
            if name is PREFIX:
                exchange.target = value + exchange.target
        if self.meter is not None:
            self.meter.done(exchange, status, bytes_in, bytes_out, seconds)

    def stats(self) -> dict[str, Any]:
        """What this process has done so far."""
        return {
            "requests": self.answered + sum(each.answered for each in self.lanes),
            "errors": self.failed + sum(each.failed for each in self.lanes),
            "cpu_s": round(time.process_time(), 3),
            "memory": _resident(),
        }


def _sockets(handles: list[int]) -> list[socket.socket]:
    found = [socket.socket(fileno=handle) for handle in handles]
    for each in found:
        each.set_inheritable(False)
        each.setblocking(False)
    return found


def _tls(told: list[dict[str, Any]]) -> ssl.SSLContext | None:
    """What is shown where TLS is spoken; None where it is not."""
    if not told:
        return None
    from wherever.edge.tls.certificate import Certificate
    from wherever.edge.tls.context import serving, spare_the_log

    spare_the_log()
    return serving([Certificate(**{**each, "names": tuple(each["names"])}) for each in told])


def _unexpected(error: Exception) -> WhereverError:
    from traceback import print_exception

    print_exception(error)
    text = " ".join(str(error).split())[:200]
    return InternalError(
        f"this is a bug of ours: {type(error).__name__}: {text}", "please report it with its log"
    )


def _spare_the_collector() -> None:
    """What was made so far stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    # A look at so many new objects takes less than a millisecond.
    gc.set_threshold(4_000, 25, 100)


def _resident() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

"""The worker processes of one configuration: started together, each replaced when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

from wherever import errors
from wherever.edge.host import worker
from wherever.edge.host.line import Line
from wherever.errors import InputError, WhereverError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from wherever.edge.config import ServerConfig
    from wherever.edge.tls.certificate import Certificate

START_S = 300.0
"""Seconds that the workers may take to open their apps, which may have to be compiled."""

SOON_S = 5.0
"""A worker that dies sooner than this after it began is replaced with a pause before it."""

LONGEST_PAUSE_S = 10.0

LAST_S = 5.0
"""Seconds that a worker has to leave after its requests should have ended."""

WATCH_S = 5.0
"""Seconds between two looks at the workers."""

SILENT_S = 60.0
"""A worker that answers nothing for so long hangs, and is replaced."""

ANSWER_S = 2.0
"""Seconds that a worker has to say how it is doing."""

_CODES = {
    each.code: each
    for each in vars(errors).values()
    if isinstance(each, type)
    and issubclass(each, InputError | errors.InternalError | errors.NotGranted)
}


class Slot:
    """The place of one worker, and who is in it now.

    Attributes:
        process: None while there is none.
        state: "starting", "ready", "draining" or "gone".
        since: when the process was started.
        restarts: how often one was replaced here.
        ended: how the last one ended, in words.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.process: subprocess.Popen[bytes] | None = None
        self.state = "starting"
        self.since = 0.0
        self.restarts = 0
        self.ended = ""
        self.line: Line | None = None
        self.stats: dict[str, Any] = {}
        self.said = asyncio.Event()
        self.is_deaf = asyncio.Event()
        self.heard = 0.0

    @property
    def pid(self) -> int:
        """Of the process, 0 while there is none."""
        return self.process.pid if self.process is not None else 0

    def shown(self) -> dict[str, Any]:
        """For those who ask."""
        return {
            "pid": self.pid,
            "state": self.state,
            "since": self.since,
            "restarts": self.restarts,
            "ended": self.ended or None,
            **self.stats,
        }


@dataclass(frozen=True, slots=True)
class Secure:
    """Sockets where TLS is spoken, and what is shown there: every worker of a fleet shows the same.

    The keys go to the workers over the line that only they have the other end of, so that one
    that is replaced shows what the others do, whatever the files hold by then.
    """

    sockets: Sequence[socket.socket] = ()
    certificates: Sequence[Certificate] = ()


class Fleet:
    """The workers of one configuration.

    Args:
        number: of the configuration, from 1 on.
        sockets: where the workers take connections; they stay ours.
        secure: the same where TLS is spoken.
        report: takes lines for the server's log.
        folder: where the workers count and log; empty for nowhere.
    """

    def __init__(
        self,
        number: int,
        config: ServerConfig,
        sockets: Sequence[socket.socket],
        report: Callable[[str], object],
        secure: Secure | None = None,
        folder: str = "",
        server: str = worker.SERVER,
        opener: str = worker.OPENER,
    ) -> None:
        self.number = number
        self.config = config
        self.slots = [Slot(n) for n in range(config.workers or os.cpu_count() or 1)]
        self._sockets = sockets
        self._secure = secure or Secure()
        self._report = report
        self._parts = {"folder": folder, "server": server, "opener": opener}
        self._seconds: float | None = None
        self._begun: list[asyncio.Future[None]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts them all, and waits until all are ready.

        Raises:
            WhereverError: one could not begin; none is left then.
        """
        loop = asyncio.get_running_loop()
        self._begun = [loop.create_future() for _ in self.slots]
        self._tasks = [asyncio.create_task(self._keep(slot)) for slot in self.slots]
        try:
            async with asyncio.timeout(START_S):
                await asyncio.gather(*self._begun)
        except TimeoutError:
            await self.kill()
            raise InputError(
                f"the apps were not ready after {START_S:.0f} s",
                "serve fewer, or compile them first",
            ) from None
        except BaseException:
            await self.kill()
            raise
        self._watching = asyncio.create_task(self._watch())

    async def drain(self, seconds: float) -> None:
        """Has the workers end what they do and leave; returns when all have left."""
        self._seconds = seconds
        self._watch_no_more()
        for slot in self.slots:
            if slot.line is not None:
                slot.state = "draining"
                slot.line.send(kind="drain", seconds=seconds)
        waiting = [task for task in self._tasks if not task.done()]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=seconds + LAST_S)
            if late:
                self._report(f"{len(late)} workers did not leave in time, and were ended")
                await self.kill()

    async def deaf(self) -> None:
        """Waits until no worker that drains takes new connections, but not for long."""
        told = [slot for slot in self.slots if slot.line is not None]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await asyncio.gather(*(slot.is_deaf.wait() for slot in told))

    async def kill(self) -> None:
        """Ends the workers at once, and waits until they have gone."""
        if self._seconds is None:
            self._seconds = 0.0
        self._watch_no_more()
        for begun in self._begun:
            # Nobody waits for these any more.
            if begun.done() and not begun.cancelled():
                begun.exception()
        for slot, task in zip(self.slots, self._tasks, strict=True):
            if slot.process is not None:
                slot.process.kill()
            else:
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ask(self) -> list[dict[str, Any]]:
        """How each worker is doing; of one that does not say, what it said last."""
        asked = [slot for slot in self.slots if slot.line is not None and slot.state == "ready"]
        for slot in asked:
            slot.said.clear()
            if slot.line is not None:
                slot.line.send(kind="stats", ask=self.number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await asyncio.gather(*(slot.said.wait() for slot in asked))
        return [slot.shown() for slot in self.slots]

    async def _watch(self) -> None:
        """Replaces a worker that hangs: its loop does not come round any more."""
        while True:
            for slot in self.slots:
                if slot.state != "ready" or slot.line is None or slot.process is None:
                    continue
                if time.monotonic() - slot.heard > SILENT_S:
                    self._report(f"worker {slot.number} has said nothing for {SILENT_S:.0f} s")
                    slot.process.kill()
                else:
                    slot.line.send(kind="stats", ask=self.number)
            await asyncio.sleep(WATCH_S)

    def _watch_no_more(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _keep(self, slot: Slot) -> None:
        """Has somebody in a slot until the fleet drains."""
        pause = 0.0
        begun = self._begun[slot.number]
        while self._seconds is None:
            slot.since = time.time()
            failure = await self._one(slot, begun)
            if self._seconds is not None:
                break
            if not begun.done():
                begun.set_exception(failure)
                break
            slot.restarts += 1
            lived = time.time() - slot.since
            pause = min(max(0.1, pause * 2), LONGEST_PAUSE_S) if lived < SOON_S else 0.0
            self._report(f"worker {slot.number} {failure.what}; another takes its place")
            if pause:
                await asyncio.sleep(pause)
        slot.state = "gone"
        if not begun.done():
            begun.cancel()

    async def _one(self, slot: Slot, begun: asyncio.Future[None]) -> WhereverError:
        """One worker from its start to its end; how it ended."""
        slot.state = "starting"
        ours, theirs = socket.socketpair()
        try:
            slot.process = self._spawn(theirs)
        except OSError as error:
            ours.close()
            return InputError(f"could not be started: {error.strerror}")
        finally:
            theirs.close()
        line = await Line.over(ours)
        slot.line = line
        line.send(
            kind="start",
            config=self.config.to_json(),
            listeners=[each.fileno() for each in self._sockets],
            secured=[each.fileno() for each in self._secure.sockets],
            certificates=[asdict(each) for each in self._secure.certificates],
            **self._parts,
        )
        if self._seconds is not None:
            line.send(kind="drain", seconds=self._seconds)
        failure: WhereverError | None = None
        while (message := await line.receive()) is not None:
            slot.heard = time.monotonic()
            if message["kind"] == "ready":
                slot.state = "ready" if self._seconds is None else "draining"
                if not begun.done():
                    begun.set_result(None)
            elif message["kind"] == "failed":
                kind = _CODES.get(message["code"], WhereverError)
                failure = kind(message["what"], message["hint"])
                failure.exit_code = message["exit_code"]
            elif message["kind"] == "deaf":
                slot.is_deaf.set()
            elif message["kind"] == "stats":
                del message["kind"], message["ask"]
                slot.stats = message
                slot.said.set()
        slot.line = None
        slot.is_deaf.set()
        line.close()
        # The line ends with the process, or a moment before it.
        code = await asyncio.to_thread(slot.process.wait)
        slot.process = None
        slot.state = "gone"
        slot.said.set()
        slot.ended = ending(code)
        if failure is None and not begun.done():
            return InputError(f"a worker {slot.ended} before it was ready", "see what it said")
        return failure or InputError(slot.ended)

    def _spawn(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        sockets = (theirs, *self._sockets, *self._secure.sockets)
        handles = [each.fileno() for each in sockets]
        return subprocess.Popen(
            [sys.executable, "-c", worker.START, str(theirs.fileno()), *sys.path],
            pass_fds=handles,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def ending(code: int) -> str:
    """How a process ended.

    Example:
        >>> ending(-9), ending(1)
        ('was ended by SIGKILL', 'ended with exit code 1')
    """
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"

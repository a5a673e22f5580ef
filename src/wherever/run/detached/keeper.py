"""The process that keeps a detached program: it starts it, takes its output, and sees its end.

It is the parent of the program's own process, so that nobody else ever gets that one's number
while the keeper knows it; and where the keeper is killed, the system kills the program too.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import time

from wherever.run.detached import output, process, telling
from wherever.run.detached.telling import Telling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from wherever.run.detached.state import Run

GRACE_S = 5.0
"""Seconds that a program's process has to end when it is told to, before it is killed."""

_CHUNK = 1 << 16
_QUIET_S = 0.1
"""Seconds after which the beginning of a line is written without its end."""

_PDEATHSIG = 1


def launch(run: Run, command: str, start: Callable[[Telling], int]) -> dict[str, Any]:
    """Starts a program in processes of its own, and waits until it has begun, or could not.

    Args:
        run: its name, held; it is the keeper's from now on.
        command: what runs, for people.
        start: called in the program's own process; it comes back with an exit code, or not at all.

    Returns:
        What `state.about` says of it where it has begun, or `failed`: an exit code. Why, it has
        said on stderr. Where it could say nothing, `message` says it.

    Raises:
        OSError: no process can be started.
    """
    ours, theirs = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    try:
        pid = os.fork()
        if not pid:
            os.close(ours)
            _keep(run, command, start, theirs)
    except BaseException:
        os.close(theirs)
        run.forget()
        raise
    else:
        os.close(theirs)
        run.close()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)
    try:
        with open(ours, "rb") as pipe:
            told: dict[str, Any] = json.loads(pipe.readline() or b"{}")
    except BaseException:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        raise
    if "failed" in told:
        os.waitpid(pid, 0)
    elif not told:
        os.waitpid(pid, 0)
        told = {"failed": 125, "message": "its keeper ended before it began"}
    return told


_HELD_BACK = {signal.SIGINT, signal.SIGTERM}


def _keep(run: Run, command: str, start: Callable[[Telling], int], waiting: int) -> NoReturn:
    """In the child: never comes back."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        pipes = [os.pipe() for _ in range(4)]
        ours = {run.lock, waiting, *(end for pipe in pipes for end in pipe)}
        given = telling.strangers(ours)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        (out, out_end), (err, err_end), (news, news_end), wake = pipes
        guest = os.fork()
        if not guest:
            os.dup2(out_end, 1)
            for end in (out, err, news, *wake, out_end, null):
                os.close(end)
            _become_the_program(run, waiting, start, Telling(news_end, err_end, given))
        telling.close(given)
        for target in (1, 2):
            os.dup2(null, target)
        for end in (out_end, err_end, news_end, null):
            os.close(end)
        gc.enable()
        _Keeper(run, command, guest, waiting, (out, err, news), wake).run()
        code = 0
    finally:
        os._exit(code)


def _become_the_program(
    run: Run, waiting: int, start: Callable[[Telling], int], tells: Telling
) -> NoReturn:
    code = 125
    try:
        keeper = os.getppid()
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(code)  # it was killed before that was said
        os.close(run.lock)
        os.close(waiting)
        # A shell has what it starts in the background ignore it, and `stop` is told by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)
        code = start(tells)
    finally:
        os._exit(code)


class _Keeper:
    def __init__(
        self,
        run: Run,
        command: str,
        guest: int,
        waiting: int,
        pipes: tuple[int, int, int],
        wake: tuple[int, int],
    ) -> None:
        self._run = run
        self._guest = guest
        self._waiting = waiting
        out, err, self._news = pipes
        self._streams = {out: output.Stream("stdout"), err: output.Stream("stderr")}
        self._wake = wake
        self._log = output.Log(run.path("log"))
        self._said = b""
        self._ended: dict[str, Any] = {}
        self._kill_at = 0.0
        self._stops = False
        self._about: dict[str, Any] = {
            "name": run.name,
            "kind": "program",
            "state": "starting",
            "since": time.time(),
            "command": command,
            "pid": guest,
            "keeper": process.identity(os.getpid()),
            "guest": process.identity(guest),
        }
        for end in wake:
            os.set_blocking(end, False)
        for end in self._streams:
            os.set_blocking(end, False)
        signal.signal(signal.SIGTERM, lambda number, frame: None)
        signal.set_wakeup_fd(wake[1], warn_on_full_buffer=False)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)

    def run(self) -> None:
        """Keeps the program until it has ended."""
        try:
            self._run.write(self._about)
            self._run.keep_room()
        except OSError as error:
            os.kill(self._guest, signal.SIGKILL)
            os.waitpid(self._guest, 0)
            self._fail(125, f"cannot keep files: {error.strerror}")
            return
        poll = select.poll()
        for end in (*self._streams, self._news, self._wake[0]):
            poll.register(end, select.POLLIN)
        poll.register(self._waiting, 0)  # errors alone: nobody waits any more
        while self._news >= 0:
            happened = poll.poll(self._pause())
            for end, _ in happened:
                if end == self._news:
                    self._hear(poll)
                elif end in self._streams:
                    self._pass(end, poll)
                elif end == self._wake[0]:
                    os.read(end, 64)
                    self._stop()
                elif end == self._waiting:
                    poll.unregister(end)
                    self._leave()
                    self._stop()
            if not happened:
                self._flush()
            if self._kill_at and time.monotonic() > self._kill_at:
                os.kill(self._guest, signal.SIGKILL)
            if self._about["state"] == "running" and self._waiting >= 0:
                poll.unregister(self._waiting)
                self._answer(self._about)
        self._finish(poll)

    def _pause(self) -> float | None:
        waits = [_QUIET_S] if any(stream.waits for stream in self._streams.values()) else []
        if self._kill_at:
            waits.append(max(0.01, self._kill_at - time.monotonic()))
        return min(waits) * 1000 if waits else None

    def _stop(self) -> None:
        """Has the program's process end by itself, as Ctrl-C does; later it is killed."""
        if not self._kill_at:
            self._stops = True
            self._kill_at = time.monotonic() + GRACE_S
            os.kill(self._guest, signal.SIGINT)

    def _pass(self, end: int, poll: select.poll) -> bool:
        try:
            data = os.read(end, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            poll.unregister(end)
            return False
        self._log.write(self._streams[end].take(data))
        return True

    def _flush(self) -> None:
        for stream in self._streams.values():
            self._log.write(stream.rest())

    def _hear(self, poll: select.poll) -> None:
        data = os.read(self._news, _CHUNK)
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            told = json.loads(line)
            if "started" in told:
                self._about.update(state="running", since=time.time(), **told["started"])
                # What it took to compile and load it is not the program's own.
                used = process.usage(self._about["guest"])
                self._about["cpu_before_s"] = used[0] if used is not None else 0.0
                with contextlib.suppress(OSError):
                    self._run.write(self._about)
            else:
                self._ended = told["ended"]
        if not data:
            poll.unregister(self._news)
            os.close(self._news)
            self._news = -1

    def _finish(self, poll: select.poll) -> None:
        _, status, used = os.wait4(self._guest, 0)
        for end in self._streams:
            with contextlib.suppress(KeyError):
                while self._pass(end, poll):
                    pass
        self._flush()
        code = os.waitstatus_to_exitcode(status)
        if self._about["state"] == "starting":
            self._fail(code, _by(-code) if code < 0 and not self._stops else "")
            return
        ended = {
            "ended": "exited" if code >= 0 else "killed",
            "exit_code": code if code >= 0 else 128 - code,
            "limit": None,
            "message": "" if code >= 0 else _by(-code),
            "hint": "",
            "usage": {
                "wall_s": time.time() - self._about["since"],
                "cpu_s": used.ru_utime + used.ru_stime,
                "memory": None,
            },
            **self._ended,
        }
        if self._stops and ended["ended"] in ("interrupted", "killed"):
            ended["ended"], ended["message"] = "stopped", ""
        elif code < 0:
            self._log.write([output.note(_by(-code))])
        self._log.close()
        self._about.update(
            state="ended", ran_since=self._about["since"], since=time.time(), **ended
        )
        with contextlib.suppress(OSError):
            self._run.write_last(self._about)

    def _fail(self, code: int, message: str) -> None:
        """The program did not begin: nothing is kept of it."""
        self._log.close()
        with contextlib.suppress(Exception):
            self._run.forget()
        code = code or 125
        self._answer({"failed": code if code > 0 else 128 - code, "message": message})

    def _answer(self, told: dict[str, Any]) -> None:
        if self._waiting >= 0:
            with contextlib.suppress(OSError):
                os.write(self._waiting, json.dumps(told).encode() + b"\n")
            self._leave()

    def _leave(self) -> None:
        """Nobody waits any more."""
        os.close(self._waiting)
        self._waiting = -1


def _by(number: int) -> str:
    return f"its process was ended by {signal.Signals(number).name}"

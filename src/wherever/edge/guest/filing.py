"""What a guest asks of files: done at once, or on another thread where the disk is slow."""

from __future__ import annotations

import asyncio
import resource
import time

from wherever.wasi.filesystem import calls
from wherever.wasi.filesystem.calls import Call
from wherever.wasi.filesystem.codes import Refused, result
from wherever.wasi.filesystem.doing import do
from wherever.wasi.filesystem.files import Files
from wherever.wasi.filesystem.paths import changes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future

    from wherever.edge.guest.running import Running
    from wherever.wasi.filesystem.calls import Answer

SLOW_S = 0.01
"""Seconds of a call after which an app's next ones are watched, and after one more that waited
for the disk are done on other threads for a while."""

ASIDE_S = 10.0
"""For how long they are."""


class Filing:
    """The files of one request's guest; what it has open belongs to its instance.

    Args:
        running: the request.

    Attributes:
        has_changed: a file may be another one now than before the request.
    """

    def __init__(self, running: Running) -> None:
        self._running = running
        self._written = 0
        self.has_changed = False
        guest, app = running.guest, running.app
        if guest.files is None:
            guest.files = Files(app.outside.folders, app.open_files)
        self._files = guest.files

    def do(self, what: int, buffer: int) -> int | None:
        """What came of a call, or None where `Running.go_on` will tell it."""
        running = self._running
        call, data = self._read(what, running.guest.assembled.words(buffer, calls.WORDS))
        if call is None:
            return result(Refused("illegal-byte-sequence"))
        if what in calls.CHANGES or (what == calls.OPEN and changes(call)):
            self.has_changed = True
        self._written += len(call.data) + (call.at if what == calls.RESIZE else 0)
        if self._written > running.app.most_disk:
            running.stop("disk")
            return None
        began = time.monotonic()
        if what == calls.SYNC or began < running.app.slow_until:
            self._do_aside(call, data)
            return None
        is_watched = began < running.app.watched_until
        waits = _waits() if is_watched else 0
        answer, took = _timed(self._files, call)
        running.guest.assembled.cpu += took
        if time.monotonic() - began > SLOW_S:
            # Either the disk is slow, or this machine is busy: the next time it is known which.
            running.app.watched_until = began + ASIDE_S
            if is_watched and _waits() > waits:
                running.app.slow_until = began + ASIDE_S
        return self._told(answer, data)

    def _do_aside(self, call: Call, data: int) -> None:
        files, loop = self._files, asyncio.get_running_loop()
        files.hold()

        def ended(done: Future[tuple[Answer, float]]) -> None:
            files.let_go()
            running = self._running
            if running.is_over:
                return
            answer, took = done.result()
            running.guest.assembled.cpu += took
            if running.guest.assembled.cpu > running.app.cpu_time:
                running.stop("cpu_time")
            else:
                running.go_on(self._told(answer, data))

        aside = self._running.app.aside()
        loop.run_in_executor(aside, _timed, files, call).add_done_callback(ended)

    def _told(self, answer: Answer, data: int) -> int:
        came, told = answer
        if told:
            self._running.guest.assembled.write(data, told)
        return came

    def _read(self, what: int, words: tuple[int, ...]) -> tuple[Call | None, int]:
        """The call, without what lies in the guest's memory; None where a path is no text."""
        (number, path, path_size, other, other_path, other_size, follow, how, flags) = words[:9]
        data, size, _, low, high, more_low, more_high = words[9:]
        read = self._running.guest.assembled.read
        name = read(path, path_size) if path else None
        other_name = read(other_path, other_size) if other_path else b""
        try:
            for each in (name or b"", other_name):
                each.decode()
        except UnicodeDecodeError:
            return None, data
        sent = read(data, size) if what in calls.SENT else b""
        at, length = low | high << 32, more_low | more_high << 32
        return Call(
            what, number, name, other, other_name, follow == 1, how, flags, sent, size, at, length
        ), data


def _timed(files: Files, call: Call) -> tuple[Answer, float]:
    """What came of a call, and the seconds of processor time that it took here."""
    began = time.thread_time()
    return do(files, call), time.thread_time() - began


def _waits() -> int:
    """How often this thread has waited for something, and not only for its turn."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw

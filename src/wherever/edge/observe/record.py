"""Counting what a worker does, in a file that survives it: a few stores into shared memory."""

from __future__ import annotations

import mmap
import os
import time
from bisect import bisect_left

from wherever.edge.observe import layout
from wherever.edge.observe.buckets import CPU_TIMES, SIZES, SMALLEST_BIT, TIMES
from wherever.errors import InputError

_OUTCOMES = {name: layout.OUTCOME + index for index, name in enumerate(layout.OUTCOMES)}
_ERROR = _OUTCOMES["error"]
_BYTES_IN, _BYTES_OUT, _REQUEST_S = layout.BYTES_IN, layout.BYTES_OUT, layout.REQUEST_S
_INVOKE_S, _CPU_S, _BYTE_SECONDS = layout.INVOKE_S, layout.CPU_S, layout.BYTE_SECONDS
_MEMORY_SUM, _PEAK, _COLD = layout.MEMORY_SUM, layout.PEAK, layout.COLD
_REQUESTS, _INVOKES, _CPU, _MEMORY = layout.REQUESTS, layout.INVOKES, layout.CPU, layout.MEMORY
_LARGEST = len(SIZES)


class Slot:
    """The numbers of one app in one worker.

    Attributes:
        words: its page.
    """

    __slots__ = ("_running", "_sums", "name", "words")

    def __init__(self, name: str, page: memoryview) -> None:
        self.name = name
        self.words = page.cast("Q")
        self._sums = page.cast("d")
        self._running = 0

    def request(self, status: int, bytes_in: int, bytes_out: int, seconds: float) -> None:
        """Counts an exchange that has come to its end."""
        words = self.words
        words[status // 100 if 100 <= status < 600 else 0] += 1
        words[_REQUESTS + bisect_left(TIMES, seconds)] += 1
        self._sums[_REQUEST_S] += seconds
        if bytes_in:
            words[_BYTES_IN] += bytes_in
        if bytes_out:
            words[_BYTES_OUT] += bytes_out

    def guest(
        self, outcome: str, wall_s: float, cpu_s: float, memory_peak: int, cold: bool
    ) -> None:
        """Counts a guest that answered, or failed to."""
        words, sums = self.words, self._sums
        words[_OUTCOMES.get(outcome, _ERROR)] += 1
        if outcome == "queue_full":
            return  # there was none
        words[_INVOKES + bisect_left(TIMES, wall_s)] += 1
        sums[_INVOKE_S] += wall_s
        words[_CPU + bisect_left(CPU_TIMES, cpu_s)] += 1
        sums[_CPU_S] += cpu_s
        if memory_peak:
            size = (memory_peak - 1).bit_length() - SMALLEST_BIT
            words[_MEMORY + (size if 0 < size < _LARGEST else size > 0 and _LARGEST)] += 1
            words[_MEMORY_SUM] += memory_peak
            sums[_BYTE_SECONDS] += memory_peak * wall_s
            if memory_peak > words[_PEAK]:
                words[_PEAK] = memory_peak
        if cold:
            words[_COLD] += 1

    def begin(self) -> None:
        """A request is under way."""
        self._running += 1
        self.words[layout.RUNNING] = self._running

    def end(self) -> None:
        """It no longer is."""
        if self._running:
            self._running -= 1
            self.words[layout.RUNNING] = self._running

    def pool(self, waiting: int, idle: int) -> None:
        """How many requests wait for a guest, and how many guests wait for a request."""
        self.words[layout.WAITING] = waiting
        self.words[layout.IDLE] = idle

    def lines(self, written: int, dropped: int) -> None:
        """Counts lines of guests' output: those that were logged, and those left out."""
        self.words[layout.LINES] += written
        self.words[layout.LINES_DROPPED] += dropped

    def release(self) -> None:
        """Nothing is counted any more."""
        self.words.release()
        self._sums.release()


class Record:
    """One worker's row of the file that all workers of a server count in.

    Args:
        path: the file, in the server's state folder; made where it is missing.

    Raises:
        InputError: the file is something else, cannot be made, or has no row left.

    Example:
        >>> import tempfile, os
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     record = Record(os.path.join(folder, "record"))
        ...     record.slot("shop").request(200, 0, 13, 0.001)
        ...     record.close()
    """

    def __init__(self, path: str) -> None:
        self._slots: dict[str, Slot] = {}
        self._names: dict[str, int] = {}
        self._indexes: set[int] = set()
        try:
            self._handle = layout.open_file(path, create=True)
        except OSError as error:
            raise InputError(f"cannot count in {path}: {error.strerror}") from None
        try:
            with layout.Table(self._handle):
                self.row = self._claim(path)
            self._map = mmap.mmap(self._handle, layout.ROW, offset=self._start)
        except OSError as error:
            os.close(self._handle)
            raise InputError(f"cannot count in {path}: {error.strerror}") from None
        except BaseException:
            os.close(self._handle)
            raise
        self._bytes = memoryview(self._map)
        self._words = self._bytes.cast("Q")
        self._forget_gauges()
        self._words[layout.PID] = os.getpid()
        self._words[layout.SINCE] = int(time.time())
        self.nobody = self.slot(layout.RESERVED[layout.NOBODY])

    @property
    def _start(self) -> int:
        return layout.ROWS + self.row * layout.ROW

    def slot(self, name: str) -> Slot:
        """The numbers of an app; the same ones for the same name."""
        found = self._slots.get(name)
        if found is None:
            found = self._slots[name] = self._open(layout.clipped(name))
        return found

    def dropped(self, lines: int = 0, spans: int = 0) -> None:
        """Counts what could not be written to the log or sent to a collector.

        Each of both from one thread only, which may be another one than that of the requests.
        """
        if self._handle < 0:
            return
        if lines:
            self._words[layout.LOG_DROPPED] += lines
        if spans:
            self._words[layout.SPANS_DROPPED] += spans

    def close(self) -> None:
        """Leaves the row to the next worker; what was counted stays."""
        if self._handle < 0:
            return
        self._forget_gauges()
        for slot in self._slots.values():
            slot.release()
        self._words[layout.PID] = 0
        self._words.release()
        self._bytes.release()
        self._map.close()
        os.close(self._handle)
        self._handle = -1

    def _claim(self, path: str) -> int:
        for row in range(layout.MOST_ROWS):
            if layout.lock_row(self._handle, row):
                end = layout.ROWS + (row + 1) * layout.ROW
                if os.fstat(self._handle).st_size < end:
                    os.ftruncate(self._handle, end)
                os.posix_fallocate(self._handle, end - layout.ROW, layout.PAGE)
                return row
        raise InputError(f"{layout.MOST_ROWS} workers count in {path} already", "stop some")

    def _open(self, name: str) -> Slot:
        with layout.Table(self._handle):
            index = self._index(name)
            page = layout.PAGE * (index + 1)
            try:
                # A store into a page that a full disk cannot give would end this process.
                os.posix_fallocate(self._handle, self._start + page, layout.PAGE)
            except OSError:
                return Slot(name, memoryview(bytearray(layout.PAGE)))
        return Slot(name, self._bytes[page : page + layout.PAGE])

    def _index(self, name: str) -> int:
        known = self._names
        index = known.get(name, -1)
        if index < 0 or layout.read_names(self._handle, index, 1)[0][0] != name:
            for other, _ in layout.read_names(self._handle, len(known)):
                known.setdefault(other, len(known))
            index = known.get(name, len(known))
        if index >= layout.APPS or len(known) >= layout.APPS:
            index = self._replaced(name)
        if index != layout.OTHERS:
            self._names[name] = index
            self._use(index, name)
        return index

    def _replaced(self, name: str) -> int:
        """An entry where the table is full: the oldest that nobody uses, or that of the others."""
        names = layout.read_names(self._handle)
        # Others replace names too: what is known here of a full table is what stands in it now.
        known = self._names = {other: index for index, (other, _) in enumerate(names)}
        if name in known:
            return known[name]
        used = sorted(range(len(layout.RESERVED), layout.APPS), key=lambda index: names[index][1])
        for index in used:
            if index not in self._indexes and layout.claim_app(self._handle, index):
                self._clear(index)
                known.pop(names[index][0], None)
                return index
        return layout.OTHERS

    def _use(self, index: int, name: str) -> None:
        layout.use_app(self._handle, index)
        self._indexes.add(index)
        layout.write_name(self._handle, index, name, time.time())

    def _clear(self, index: int) -> None:
        end = os.fstat(self._handle).st_size
        for row in range(layout.ROWS, end, layout.ROW):
            os.pwrite(self._handle, bytes(layout.PAGE), row + layout.PAGE * (index + 1))

    def _forget_gauges(self) -> None:
        """What a dead worker had under way is under way no more."""
        words = self._words
        for index in range(len(layout.read_names(self._handle))):
            first = layout.WORDS * (index + 1)
            for gauge in (layout.RUNNING, layout.WAITING, layout.IDLE):
                if words[first + gauge]:
                    words[first + gauge] = 0

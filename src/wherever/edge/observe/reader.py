"""Reading what all workers of a server counted, while they count."""

from __future__ import annotations

import mmap
import os
from operator import add

from wherever.edge.observe import layout
from wherever.edge.observe.buckets import CPU_TIMES, SIZES, TIMES
from wherever.errors import NotFound


class Numbers:
    """What one app did since counting began, in all workers together."""

    __slots__ = ("_sums", "name", "words")

    def __init__(self, name: str, words: list[int], sums: list[float]) -> None:
        self.name = name
        self.words = words
        self._sums = sums

    @classmethod
    def none(cls, name: str) -> Numbers:
        """Of an app that did nothing yet."""
        return cls(name, [0] * layout.WORDS, [0.0] * 4)

    @property
    def requests(self) -> int:
        return sum(self.words[layout.STATUS : layout.STATUS + 6])

    @property
    def statuses(self) -> dict[str, int]:
        """Requests by status: `2xx` and so on, `none` where the client left before an answer."""
        words = self.words
        return {(f"{i}xx" if i else "none"): words[layout.STATUS + i] for i in range(6) if words[i]}

    @property
    def outcomes(self) -> dict[str, int]:
        """How many guests ended in each way."""
        counted = self.words[layout.OUTCOME : layout.OUTCOME + len(layout.OUTCOMES)]
        return dict(zip(layout.OUTCOMES, counted, strict=True))

    @property
    def invocations(self) -> int:
        """Guests that ran: all but those for which the queue had no room."""
        return sum(self.outcomes.values()) - self.outcomes["queue_full"]

    @property
    def errors(self) -> int:
        """Requests that were answered 5xx."""
        return self.words[layout.STATUS + 5]

    @property
    def bytes_in(self) -> int:
        return self.words[layout.BYTES_IN]

    @property
    def bytes_out(self) -> int:
        return self.words[layout.BYTES_OUT]

    @property
    def request_s(self) -> float:
        return self._sums[layout.REQUEST_S - layout.REQUEST_S]

    @property
    def invoke_s(self) -> float:
        return self._sums[layout.INVOKE_S - layout.REQUEST_S]

    @property
    def cpu_s(self) -> float:
        return self._sums[layout.CPU_S - layout.REQUEST_S]

    @property
    def byte_seconds(self) -> float:
        return self._sums[layout.BYTE_SECONDS - layout.REQUEST_S]

    @property
    def cold(self) -> int:
        return self.words[layout.COLD]

    @property
    def memory_sum(self) -> int:
        return self.words[layout.MEMORY_SUM]

    @property
    def memory_peak(self) -> int:
        return self.words[layout.PEAK]

    @property
    def lines(self) -> int:
        return self.words[layout.LINES]

    @property
    def lines_dropped(self) -> int:
        return self.words[layout.LINES_DROPPED]

    @property
    def running(self) -> int:
        return self.words[layout.RUNNING]

    @property
    def waiting(self) -> int:
        return self.words[layout.WAITING]

    @property
    def idle(self) -> int:
        return self.words[layout.IDLE]

    @property
    def request_times(self) -> list[int]:
        return self.words[layout.REQUESTS : layout.REQUESTS + len(TIMES) + 1]

    @property
    def invoke_times(self) -> list[int]:
        return self.words[layout.INVOKES : layout.INVOKES + len(TIMES) + 1]

    @property
    def cpu_times(self) -> list[int]:
        return self.words[layout.CPU : layout.CPU + len(CPU_TIMES) + 1]

    @property
    def memory_sizes(self) -> list[int]:
        return self.words[layout.MEMORY : layout.MEMORY + len(SIZES) + 1]


class Reader:
    """Adds up what the workers counted.

    Args:
        path: the file that they count in.

    Raises:
        NotFound: no server has counted there yet.
        InputError: the file is something else.
    """

    def __init__(self, path: str) -> None:
        try:
            self._handle = layout.open_file(path, create=False)
        except FileNotFoundError:
            raise NotFound(f"nothing was counted at {path}") from None
        self.since = layout.since(self._handle)
        self._map: mmap.mmap | None = None
        self._words: memoryview[int] | None = None
        self._doubles: memoryview[float] | None = None
        self._rows = 0

    def names(self) -> list[str]:
        """The apps that were ever counted, in the order of their entries; `-` is for no app."""
        return [name for name, _ in layout.read_names(self._handle)]

    def apps(self) -> list[Numbers]:
        """The numbers of all apps, those of no app first."""
        return [self.app(index, name) for index, name in enumerate(self.names())]

    def app(self, index: int, name: str) -> Numbers:
        """The numbers of the app of an entry."""
        total, sums = [0] * layout.WORDS, [0.0] * 4
        for page, more in self._pages(index, layout.WORDS):
            peak = max(total[layout.PEAK], page[layout.PEAK])
            total = list(map(add, total, page))
            total[layout.PEAK] = peak
            sums = list(map(add, sums, more))
        return Numbers(name, total, sums)

    def mark(self, index: int) -> int:
        """A number that is another one when anything of an app was counted in between."""
        total = 0
        for page, _ in self._pages(index, layout.IDLE + 1):
            # Weights keep what goes up in one place and down in another from evening out.
            total += (
                sum(page[: layout.BYTES_IN])
                + 3 * page[layout.LINES]
                + 5 * page[layout.LINES_DROPPED]
            )
            total += (page[layout.RUNNING] << 40) + (page[layout.WAITING] << 50)
            total += page[layout.IDLE] << 60
        return total

    def workers(self) -> list[int]:
        """The processes that count now."""
        return [row[layout.PID] for row in self._heads() if row[layout.PID]]

    def log_dropped(self) -> int:
        """Lines that did not get into the log."""
        return sum(row[layout.LOG_DROPPED] for row in self._heads())

    def spans_dropped(self) -> int:
        """Spans that did not get to the collector."""
        return sum(row[layout.SPANS_DROPPED] for row in self._heads())

    def close(self) -> None:
        """Reads no more."""
        self._unmap()
        os.close(self._handle)

    def _heads(self) -> list[list[int]]:
        return [page for page, _ in self._pages(-1, layout.SPANS_DROPPED + 1)]

    def _pages(self, index: int, words: int) -> list[tuple[list[int], list[float]]]:
        self._look()
        if self._words is None or self._doubles is None:
            return []
        first = layout.ROWS // 8 + layout.WORDS * (index + 1)
        step = layout.ROW // 8
        return [
            (
                self._words[at : at + words].tolist(),
                list(self._doubles[at + layout.REQUEST_S : at + layout.BYTE_SECONDS + 1]),
            )
            for at in range(first, first + self._rows * step, step)
        ]

    def _look(self) -> None:
        rows = (os.fstat(self._handle).st_size - layout.ROWS) // layout.ROW
        if rows != self._rows:
            self._unmap()
            size = layout.ROWS + rows * layout.ROW
            self._map = mmap.mmap(self._handle, size, prot=mmap.PROT_READ)
            whole = memoryview(self._map)
            self._words, self._doubles = whole.cast("Q"), whole.cast("d")
            whole.release()
            self._rows = rows

    def _unmap(self) -> None:
        for view in (self._words, self._doubles):
            if view is not None:
                view.release()
        if self._map is not None:
            self._map.close()
        self._map = self._words = self._doubles = None
        self._rows = 0

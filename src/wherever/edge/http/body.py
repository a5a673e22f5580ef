"""Where a request's body ends, and its way to the app."""

from __future__ import annotations

import asyncio
import re

from wherever.edge.http.head import Refused, check_beginning, trailers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Callable

    from wherever.edge.exchange import Headers

_WORD = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_QUOTED = rb'"[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]*+"'
_EXTENSION = rb";%b(?:=(?:%b|%b))?" % (_WORD, _WORD, _QUOTED)
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})((?:%b)*+)\r\n" % _EXTENSION)
_SIZE_BEGUN = re.compile(
    rb"[0-9A-Fa-f]{0,15}(?:(?<=[0-9A-Fa-f]);[\t\x20-\x7e\x80-\xff]{0,255})?\r?"
)
_EXTENSION_AT_ONCE = 256
_EXTENSION_BYTES = 16 * 1024
_TRAILER_BYTES = 8 * 1024
_CHUNKS_AT_ONCE = 512
_PIECES = 64


def add(kept: list[bytes], pieces: list[bytes]) -> None:
    """Keeps pieces after others, and not as thousands of objects where they are tiny."""
    kept += pieces
    if len(kept) > _PIECES:
        kept[:] = [b"".join(kept)]


class Sized:
    """A body of as many bytes as Content-Length says."""

    __slots__ = ("ended", "left", "trailers")

    def __init__(self, length: int) -> None:
        self.left = length
        self.ended = False
        self.trailers: Headers = []

    def take(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        """Puts what `data` has of the body from `at` on into `pieces`; where it then stands."""
        piece = data[at : at + self.left]
        if piece:
            pieces.append(piece)
            self.left -= len(piece)
            self.ended = not self.left
        return at + len(piece)


class Chunked:
    """A body in chunks, each with its size before it.

    Args:
        most_trailers: how many fields may follow.
    """

    __slots__ = ("_extensions", "_inside", "_last", "_most", "ended", "left", "trailers")

    def __init__(self, most_trailers: int) -> None:
        self._most = most_trailers
        self._extensions = 0
        self._inside = self._last = False
        self.left = 0
        self.ended = False
        self.trailers: Headers = []

    def take(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        """As of `Sized`, some hundred chunks at a time: whoever sends tiny ones waits in turn.

        Raises:
            Refused: these are no chunks.
        """
        for _ in range(_CHUNKS_AT_ONCE):
            if self._last:
                return self._end(data, at)
            if self._inside:
                at = self._content(data, at, pieces)
                if self._inside:
                    return at
            size = _SIZE.match(data, at)
            if size is None:
                self._check_size(data, at)
                return at
            at = size.end()
            extension = size.end(2) - size.start(2)
            self._extensions += extension
            if extension > _EXTENSION_AT_ONCE or self._extensions > _EXTENSION_BYTES:
                raise Refused(400, "the chunks have too many extensions")
            self.left = int(size[1], 16)
            self._inside = bool(self.left)
            self._last = not self.left
        return at

    def _content(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        if self.left:
            piece = data[at : at + self.left]
            if piece:
                pieces.append(piece)
                self.left -= len(piece)
                at += len(piece)
        if not self.left:
            end = data[at : at + 2]
            if end == b"\r\n":
                self._inside = False
                return at + 2
            if end not in (b"", b"\r"):
                raise Refused(400, "a chunk is longer than its size")
        return at

    def _check_size(self, data: bytes, at: int) -> None:
        if not _SIZE_BEGUN.fullmatch(data, at):
            raise Refused(400, "the size of a chunk is not a hexadecimal number, or too much more")

    def _end(self, data: bytes, at: int) -> int:
        if data.startswith(b"\r\n", at):
            self.ended = True
            return at + 2
        end = data.find(b"\r\n\r\n", at, at + _TRAILER_BYTES)
        if end >= 0:
            self.trailers = trailers(data[at : end + 2], self._most)
            self.ended = True
            return end + 4
        if len(data) - at >= _TRAILER_BYTES:
            raise Refused(431, "the trailers are too long")
        check_beginning(data, at)
        return at


class Inflow:
    """What has come of a body and was not yet read by the app.

    Args:
        wanted: called where the app waits for more.
        taken: called where the app has taken what was there.
    """

    __slots__ = ("_pieces", "_taken", "_waiter", "_wanted", "ended", "size")

    def __init__(self, wanted: Callable[[], Future[None]], taken: Callable[[], object]) -> None:
        self._pieces: list[bytes] = []
        self._wanted = wanted
        self._taken = taken
        self._waiter: Future[None] | None = None
        self.size = 0
        self.ended = False

    @property
    def is_awaited(self) -> bool:
        """Whether the app can do nothing before more has come."""
        return self._waiter is not None

    def put(self, pieces: list[bytes], size: int, ended: bool) -> None:
        """Adds what has come."""
        add(self._pieces, pieces)
        self.size += size
        self.ended = ended
        if pieces or ended:
            self.wake()

    def wake(self) -> None:
        """Lets the app look again: there is more, or there will be no more."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def take(self) -> bytes:
        """All that has come; b"" where it is nothing."""
        if not self._pieces:
            return b""
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self.size = 0
        self._taken()
        return data

    async def more(self) -> None:
        """Waits for more, or for the end of waiting."""
        if self._waiter is None:
            self._waiter = self._wanted()
        # An app may give up waiting, and wait again.
        await asyncio.shield(self._waiter)

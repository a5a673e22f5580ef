"""A reader for gzipped tar archives from strangers: one pass, bounded memory, no links.

The standard library's reader holds a whole extended header in memory, however large it
says it is; this one knows just the parts that npm tarballs and sdists use.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from wherever.errors import RemoteError

UNPACKED_LIMIT = 2 << 30
"""The most bytes that an archive may unpack to on the way to a member."""

MEMBERS_LIMIT = 200_000
"""The most members an archive may list."""

HEADER_LIMIT = 64 << 10
"""The largest extended header, in bytes: a long name, or pax records."""

HEADERS_LIMIT = 32 << 20
"""The most bytes that all extended headers of an archive may have: each takes time to read."""

BLOCK = 512


class Member:
    """One entry; its bytes can be read until the next entry is asked for."""

    def __init__(self, stream: Unpacked, name: str, size: int, is_plain: bool) -> None:
        self.name = name
        self.size = size
        self.is_plain = is_plain
        self._stream = stream
        self._left = size

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end."""
        block = self._stream.read(min(size, self._left))
        self._left -= len(block)
        if not block and self._left:
            raise EOFError("it ends inside a file")
        return block


def members(file: BinaryIO, label: str) -> Iterator[Member]:
    """The entries of a gzipped tar archive, in order.

    Raises:
        RemoteError: it lists or unpacks to more than a package does.
        ValueError, EOFError, zlib.error: it is not such an archive, or not whole.
    """
    stream = Unpacked(file, label)
    name = ""
    pax: dict[str, str] = {}
    headers = 0
    for _ in range(MEMBERS_LIMIT):
        header = stream.read(BLOCK)
        if not header.strip(b"\0"):
            return
        if len(header) < BLOCK:
            raise EOFError("it ends inside a header")
        kind = header[156:157]
        size = _number(header[124:136])
        if kind in b"xL":
            if size > HEADER_LIMIT:
                raise RemoteError(f"{label} holds a name of {size} bytes")
            headers += size
            if headers > HEADERS_LIMIT:
                raise RemoteError(f"{label} holds more names than a package does")
            text = stream.read(size)
            if kind == b"x":
                pax = _records(text)
            else:
                name = text.rstrip(b"\0").decode()
            stream.skip(-size % BLOCK)
            continue
        if "size" in pax:
            size = int(pax["size"])
        if size < 0:
            raise ValueError("a file of less than no bytes")
        member = Member(stream, pax.get("path") or name or _name(header), size, kind in b"0\0")
        yield member
        stream.skip(member._left + -size % BLOCK)
        name, pax = "", {}
    raise RemoteError(f"{label} lists more than {MEMBERS_LIMIT} files")


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    return int(field.strip(b" \0") or b"0", 8)


def _name(header: bytes) -> str:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:262] == b"ustar" else b""
    return (prefix + b"/" + name if prefix else name).decode()


def _records(text: bytes) -> dict[str, str]:
    records: dict[str, str] = {}
    at = 0
    while at < len(text):
        length = int(text[at : text.index(b" ", at)])
        key, _, value = text[at : at + length].partition(b" ")[2].partition(b"=")
        if length < 5 or not value.endswith(b"\n"):
            raise ValueError("a broken extended header")
        records[key.decode()] = value[:-1].decode()
        at += length
    return records


class Unpacked:
    """The bytes behind gzip, read forwards only, and not without end."""

    def __init__(self, file: BinaryIO, label: str) -> None:
        self._file = file
        self._label = label
        self._zlib = zlib.decompressobj(wbits=31)
        self._ready = b""
        self._left = UNPACKED_LIMIT

    def read(self, size: int) -> bytes:
        """`size` bytes, or fewer where the archive ends."""
        parts = []
        while size > 0:
            if not self._ready and not self._fill():
                break
            part, self._ready = self._ready[:size], self._ready[size:]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Passes over `size` bytes without keeping them."""
        while size > 0:
            block = self.read(min(size, 1 << 18))
            if not block:
                raise EOFError("it ends inside a file")
            size -= len(block)

    def _fill(self) -> bool:
        while not self._ready:
            packed = self._zlib.unconsumed_tail or self._file.read(1 << 16)
            if self._zlib.eof or not packed:
                return False
            self._ready = self._zlib.decompress(packed, 1 << 18)
            self._left -= len(self._ready)
            if self._left < 0:
                raise RemoteError(f"{self._label} unpacks to more than {UNPACKED_LIMIT >> 20} MiB")
        return True

"""Files of a folder over HTTP, and nothing else of the machine.

A path is walked name by name, each opened in the folder before it and never through a link. So
neither dots, nor links, nor a folder that is exchanged at the wrong moment lead out of it.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import mimetypes
import os
import stat
import time
from email.utils import formatdate
from urllib.parse import quote, unquote_to_bytes

from wherever.edge.exchange import Gone
from wherever.edge.ranges import encodings, precondition, ranges
from wherever.errors import NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import Exchange, Headers

_SMALL = 64 * 1024
_PIECE = 256 * 1024
_KEPT_FILES = 1024
_KEPT_BYTES = 16 * 1024 * 1024
_SETTLED_SECONDS = 2

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_SUFFIXES = {b"br": b".br", b"zstd": b".zst", b"gzip": b".gz"}
_PLAIN = (b"content-type", b"text/plain; charset=utf-8")
_NOT_THERE = frozenset(
    (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EACCES, errno.ENAMETOOLONG, errno.ENXIO)
)

# Without the system's own tables: a file has the same type on every machine.
_TYPES = mimetypes.MimeTypes(filenames=())
for _suffix, _type in {
    ".avif": "image/avif",
    ".cjs": "text/javascript",
    ".gz": "application/gzip",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".otf": "font/otf",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".yaml": "application/yaml",
    ".zst": "application/zstd",
}.items():
    _TYPES.add_type(_type, _suffix)


class File:
    """A file as it would be sent.

    Attributes:
        size: in bytes.
        etag: names its content.
        modified: seconds of the epoch.
        headers: those that say what it is.
        body: its content where that is short.
        until: `time.monotonic()` up to which it is taken to be as it is.
    """

    __slots__ = ("body", "etag", "headers", "modified", "size", "until")

    def __init__(self, found: os.stat_result, headers: Headers) -> None:
        self.size = found.st_size
        self.modified = int(found.st_mtime)
        # Not the numbers themselves: nobody has to know the disk's.
        told = f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}".encode()
        tag = b'"%b"' % hashlib.blake2b(told, digest_size=9).hexdigest().encode()
        # What was just written may be written again before its time changes.
        self.etag = tag if time.time() - found.st_mtime > _SETTLED_SECONDS else b"W/" + tag
        dated = formatdate(self.modified, usegmt=True).encode()
        self.headers = [*headers, (b"etag", self.etag), (b"last-modified", dated)]
        self.body: bytes | None = None
        self.until = 0.0


class StaticFiles:
    """Answers GET and HEAD with the files of a folder.

    Names that begin with a dot are not there, but for `.well-known`; nor are links, devices, and
    lists of folders. Files of up to 64 KiB are remembered for a moment.

    Args:
        folder: where they are.
        index: what a folder's own address shows.
        fallback: the file, inside the folder, that stands for all that is not there: with status
            404 where it is called `404.html`, and else with 200, as apps of one page want it.
        precompressed: send `name.br`, `name.zst` or `name.gz` where it lies beside `name`, is not
            older, and the client takes it.
        cache_control: that header, where it is not empty.
        fresh_seconds: for how long a file is sent as it was without a look at the disk.

    Raises:
        NotFound: there is no such folder.
    """

    def __init__(
        self,
        folder: str,
        index: str = "index.html",
        fallback: str | None = None,
        precompressed: bool = True,
        cache_control: str = "",
        fresh_seconds: float = 1.0,
    ) -> None:
        if not os.path.isdir(folder):
            raise NotFound(f"there is no folder {folder}", "make it, or mend the path")
        self._folder = os.fsencode(os.path.abspath(folder))
        self._index = os.fsencode(index)
        self._fallback = os.fsencode(fallback or "").split(b"/") if fallback else None
        self._precompressed = precompressed
        self._fresh_seconds = fresh_seconds
        self._common: Headers = [(b"x-content-type-options", b"nosniff")]
        if cache_control:
            self._common.append((b"cache-control", cache_control.encode()))
        if precompressed:
            self._common.append((b"vary", b"accept-encoding"))
        self._kept: dict[tuple[bytes, ...], File] = {}
        self._kept_bytes = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, exchange: Exchange) -> None:
        """Answers."""
        if exchange.method not in ("GET", "HEAD"):
            exchange.answer(405, [(b"allow", b"GET, HEAD"), _PLAIN], b"files can only be read\n")
            return
        asked = dict(exchange.headers)
        wanted = encodings(asked.get(b"accept-encoding")) if self._precompressed else []
        path, _, query = exchange.target.partition(b"?")
        try:
            names = _names(path)
            status = 200
            opened = self._open(names, wanted) if names is not None else None
            if opened is None and names and names[-1] and self._open([*names, b""], wanted, True):
                self._lead_into(exchange, names[-1], query)
                return
            if opened is None and self._fallback is not None:
                status = 404 if self._fallback[-1] == b"404.html" else 200
                opened = self._open(self._fallback, wanted)
        except OSError:
            # Too many open files, or a disk that fails: neither says anything of the file.
            exchange.answer(503, [(b"retry-after", b"1"), _PLAIN], b"the file cannot be read now\n")
            return
        if opened is None:
            exchange.answer(404, [_PLAIN], b"there is no such file\n")
        else:
            self._send(exchange, asked, status, *opened)

    def _lead_into(self, exchange: Exchange, name: bytes, query: bytes) -> None:
        # Relative, since whoever stands before us may have taken a part off the path.
        location = b"./%b/" % quote(name).encode()
        if query:
            location += b"?" + query
        exchange.answer(308, [(b"location", location), _PLAIN], b"this is a folder\n")

    # Finding.

    def _open(
        self, names: list[bytes], wanted: list[bytes], only_looks: bool = False
    ) -> tuple[File, int] | None:
        """The file and its descriptor, -1 where its body is in memory; None where there is none."""
        if not names[-1]:
            names = [*names[:-1], *self._index.split(b"/")]
        key = (*wanted, b"", *names)
        kept = self._kept.get(key)
        if kept is not None and time.monotonic() < kept.until:
            return kept, -1
        try:
            folder = self._walk(names[:-1])
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise
        try:
            opened = self._choose(folder, names[-1], wanted)
        finally:
            os.close(folder)
        if opened is None:
            return None
        file, descriptor = opened
        if only_looks or file.size <= _SMALL:
            try:
                file.body = b"" if only_looks else os.read(descriptor, _SMALL + 1)
            finally:
                os.close(descriptor)
            # Where it is being written, its length is that of what was read.
            file.size = len(file.body)
            if not only_looks:
                self._keep(key, file)
            return file, -1
        return opened

    def _walk(self, names: list[bytes]) -> int:
        folder = os.open(self._folder, _FOLDER)
        for name in names:
            try:
                inner = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            finally:
                os.close(folder)
            folder = inner
        return folder

    def _choose(self, folder: int, name: bytes, wanted: list[bytes]) -> tuple[File, int] | None:
        """The file of this name, or what lies compressed beside it."""
        plain = _regular(folder, name)
        if plain is None:
            return None
        headers = [(b"content-type", _type_of(name)), *self._common]
        for encoding in wanted:
            packed = _regular(folder, name + _SUFFIXES[encoding])
            if packed is not None and packed.st_mtime >= plain.st_mtime:
                opened = _opened(folder, name + _SUFFIXES[encoding])
                if opened is not None:
                    headers.append((b"content-encoding", encoding))
                    return File(opened[0], headers), opened[1]
        opened = _opened(folder, name)
        return (File(opened[0], headers), opened[1]) if opened is not None else None

    def _keep(self, key: tuple[bytes, ...], file: File) -> None:
        if self._fresh_seconds <= 0:
            return
        file.until = time.monotonic() + self._fresh_seconds
        if len(self._kept) >= _KEPT_FILES or self._kept_bytes + file.size > _KEPT_BYTES:
            self._kept.clear()
            self._kept_bytes = 0
        replaced = self._kept.get(key)
        self._kept_bytes += file.size - (replaced.size if replaced is not None else 0)
        self._kept[key] = file

    # Sending.

    def _send(
        self, exchange: Exchange, asked: dict[bytes, bytes], status: int, file: File, opened: int
    ) -> None:
        parts: list[tuple[int, int]] | None = None
        if status == 200:
            status = precondition(asked, file.etag, file.modified)
            if status == 200 and exchange.method == "GET":
                parts = ranges(asked, file.size, file.etag, file.modified)
        headers = [*file.headers, (b"accept-ranges", b"bytes")]
        if status in (304, 412):
            _close(opened)
            kept = headers if status == 304 else [_PLAIN]
            exchange.answer(status, kept, b"the file is another now\n" if status == 412 else b"")
            return
        if parts == []:
            _close(opened)
            told = (b"content-range", b"bytes */%d" % file.size)
            exchange.answer(416, [told, _PLAIN], b"the file has no such part\n")
            return
        if parts is None:
            layout: list[bytes | tuple[int, int]] = [(0, file.size)]
        else:
            status = 206
            headers, layout = _laid_out(headers, parts, file.size)
        length = sum(len(each) if isinstance(each, bytes) else each[1] - each[0] for each in layout)
        if file.body is not None and opened < 0:
            body = file.body
            exchange.answer(
                status,
                headers,
                b"".join(e if isinstance(e, bytes) else body[e[0] : e[1]] for e in layout),
            )
            return
        exchange.start(status, headers, length)
        if exchange.method == "HEAD":
            _close(opened)
            exchange.finish()
            return
        task = asyncio.get_running_loop().create_task(_stream(exchange, opened, layout))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _stream(exchange: Exchange, opened: int, layout: list[bytes | tuple[int, int]]) -> None:
    """Sends a large file in pieces, read where a slow disk holds nobody up."""
    loop = asyncio.get_running_loop()
    reading: asyncio.Future[bytes] | None = None
    try:
        for each in layout:
            if isinstance(each, bytes):
                exchange.write(each)
                continue
            at, end = each
            while at < end:
                size = min(_PIECE, end - at)
                reading = loop.run_in_executor(None, os.pread, opened, size, at)
                piece = await asyncio.shield(reading)
                if not piece:
                    # It became shorter since its length was told.
                    exchange.fail()
                    return
                at += len(piece)
                exchange.write(piece)
                await exchange.drain()
        exchange.finish()
    except Gone:
        pass
    except OSError:
        exchange.fail()
    finally:
        # A descriptor that is closed under a thread could be another file's by the time it reads.
        if reading is not None and not reading.done():
            reading.add_done_callback(lambda _: os.close(opened))
        else:
            os.close(opened)


def _names(path: bytes) -> list[bytes] | None:
    """The names on a path, the last one empty for a folder; None where it leads nowhere."""
    if path[:1] != b"/":
        return None
    names = [unquote_to_bytes(name) for name in path[1:].split(b"/")]
    for at, name in enumerate(names):
        if not name:
            if at < len(names) - 1:
                return None
        elif name[:1] == b"." and not (at == 0 and name == b".well-known"):
            return None
        elif b"/" in name or b"\0" in name or b"\\" in name:
            return None
    return names


def _regular(folder: int, name: bytes) -> os.stat_result | None:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
    return found if stat.S_ISREG(found.st_mode) else None


def _opened(folder: int, name: bytes) -> tuple[os.stat_result, int] | None:
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        return None
    return found, descriptor


def _close(opened: int) -> None:
    if opened >= 0:
        os.close(opened)


def _type_of(name: bytes) -> bytes:
    kind, packed = _TYPES.guess_type(os.fsdecode(name))
    if packed:
        kind = {"gzip": "application/gzip"}.get(packed, "application/octet-stream")
    kind = kind or "application/octet-stream"
    return (f"{kind}; charset=utf-8" if kind.startswith("text/") else kind).encode()


def _laid_out(
    headers: Headers, parts: list[tuple[int, int]], size: int
) -> tuple[Headers, list[bytes | tuple[int, int]]]:
    """Headers and content of an answer that has one part of a file, or several."""
    if len(parts) == 1:
        start, end = parts[0]
        told = (b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size))
        return [*headers, told], [(start, end)]
    boundary = os.urandom(12).hex().encode()
    kind = dict(headers)[b"content-type"]
    layout: list[bytes | tuple[int, int]] = []
    for start, end in parts:
        layout.append(
            b"--%b\r\ncontent-type: %b\r\ncontent-range: bytes %d-%d/%d\r\n\r\n"
            % (boundary, kind, start, end - 1, size)
        )
        layout += [(start, end), b"\r\n"]
    layout.append(b"--%b--\r\n" % boundary)
    several = (b"content-type", b"multipart/byteranges; boundary=" + boundary)
    return [several, *(each for each in headers if each[0] != b"content-type")], layout

"""Where a C++ program begins: in a function that says what was thrown and never caught."""

from __future__ import annotations

from pathlib import Path

from wherever.build.zig import archive, cxx, library, tool
from wherever.errors import InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project

_START = b"_start"
_OURS = b"wherever_start"
_UNSTARTED = frozenset({"-mexec-model=reactor", "-Wl,--no-entry"})
_EXPORTS = 7
_HEADER = 8


def words(project: Project, own: list[str], scratch: Path) -> list[str | Path]:
    """What a C++ program is linked with besides; nothing for a library.

    Args:
        own: the program's own flags.
        scratch: a folder to work in.

    Raises:
        BuildFailed: zig could not build it.
    """
    if library.is_library(project) or _UNSTARTED.intersection(own):
        return []
    flags = ("-cflags", *map(str, cxx.flags()), "-O2", "--")
    made = archive.kept("uncaught", flags, scratch, [tool.GUEST / "uncaught.cpp"])
    return [made, f"-Wl,--export={_OURS.decode()}"]


def at_ours(wasm: bytes) -> bytes:
    """The module that begins in our function, where it was linked with it; else as it is.

    Raises:
        InternalError: that is no module as a linker makes it.
    """
    at = _HEADER
    while at < len(wasm):
        size, begin = _number(wasm, at + 1)
        if wasm[at] == _EXPORTS:
            body = _renamed(wasm[begin : begin + size])
            return wasm[: at + 1] + _written(len(body)) + body + wasm[begin + size :]
        at = begin + size
    return wasm


def _renamed(body: bytes) -> bytes:
    """The section of exports in which `_start` is ours, and not the C library's."""
    count, at = _number(body, 0)
    found: dict[bytes, bytes] = {}
    for _ in range(count):
        length, begin = _number(body, at)
        _, end = _number(body, begin + length + 1)
        found[body[begin : begin + length]] = body[begin + length : end]
        at = end
    if at != len(body):
        raise InternalError("the linker's exports cannot be read", "see: wherever doctor")
    if _OURS not in found:
        return body
    found[_START] = found.pop(_OURS)
    entries = (_written(len(name)) + name + what for name, what in found.items())
    return _written(len(found)) + b"".join(entries)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends.

    >>> _number(b"\\xe5\\x8e\\x26", 0)
    (624485, 3)
    """
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at


def _written(value: int) -> bytes:
    """A number as unsigned LEB128.

    >>> _written(624485).hex()
    'e58e26'
    """
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)

"""Where a C++ program begins: in a function that says what was thrown and never caught."""

from __future__ import annotations

from pathlib import Path

from wherever.build.zig import archive, cxx, library, tool
from wherever.errors import InternalError
from wherever.wasm.leb import leb, number

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
        size, begin = number(wasm, at + 1)
        if wasm[at] == _EXPORTS:
            body = _renamed(wasm[begin : begin + size])
            return wasm[: at + 1] + leb(len(body)) + body + wasm[begin + size :]
        at = begin + size
    return wasm


def _renamed(body: bytes) -> bytes:
    """The section of exports in which `_start` is ours, and not the C library's."""
    count, at = number(body, 0)
    found: dict[bytes, bytes] = {}
    for _ in range(count):
        length, begin = number(body, at)
        _, end = number(body, begin + length + 1)
        found[body[begin : begin + length]] = body[begin + length : end]
        at = end
    if at != len(body):
        raise InternalError("the linker's exports cannot be read", "see: wherever doctor")
    if _OURS not in found:
        return body
    found[_START] = found.pop(_OURS)
    entries = (leb(len(name)) + name + what for name, what in found.items())
    return leb(len(found)) + b"".join(entries)

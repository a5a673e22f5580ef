"""One line for each call out of the sandbox: what was asked, what came of it, what would grant it.

The guard keeps the arguments of a traced call in its own memory and names the function by its
number; what they point at is read from the guest's memory. Nothing here is escaped: the text may
hold anything that a guest can write.
"""

from __future__ import annotations

import ctypes

from wherever.engine.library import lib
from wherever.wasi.notes import NOTES
from wherever.wasi.signatures import ERRNO, FUNCTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasi.preview1 import Linked

_SHOWN = 48
"""Bytes of a text that are shown."""

_NAMES = tuple(FUNCTIONS)

_CLOCKS = ("realtime", "monotonic", "process", "thread")
_OPEN_FLAGS = ("create", "directory", "exclusive", "truncate")
_CREATES = 0b1001
_WHENCE = ("start", "here", "end")
_REFUSED = frozenset((2, 63, 69, 76))
"""access denied, not permitted, read-only, not capable."""

# One letter for each way to show arguments: d a descriptor, n a number, p a path (pointer and
# length), b a buffer (pointer and length, of which the length is shown), w buffers to write,
# r buffers to read into, c a clock, f flags of path_open, h where a seek counts from,
# q subscriptions, - nothing; a final > and a letter say what is at the last pointer: 4 a u32,
# 8 a u64.
_SHAPES = {
    "args_get": "--",
    "args_sizes_get": "->4",
    "clock_res_get": "c>8",
    "clock_time_get": "c->8",
    "environ_get": "--",
    "environ_sizes_get": "->4",
    "fd_advise": "dnnn",
    "fd_fdstat_get": "d-",
    "fd_filestat_get": "d-",
    "fd_filestat_set_times": "d---",
    "fd_pread": "drn>4",
    "fd_prestat_dir_name": "d--",
    "fd_prestat_get": "d-",
    "fd_pwrite": "dwn>4",
    "fd_read": "dr>4",
    "fd_readdir": "d--n>4",
    "fd_seek": "dnh>8",
    "fd_tell": "d>8",
    "fd_write": "dw>4",
    "path_create_directory": "dp",
    "path_filestat_get": "d-p-",
    "path_filestat_set_times": "d-p---",
    "path_link": "d-pdp",
    "path_open": "d-pf---->4",
    "path_readlink": "dp-->4",
    "path_remove_directory": "dp",
    "path_rename": "dpdp",
    "path_symlink": "pdp",
    "path_unlink_file": "dp",
    "poll_oneoff": "--q>4",
    "random_get": "b",
}


def describe(linked: Linked, number: int, errno: int) -> tuple[str, str]:
    """The line for a call, and what would have granted it where it was refused, else "".

    Args:
        linked: the program, for its memories.
        number: the function's, as in `signatures.NUMBERS`.
        errno: what it returned.
    """
    name = _NAMES[number] if number < len(_NAMES) else f"function {number}"
    kinds = FUNCTIONS.get(name, "")
    view = _View(linked)
    values = view.arguments(len(kinds))
    shape, _, result = _SHAPES.get(name, "n" * len(kinds)).partition(">")
    text = f"{name}({', '.join(_shown(view, shape, values))})"
    if name == "proc_exit":
        return text, ""
    if errno:
        meaning = ERRNO[errno] if errno < len(ERRNO) else f"errno {errno}"
        return f"{text} = {meaning}", _hint(name, errno, values)
    if result and values:
        width = int(result)
        return f"{text} = {int.from_bytes(view.read(values[-1], width), 'little')}", ""
    return text, ""


def _hint(name: str, errno: int, values: list[int]) -> str:
    if name.startswith("sock_"):
        return "the network cannot be granted yet"
    if errno not in _REFUSED:
        return ""
    reads = name in ("path_readlink", "path_filestat_get")
    if name == "path_open" and values:
        reads = not values[4] & _CREATES
    if errno == 69 or not reads:
        return "grant a folder for writing with --dir HOST:GUEST, without :ro"
    return "grant its folder with --dir HOST:GUEST; nothing outside of one can be reached"


def _shown(view: _View, shape: str, values: list[int]) -> list[str]:
    shown: list[str] = []
    at = 0
    for letter in shape:
        if at >= len(values):
            break
        first = values[at]
        second = values[at + 1] if at + 1 < len(values) else 0
        at += 2 if letter in "pbwr" else 1
        if letter in "dn":
            shown.append(str(first))
        elif letter == "p":
            shown.append(_quoted(view.read(first, min(second, 1024)), second))
        elif letter == "b":
            shown.append(f"{second} bytes")
        elif letter == "w":
            shown.append(_quoted(*view.buffers(first, second)))
        elif letter == "r":
            shown.append(f"up to {view.buffers(first, second)[1]} bytes")
        elif letter == "c":
            shown.append(_CLOCKS[first] if first < len(_CLOCKS) else str(first))
        elif letter == "f":
            flags = [flag for bit, flag in enumerate(_OPEN_FLAGS) if first >> bit & 1]
            shown.append("|".join(flags) or "open")
        elif letter == "h":
            shown.append(_WHENCE[first] if first < len(_WHENCE) else str(first))
        elif letter == "q":
            shown.append(f"{first} events")
    return shown


def _quoted(data: bytes, length: int) -> str:
    text = repr(data[:_SHOWN].decode("utf-8", "backslashreplace"))
    return f"{text}... ({length} bytes)" if length > _SHOWN else text


class _View:
    """The guest's memory, read within its bounds."""

    def __init__(self, linked: Linked) -> None:
        self._own = 0 if linked.notes is None else linked.notes.address
        self._memory = self._size = 0
        context = linked.store.context
        if linked.memory is not None:
            self._memory = lib.wasmtime_memory_data(context, linked.memory.address)
            self._size = lib.wasmtime_memory_data_size(context, linked.memory.address)

    def arguments(self, count: int) -> list[int]:
        """The arguments of the call, as unsigned numbers."""
        if not self._own:
            return []
        return list((ctypes.c_uint64 * count).from_address(self._own + NOTES))

    def read(self, at: int, length: int) -> bytes:
        """Bytes of the guest's memory; fewer, or none, where they are not all there."""
        length = min(length, self._size - at)
        return ctypes.string_at(self._memory + at, length) if length > 0 else b""

    def buffers(self, at: int, count: int) -> tuple[bytes, int]:
        """The beginning of what a call's buffers hold, and how much they hold in all."""
        text, total = b"", 0
        for index in range(min(count, 1024)):
            entry = self.read(at + 8 * index, 8)
            length = int.from_bytes(entry[4:], "little")
            total += length
            if len(text) < _SHOWN:
                text += self.read(int.from_bytes(entry[:4], "little"), min(length, _SHOWN))
        return text, total

"""Runs componentize-py out of its own folder, in a process of its own: python -I maker.py FOLDER.

This file imports nothing of ours. It gives the tool steady random numbers and a steady clock, so
that the memory that it keeps in the component, Python's hash seed among it, is laid out the same
each time. What still differs from one build to the next are some hundreds of bytes: times and
numbers of files that the tool unpacks for itself, which it asks the kernel for without any library
and which stay in unused memory. They do not change what the program does.
"""

from __future__ import annotations

import ctypes
import importlib
import mmap
import os
import struct
import sys
from typing import Any

_DYNAMIC_SYMBOLS = 11
_RELOCATIONS = 4


def steady(library: str, seconds: int) -> mmap.mmap | None:
    """Put our own functions in the place of getrandom and clock_gettime in a loaded library.

    Only for x86-64, where the tool is known; elsewhere a component differs from build to build.
    """
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        return None
    with open(library, "rb") as file:
        slots = _slots(file.read(), {b"getrandom", b"clock_gettime", b"dlsym"})
    with open("/proc/self/maps") as maps:
        starts = [int(line.split("-")[0], 16) for line in maps if line.rstrip().endswith(library)]
    libc = ctypes.CDLL(None)
    libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    code = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    at = ctypes.addressof(ctypes.c_char.from_buffer(code))
    clock = ctypes.cast(libc.clock_gettime, ctypes.c_void_p).value or 0
    find = ctypes.cast(libc.dlsym, ctypes.c_void_p).value or 0
    code.write(_random().ljust(64) + _clock(seconds, clock).ljust(64) + _find(at, find))
    if libc.mprotect(at, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC) != 0:
        return None
    for name, place in ((b"getrandom", at), (b"clock_gettime", at + 64), (b"dlsym", at + 128)):
        for slot in slots.get(name, ()):
            page = (min(starts) + slot) & -mmap.PAGESIZE
            libc.mprotect(page, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_WRITE)
            ctypes.c_uint64.from_address(min(starts) + slot).value = place
            libc.mprotect(page, mmap.PAGESIZE, mmap.PROT_READ)
    return code


def _random() -> bytes:
    """Machine code that fills what getrandom is given with one byte, and says all was filled."""
    return bytes.fromhex("4889f1 4889f2 b05a f3aa 4889d0 c3")


def _clock(seconds: int, real: int) -> bytes:
    """Machine code that tells one time of day, and lets the other clocks go."""
    fixed = b"\x48\xb8" + struct.pack("<q", seconds) + bytes.fromhex("488906 31c0 48894608 c3")
    jump = b"\x48\xb8" + struct.pack("<Q", real) + b"\xff\xe0"
    return b"\x85\xff\x75" + bytes([len(fixed)]) + fixed + jump


def _find(random: int, real: int) -> bytes:
    """Machine code for dlsym that finds ours where getrandom is asked for."""
    ours = b"\x48\xb8" + struct.pack("<Q", random) + b"\xc3"
    jump = b"\x48\xb8" + struct.pack("<Q", real) + b"\xff\xe0"
    return b"\x48\xb8getrando\x48\x39\x06\x75" + bytes([len(ours)]) + ours + jump


def _slots(data: bytes, names: set[bytes]) -> dict[bytes, list[int]]:
    """Where a 64-bit ELF library keeps the addresses of functions of these names."""
    (start,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, start + n * size) for n in range(count)]
    symbols = next(each for each in sections if each[1] == _DYNAMIC_SYMBOLS)
    texts = sections[symbols[6]][4]
    wanted: dict[int, bytes] = {}
    for number in range(symbols[5] // 24):
        (name,) = struct.unpack_from("<I", data, symbols[4] + number * 24)
        found = data[texts + name : data.index(b"\0", texts + name)]
        if found in names:
            wanted[number] = found
    slots: dict[bytes, list[int]] = {}
    for each in sections:
        if each[1] == _RELOCATIONS:
            for place, info, _ in struct.iter_unpack("<QQq", data[each[4] : each[4] + each[5]]):
                if info >> 32 in wanted:
                    slots.setdefault(wanted[info >> 32], []).append(place)
    return slots


def main() -> None:
    """Take the tool's folder off the arguments, and run the tool with the others."""
    sys.path.insert(0, sys.argv.pop(1))
    sys.argv[0] = "componentize-py"
    tool: Any = importlib.import_module("componentize_py.componentize_py")
    when = os.environ.get("SOURCE_DATE_EPOCH", "")
    kept = steady(tool.__file__, int(when) if when.isdecimal() else 0)
    tool.script()
    del kept


if __name__ == "__main__":
    main()

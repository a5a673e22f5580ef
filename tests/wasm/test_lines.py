"""DWARF that the engine would read in the host: what is left of it, and what it still tells."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

import wherever
from wherever.wasm.lines import LARGEST, tamed

ROW = b"\x20"
"""The next address, the same line."""

START = b"\0\5\2"
END = b"\0\1\1"


def leb(number: int) -> bytes:
    low, more = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + leb(more) if more else bytes([low])


def section(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + leb(len(data)) + data


def custom(name: str, data: bytes) -> bytes:
    return section(0, leb(len(name)) + name.encode() + data)


def table(program: bytes, version: int = 4, folder: bytes = b"", file: bytes = b"a.c") -> bytes:
    """A table of lines of one file, in DWARF 4 or 5."""
    head = bytes([1, 1, 1, 0xFB, 14, 13]) + bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])
    if version == 5:
        # One folder, one file in it, both as text right here.
        head += b"\1\1\x08" + b"\1" + folder + b"\0"
        head += b"\2\1\x08\2\x0b" + b"\1" + file + b"\0\0"
    else:
        head += (folder + b"\0" if folder else b"") + b"\0"
        head += file + b"\0" + (b"\1" if folder else b"\0") + b"\0\0" + b"\0"
    body = struct.pack("<H", version) + (b"\4\0" if version == 5 else b"")
    body += struct.pack("<I", len(head)) + head + program
    return struct.pack("<I", len(body)) + body


def sequence(start: int, rows: bytes) -> bytes:
    return START + struct.pack("<I", start) + rows + END


def module(lines: bytes, units: int = 1) -> bytes:
    """A command that traps in its first instruction, and DWARF with so many units."""
    unit = struct.pack("<HIB", 4, 0, 4) + b"\1" + struct.pack("<III", 0, 0, 0x7FFFFFFF) + b"a\0"
    return (
        b"\0asm\1\0\0\0"
        + section(1, b"\1\x60\0\0")
        + section(3, b"\1\0")
        + section(5, b"\1\0\1")
        + section(7, b"\2\6_start\0\0\6memory\2\0")
        + section(10, b"\1\3\0\0\x0b")
        + custom(".debug_abbrev", b"\1\x11\0\x10\x17\x11\1\x12\6\3\x08\0\0\0")
        + custom(".debug_info", (struct.pack("<I", len(unit)) + unit) * units)
        + custom(".debug_line", lines)
    )


@pytest.mark.parametrize(
    ("version", "folder", "told"),
    [(4, b"", "a.c:42"), (4, b"src", "src/a.c:42"), (5, b"src", "(a.c:42")],
)
def test_a_trap_is_told_with_its_source_line(version: int, folder: bytes, told: str) -> None:
    file = b"\4\0" if version == 5 else b""
    program = sequence(1, file + b"\3\x29\1" + ROW * 20)
    (frame,) = wherever.run(module(table(program, version, folder))).backtrace
    assert told in frame


def test_units_that_share_a_table_cost_it_once() -> None:
    bomb = module(table(sequence(1 << 30, ROW * 300_000)), units=1000)
    program = (
        "import resource, sys, wherever\n"
        "outcome = wherever.run(sys.stdin.buffer.read(), timeout=2, memory='64m')\n"
        "print(outcome.ended, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=bomb, capture_output=True, timeout=18, check=True
    )
    ended, used = done.stdout.split()
    assert ended == b"trapped"
    assert int(used) < 1000  # MiB, of which most is what this process had; it was 7 GiB


def test_dwarf_goes_and_the_rest_stays_byte_for_byte() -> None:
    whole = module(table(sequence(1, ROW)))
    begin = whole.index(section(10, b"\1\3\0\0\x0b")) + 7
    left = tamed(whole + custom("other", b"kept"))
    assert left.startswith(whole[:begin] + custom("other", b"kept"))
    assert left.count(b".debug_info") == 1
    assert len(tamed(module(b""))) == begin


@pytest.mark.parametrize(
    "lines",
    [
        b"\xff\xff\xff\xff" + bytes(40),
        table(sequence(1, ROW))[:-1],
        table(b"\0\3\3b\0\0\0\0"),
        table(b"\0\0"),
        table(ROW, version=5)[:30],
        table(sequence(1, ROW * LARGEST)),
        table(sequence(1, ROW), folder=b"f" * 100, file=b"a.c\0\1\0\0" * 200_000 + b"a.c"),
    ],
    ids=["64-bit", "short", "defines-a-file", "empty", "cut", "large", "long-names"],
)
def test_tables_that_are_not_understood_or_too_much_go_too(lines: bytes) -> None:
    assert b".debug_" not in tamed(module(lines))


def test_modules_in_components_are_tamed_as_well() -> None:
    inner = module(table(sequence(1, ROW)), units=3)
    component = b"\0asm\x0d\0\1\0" + section(1, inner)
    assert tamed(component) == b"\0asm\x0d\0\1\0" + section(1, tamed(inner))
    for _ in range(101):
        component = b"\0asm\x0d\0\1\0" + section(4, component)
    with pytest.raises(wherever.NotRunnable):
        tamed(component)

"""What the processor can do, as far as compiled code depends on it."""

from __future__ import annotations

from wherever.system import os

_KERNEL = "/sys/devices/system/cpu/modalias"
# Numbers of the kernel's feature bits that the compiler asks about, as the file spells them.
_X86 = (
    *("0080", "0089", "008C", "008D", "0093", "0094", "0097", "009C"),  # SSE3 .. AVX, FMA
    *("00C5", "0123", "0125", "0128", "0130", "0131", "013F", "0201", "020C"),  # LZCNT .. AVX-512
)
_ARM = ("0008", "0009", "000A", "001E", "001F")  # LSE, half floats, pointer authentication

_known = ""


def key() -> str:
    """A short name for this machine's processor: code compiled under one name runs there.

    It costs one small read, once in a process.

    >>> key() == key()
    True
    """
    global _known
    if not _known:
        _known = _look()
    return _known


def _look() -> str:
    machine = os.uname().machine
    try:
        handle = os.open(_KERNEL, os.O_RDONLY | os.O_CLOEXEC)
        try:
            text = os.read(handle, 65536).decode("ascii", "replace")
        finally:
            os.close(handle)
    except OSError:
        text = ""
    if ":feature:" not in text:
        return f"{machine}.{_from_flags():x}"
    text = text[text.index(":feature:") :]
    bits = 1
    for number in _X86 if machine in ("x86_64", "i686") else _ARM:
        bits = bits << 1 | (f",{number}" in text)
    return f"{machine}.{bits:x}"


def _from_flags() -> int:
    """The same question to `/proc/cpuinfo`, which is slower to make; 0 where there is none."""
    try:
        handle = os.open("/proc/cpuinfo", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        text = os.read(handle, 8192)
    finally:
        os.close(handle)
    for line in text.split(b"\n"):
        if line.startswith((b"flags", b"Features")):
            from _imp import source_hash

            return int.from_bytes(source_hash(0, b" ".join(sorted(line.split()))), "little")
    return 0

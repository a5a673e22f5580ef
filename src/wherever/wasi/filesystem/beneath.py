"""Opens what a path leads to below a folder; the kernel sees to it that none leads out.

https://man7.org/linux/man-pages/man2/openat2.2.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys

_OPENAT2 = 437
"""The number of the call, the same on every machine that we run on."""

_NO_MAGICLINKS, _BENEATH = 0x02, 0x08
_TRIES = 64
"""How often a path is followed anew where a folder on its way was moved meanwhile."""

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = [
    ctypes.c_long,
    ctypes.c_int,
    ctypes.c_char_p,
    ctypes.c_void_p,
    ctypes.c_size_t,
]


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def open_beneath(folder: int, path: bytes, flags: int, mode: int = 0) -> int:
    """A descriptor of what a path leads to, which is not inherited by other programs.

    Args:
        folder: a descriptor of the folder that the path begins at.
        path: it may have `..` and links in it, as long as they stay below the folder.
        flags: those of `os.open`.
        mode: of a file that is made.

    Raises:
        OSError: it cannot be opened; `EPERM` where it leads out of the folder.
    """
    if b"\0" in path:
        raise OSError(errno.EINVAL, "a path has a zero in it")
    how = _How(flags | os.O_CLOEXEC, mode, _BENEATH | _NO_MAGICLINKS)
    for _ in range(_TRIES):
        found: int = _syscall(_OPENAT2, folder, path, ctypes.addressof(how), 24)
        if found >= 0:
            return found
        code = ctypes.get_errno()
        if code not in (errno.EAGAIN, errno.EINTR):
            break
    if code == errno.EXDEV:
        code = errno.EPERM
    raise OSError(code, os.strerror(code))


def is_possible(folder: int) -> bool:
    """Whether this is Linux, and it and what is between it and us have the call."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        os.close(open_beneath(folder, b".", os.O_PATH))
    except OSError:
        return False
    return True

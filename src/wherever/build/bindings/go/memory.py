"""Room for others in the memory of a Go module.

Go takes memory from where it knows it to end, without looking. WASI's adapter takes some at the
real end while Go's runtime starts. The two only keep apart if that end is further away than Go gets
until the bindings tell it.
"""

from __future__ import annotations

from pathlib import Path

from wherever.wasm.leb import leb, number

MARGIN = 256
"""Pages of 64 KiB; nobody writes to them, so they cost address space only."""

_MEMORY = 5


def roomier(core: Path) -> None:
    """Let a module begin with more memory."""
    data = core.read_bytes()
    at = 8
    while at < len(data):
        section = data[at]
        size, body = number(data, at + 1)
        if section == _MEMORY and data[body : body + 2] == b"\x01\x00":
            pages, end = number(data, body + 2)
            made = b"\x01\x00" + leb(pages + MARGIN) + data[end : body + size]
            head = bytes([_MEMORY]) + leb(len(made))
            core.write_bytes(data[:at] + head + made + data[body + size :])
            return
        at = body + size

"""The JavaScript engine that goes into each program, from the tool that it comes in.

The engine reads the clock and random bytes while it starts, which is when a program is built, and
both would end up in the program: no two builds would be the same. Three calls are taken out. What
they gave is given to each run anew by the prelude: the clock's zero and the seed of Math.random.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from wherever.build import tools
from wherever.errors import InternalError

_SIZE = 1_497_910
_SHA256 = "25703f010b80efb806f9c35daf9ee6524ad60320c9781b0bae4e234264f8dac5"
_CALLS = (
    # Where, what is called there, and instead of it: drop the argument (and give 0).
    (0x0C9A4, "1003", "1a01"),  # wasi:random/insecure-seed, for hash tables
    (0x0DC3D, "10810c", "1a0101"),  # gettimeofday, for Math.random
    (0x1074B, "10820c", "1a4100"),  # the monotonic clock, for performance
)


def write(place: Path) -> None:
    """Writes the engine, with its start made the same each time.

    Raises:
        InternalError: the tool does not hold the engine that these changes are for.
    """
    data = bytearray(_find())
    for at, before, after in _CALLS:
        old = bytes.fromhex(before)
        if data[at : at + len(old)] != old:
            raise InternalError("the JavaScript engine is not the one that is known")
        data[at : at + len(old)] = bytes.fromhex(after)
    place.write_bytes(data)


def _find() -> bytes:
    (binding,) = tools.tool("componentize-qjs").glob("node_modules/@andreiltd/*/*.node")
    held = binding.read_bytes()
    for match in re.finditer(rb"\0asm\x01\0\0\0", held):
        data = held[match.start() : match.start() + _SIZE]
        if hashlib.sha256(data).hexdigest() == _SHA256:
            return data
    raise InternalError(
        "the JavaScript engine is not in the tool that it comes in",
        "fetch it again: remove componentize-qjs from the tools' folder",
    )

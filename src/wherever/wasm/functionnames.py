"""Names of functions that the engine can spell out in a backtrace without going under.

It makes C++ of mangled names in the process that runs the guest. A mangled name refers to its own
parts, and each reference can double it: 300 characters become more than any memory holds.
"""

from __future__ import annotations

import re

from wherever.wasm.leb import leb, number

MOST_BYTES = 64 << 20
"""Bytes of a section of names that is looked at; a larger one is left out."""

_MOST_DOUBLED = 1 << 22
"""Bytes that a name may come to, at the very most, when it is spelled out."""

_REFERENCE = re.compile(rb"[ST][0-9A-Z]*_")


def calm(names: bytes) -> bytes | None:
    """The content of a section `name`, where a name that could explode no longer looks mangled.

    None where it cannot be read; the module is as good without it.
    """
    if len(names) > MOST_BYTES:
        return None
    parts: list[bytes] = []
    at = 0
    try:
        while at < len(names):
            kind = names[at]
            size, at = number(names, at + 1)
            body = names[at : at + size]
            if len(body) != size:
                return None
            at += size
            if kind == 1:
                body = _functions(body)
            parts.append(bytes([kind]) + leb(len(body)) + body)
    except IndexError:
        return None
    return b"".join(parts)


def _functions(body: bytes) -> bytes:
    count, at = number(body, 0)
    parts = [leb(count)]
    for _ in range(count):
        begin = at
        _, at = number(body, at)
        length_at = at
        length, at = number(body, at)
        name = body[at : at + length]
        if len(name) != length:
            raise IndexError
        at += length
        if _is_calm(name):
            parts.append(body[begin:at])
        else:
            parts.append(body[begin:length_at] + leb(length + 1) + b" " + name)
    return b"".join(parts)


def _is_calm(name: bytes) -> bool:
    # The engine takes names without "_Z" for mangled types.
    references = len(_REFERENCE.findall(name))
    return not references or len(name) << min(references, 40) <= _MOST_DOUBLED

"""A module whose start function its host calls, later: for instances that must not run yet."""

from __future__ import annotations

from wherever.wasm.cursor import Cursor, Work, open_bytes
from wherever.wasm.leb import leb, number
from wherever.wasm.module import scan_module

START = "wherever:start"
"""The export that was the module's start function."""

_EXPORT, _START = 7, 8
_BEHIND = (9, 10, 11, 12)
"""Sections that stand behind the exports."""


def deferred(data: bytes) -> bytes | None:
    """The module with its start function as the export `START`; None where it has none.

    Raises:
        Malformed: it is no module.

    Example:
        >>> deferred(b"\\0asm\\1\\0\\0\\0") is None
        True
    """
    view = open_bytes(data)
    module = scan_module(Cursor(view, 0, len(view), Work()))
    if module.start is None:
        return None
    name = START.encode()
    entry = leb(len(name)) + name + b"\0" + leb(module.start)
    made = bytearray(data[:8])
    is_told = False
    for kind, offset, size in module.sections:
        content = data[offset : offset + size]
        if kind == _START:
            continue
        if kind in _BEHIND and not is_told:
            made += _section(_EXPORT, leb(1) + entry)
            is_told = True
        if kind == _EXPORT:
            count, at = number(content, 0)
            content = leb(count + 1) + content[at:] + entry
            is_told = True
        made += _section(kind, content)
    if not is_told:
        made += _section(_EXPORT, leb(1) + entry)
    return bytes(made)


def _section(kind: int, content: bytes) -> bytes:
    return bytes((kind,)) + leb(len(content)) + content

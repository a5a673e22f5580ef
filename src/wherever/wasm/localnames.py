"""The names that a module's own writer gave to the parameters of the functions it exports."""

from __future__ import annotations

from wherever.wasm.cursor import SECTION, Cursor, Malformed, Work, open_bytes

MOST_BYTES = 256 << 10
"""Names that take more than this are left unread: they would cost more than they tell."""

_MOST_WORK = 1_000_000


def parameter_names(data: bytes | bytearray | memoryview) -> dict[str, list[str]]:
    """For each exported function the names of its parameters and locals, in order.

    Unnamed ones are empty; functions without names, and modules whose names cannot be read, are
    left out. Nothing is checked: the engine has taken the module, or will refuse it.

    >>> parameter_names(b"\\0asm\\1\\0\\0\\0")
    {}
    """
    view = open_bytes(data)
    at = Cursor(view, 8, len(view), Work(_MOST_WORK))
    exports: dict[int, list[str]] = {}
    names: dict[str, list[str]] = {}
    try:
        while at.pos < at.end:
            at.work.spend(SECTION, at.pos)
            kind = at.u8()
            inner = at.inner(at.u32())
            if kind == 7:
                for _ in range(inner.count(3)):
                    name, what, index = inner.name(), inner.u8(), inner.u32()
                    if what == 0:
                        exports.setdefault(index, []).append(name)
            elif kind == 0 and inner.name() == "name":
                _read(inner, exports, names)
    except Malformed:
        return {}
    return names


def _read(at: Cursor, exports: dict[int, list[str]], names: dict[str, list[str]]) -> None:
    while at.pos < at.end:
        kind = at.u8()
        inner = at.inner(at.u32())
        if kind != 2 or inner.end - inner.pos > MOST_BYTES:
            continue
        for _ in range(inner.count(2)):
            function = inner.u32()
            row: list[str] = []
            for _ in range(inner.count(2)):
                index, name = inner.u32(), inner.name()
                if index < len(row) or index > len(row) + 1000:
                    continue
                # A few bytes may ask for a thousand unnamed ones before the next name.
                inner.work.spend(index - len(row), inner.pos)
                row += [""] * (index - len(row)) + [name]
            for export in exports.get(function, ()):
                names[export] = row

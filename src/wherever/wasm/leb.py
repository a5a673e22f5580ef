"""Numbers of the binary format, LEB128, for those who rewrite modules.

Who only reads has `wherever.wasm.cursor.Cursor`.
"""

from __future__ import annotations


def leb(value: int) -> bytes:
    """An unsigned number as LEB128.

    >>> leb(624485).hex()
    'e58e26'
    """
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def number(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned number of up to 32 bits, and where it ends.

    >>> number(b"\\xe5\\x8e\\x26", 0)
    (624485, 3)

    Raises:
        IndexError: there is none.
    """
    value = 0
    for shift in range(0, 35, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise IndexError

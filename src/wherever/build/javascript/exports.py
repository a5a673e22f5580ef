"""The component without an export of the engine's own, which nobody is to call.

componentize-qjs leaves its `init` function behind, by which it prepared the program.
"""

from __future__ import annotations

from wherever.wasm.leb import leb, number

_HEADER = 8
_EXPORTS = 11
_FUNC = 1
_NAME = b"\x00\x04init"


def without_init(data: bytes) -> bytes:
    """The component whose outermost exports have no `init`; as it is where there was none.

    Functions are numbered in their order, and an exported one counts once more: those behind
    `init` move up by one.
    """
    made = bytearray(data[:_HEADER])
    at = _HEADER
    removed = -1
    while at < len(data):
        size, begin = number(data, at + 1)
        body = data[begin : begin + size]
        # Each of the tool's sections of exports holds a single one.
        if data[at] == _EXPORTS and body[:1] == b"\x01":
            length, name = number(body, 2)
            sort = name + length
            if body[sort] == _FUNC:
                index, rest = number(body, sort + 1)
                if removed < 0 and body[1:sort] == _NAME:
                    removed = index
                    at = begin + size
                    continue
                if 0 <= removed < index:
                    body = body[: sort + 1] + leb(index - 1) + body[rest:]
        made += data[at : at + 1] + leb(len(body)) + body
        at = begin + size
    return bytes(made) if removed >= 0 else data

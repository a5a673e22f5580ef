"""Frames of HTTP/2 as bytes (RFC 9113, sections 4, 6 and 7)."""

from __future__ import annotations

import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS = range(5)
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(5, 10)

ACK = END_STREAM = 0x1
END_HEADERS = 0x4
PADDED = 0x8
HAS_PRIORITY = 0x20

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = range(4)
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR = range(5, 10)
ENHANCE_YOUR_CALM = 11

TABLE_BYTES, MOST_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_HEADERS = 1, 3, 4, 5, 6
"""Names of settings."""
ENABLE_PUSH = 2

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES = 9
PAYLOAD_BYTES = 16_384
"""Of one frame: what every side takes, and nobody gains by more."""
WINDOW_BYTES = 65_535
"""Of a window about which nothing was said."""
MOST_WINDOW = (1 << 31) - 1
MOST_ID = (1 << 31) - 1

_HEAD = struct.Struct(">HBBBL")
_SETTING = struct.Struct(">HL")
_LONG = struct.Struct(">L")
_TWO = struct.Struct(">LL")


class Fault(Exception):
    """The client does what ends the connection.

    Args:
        code: of the error, for the client.
        why: the same in words.
    """

    def __init__(self, code: int, why: str) -> None:
        super().__init__(code, why)
        self.code = code
        self.why = why


class StreamFault(Fault):
    """The client does what ends one stream."""


def head_of(data: bytes, at: int) -> tuple[int, int, int, int]:
    """Length, kind, flags and stream of the frame that begins at `at`."""
    high, low, kind, flags, stream = _HEAD.unpack_from(data, at)
    return high << 8 | low, kind, flags, stream & MOST_ID


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame."""
    size = len(payload)
    return _HEAD.pack(size >> 8, size & 0xFF, kind, flags, stream) + payload


def headers(stream: int, block: bytes, flags: int) -> bytes:
    """A block of fields as one frame, or as many as it takes."""
    if len(block) <= PAYLOAD_BYTES:
        return frame(HEADERS, flags | END_HEADERS, stream, block)
    pieces = [block[at : at + PAYLOAD_BYTES] for at in range(0, len(block), PAYLOAD_BYTES)]
    last = frame(CONTINUATION, END_HEADERS, stream, pieces.pop())
    first = frame(HEADERS, flags, stream, pieces.pop(0))
    return first + b"".join(frame(CONTINUATION, 0, stream, each) for each in pieces) + last


def settings(values: dict[int, int]) -> bytes:
    """What we ask of the client."""
    pairs = b"".join(_SETTING.pack(name, value) for name, value in values.items())
    return frame(SETTINGS, 0, 0, pairs)


def settings_of(payload: bytes) -> dict[int, int]:
    """What the client asks of us; of a setting that comes twice, the last counts.

    Raises:
        Fault: a value that cannot be.
    """
    if len(payload) % _SETTING.size:
        raise Fault(FRAME_SIZE_ERROR, "the settings are not whole")
    found = dict(_SETTING.iter_unpack(payload))
    if found.get(INITIAL_WINDOW, 0) > MOST_WINDOW:
        raise Fault(FLOW_CONTROL_ERROR, "a window is too large")
    good = PAYLOAD_BYTES <= found.get(MAX_FRAME, PAYLOAD_BYTES) < 1 << 24
    if not good or found.get(ENABLE_PUSH, 0) > 1:
        raise Fault(PROTOCOL_ERROR, "a setting has a value that it cannot have")
    return found


def reset(stream: int, code: int) -> bytes:
    """The end of a stream."""
    return frame(RST_STREAM, 0, stream, _LONG.pack(code))


def window(stream: int, size: int) -> bytes:
    """Leave to send so many bytes more."""
    return frame(WINDOW_UPDATE, 0, stream, _LONG.pack(size))


def goaway(last: int, code: int, why: bytes = b"") -> bytes:
    """The end of the connection, soon or now: streams above `last` were not looked at."""
    return frame(GOAWAY, 0, 0, _TWO.pack(last, code) + why)


def number(payload: bytes, at: int = 0) -> int:
    """31 bits of a payload."""
    value: int = _LONG.unpack_from(payload, at)[0]
    return value & MOST_ID


def unpadded(payload: bytes, flags: int) -> bytes:
    """The payload without what only fills it up.

    Raises:
        Fault: there is more of that than payload.
    """
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise Fault(PROTOCOL_ERROR, "a frame has more padding than it has bytes")
    return payload[1 : len(payload) - payload[0]]

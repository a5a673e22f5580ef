"""What the host and the shim tell each other: a few numbers and four buffers in its memory.

`wasi/shim/shim.h` says what each field means; this is the same from the host's side.
"""

from __future__ import annotations

from wherever.edge.http import answers
from wherever.errors import InputError
from wherever.wasi.asked import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import Exchange, Headers

HEAD_MOST = 49152
BODY_MOST = 65536
STREAMED = 0xFFFFFFFF
"""Instead of a body's size: it is read piece by piece."""

READ, HEAD, WRITE, FINISH, TRAILERS, WAIT, LOG, ENVIRON, EXIT = range(1, 10)
FETCH, ANSWERED, CLOSE, RANDOM, FILE = range(10, 15)
"""What the shim asks."""

BROKEN, NOT_YET = -1, -2

QUICK_MOST = 12288

PLACES = 0
"""Three numbers: where a small head with its body goes, where a large head, where a large body."""

IN_HEAD = 12
"""Six numbers: where head and body are, the size of each, and of a body that is read; folders."""

STATUS = 36
"""Seven numbers: the status; where the header is, its size; the same of the body; whether the
answer was begun; whether it is complete."""

OUT_HEAD = 40
IS_WHOLE = 60
ERROR = 64
OP, ARG, RESULT, IS_WORN = 68, 88, 96, 104
"""Where each field of the shim's struct lies."""


class TooLarge(Exception):
    """A request's head has no room in the shim."""


def head(exchange: Exchange, is_text: bool = False) -> bytes:
    """A request's head as the shim reads it: a line for each part.

    Args:
        is_text: the guest has it as text: a byte of a header is one letter, that of latin-1.

    Raises:
        TooLarge: it has no room there.
    """
    parts = [
        exchange.method.encode("latin-1"),
        exchange.scheme.encode("latin-1"),
        exchange.authority,
        exchange.target,
        exchange.client.encode("latin-1", "replace"),
    ]
    params = exchange.params
    if params:
        parts.append(b"%d" % len(params))
        for name, value in params.items():
            # A line's end in a parameter came as %0A, and is told as that.
            parts += (_line(name), _line(value))
    else:
        parts.append(b"0")
    for pair in exchange.headers:
        parts += pair
    parts.append(b"")
    made = b"\n".join(parts)
    if is_text and not made.isascii():
        after = 6 + 2 * len(params)  # parameters are text as they are
        parts[:5] = map(_text, parts[:5])
        parts[after:] = map(_text, parts[after:])
        made = b"\n".join(parts)
    if len(made) > HEAD_MOST:
        raise TooLarge
    return made


def _text(part: bytes) -> bytes:
    return part if part.isascii() else part.decode("latin-1").encode()


def _line(text: str) -> bytes:
    return text.replace("\n", "%0A").encode("utf-8", "surrogateescape")


def said_fields(status: int, block: bytes, is_text: bool) -> Headers:
    """Names and values out of the lines of a guest, which may have them as text.

    Raises:
        InputError: HTTP cannot carry such an answer. That is known before it is counted or sent.
    """
    found = fields(block)
    if is_text and not block.isascii():
        found = [(name, _bytes(value)) for name, value in found]
    answers.head(status, found)
    return found


def _bytes(value: bytes) -> bytes:
    """A header as it is sent; letters that no header can carry go as the UTF-8 that they are."""
    try:
        return value.decode().encode("latin-1")
    except UnicodeError:
        return value


def length(headers: Headers) -> int | None:
    """The length that a header tells of its body, where it does."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return None


def listed(texts: list[bytes]) -> bytes:
    """Variables or arguments as the shim reads them: each with a zero behind it.

    Raises:
        InputError: they have no room there.
    """
    made = b"".join(text + b"\0" for text in texts)
    if len(made) > HEAD_MOST:
        raise InputError(
            f"variables and arguments of {len(made)} bytes have no room: {HEAD_MOST} may be given",
            "put what is large into the package",
        )
    return made

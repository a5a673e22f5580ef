"""A request to the outside as a shim tells it, and headers as lines."""

from __future__ import annotations

from wherever.net.request import Request, Timeouts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Headers = list[tuple[bytes, bytes]]


def asked(block: bytes) -> tuple[Request, bool, Timeouts]:
    """A request, whether it has a body, and how long each of its parts may take.

    Args:
        block: method, scheme, authority, path, three times in nanoseconds, and whether there
            is a body, a line each; then the header.

    Raises:
        NetError: it cannot be sent as it is.
    """
    *lines, rest = block.split(b"\n", 8)
    method, scheme, authority, target = (line.decode("latin-1") for line in lines[:4])
    request = Request.of(method, scheme, authority, target, fields(rest))
    return request, bool(lines[7]), _timeouts(lines[4:7])


def fields(block: bytes) -> Headers:
    """Names and values out of lines."""
    lines = block.split(b"\n")
    return list(zip(lines[:-1:2], lines[1::2], strict=True))


def block(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Names and values as lines."""
    return b"".join(b"%b\n%b\n" % pair for pair in fields)


def _timeouts(nanoseconds: list[bytes]) -> Timeouts:
    given = [int(each) / 1e9 if each else None for each in nanoseconds]
    own = Timeouts()
    defaults = (own.connect, own.first_byte, own.between_bytes)
    return Timeouts(
        *(old if new is None else new for new, old in zip(given, defaults, strict=True))
    )

"""Which request belongs to which trace: W3C's `traceparent`, read, drawn and handed on."""

from __future__ import annotations

import os
import re
from random import Random

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import Headers

_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NONE = (b"0" * 32, b"0" * 16)
_RANDOM = Random(os.urandom(32))
_RANGE = 1 << 56


class Span:
    """One step of a trace: a request, or the guest that answers it.

    Attributes:
        trace, id, parent: in hexadecimal digits; `parent` may be empty.
        sampled: whether it is sent to the collector.
        start_ns: when it began, in nanoseconds since the epoch.
    """

    __slots__ = ("id", "parent", "sampled", "start_ns", "trace")

    def __init__(self, trace: str, parent: str, sampled: bool, start_ns: int, id: str = "") -> None:
        self.trace = trace
        self.id = id or new_id()
        self.parent = parent
        self.sampled = sampled
        self.start_ns = start_ns

    @property
    def header(self) -> bytes:
        """What a guest and its own calls get as `traceparent`."""
        return f"00-{self.trace}-{self.id}-0{int(self.sampled)}".encode()


class Sampler:
    """Decides which traces are sent.

    Args:
        ratio: the share of traces that begin here.
        by_parent: whether a trace that began elsewhere is sent where its sender said so.
    """

    def __init__(self, ratio: float = 1.0, by_parent: bool = True) -> None:
        self._bound = round(ratio * _RANGE)
        self._by_parent = by_parent

    def span(self, headers: Headers, start_ns: int) -> Span:
        """The span of a request, in its sender's trace where it has one."""
        found = None
        for name, value in headers:
            if name == b"traceparent":
                if found is not None:
                    found = None  # two of them: neither counts
                    break
                found = value
        parent = read(found) if found is not None else None
        if parent is None:
            drawn = f"{_RANDOM.getrandbits(192) | 1 | 1 << 64:048x}"  # neither of both is zero
            trace = drawn[:32]
            return Span(trace, "", self._takes(trace), start_ns, drawn[32:])
        trace, sender, sampled = parent
        if not self._by_parent:
            sampled = self._takes(trace)
        return Span(trace, sender, sampled, start_ns)

    def _takes(self, trace: str) -> bool:
        # By the end of the id, as others do: all servers of a trace decide alike.
        return int(trace[-14:], 16) < self._bound


def read(value: bytes) -> tuple[str, str, bool] | None:
    """Trace, parent and whether it is sampled; None where the header is not good.

    Example:
        >>> read(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        ('4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7', True)
    """
    match = _PARENT.fullmatch(value)
    if match is None:
        return None
    version, trace, parent, flags, more = match.groups()
    if version == b"ff" or (version == b"00" and more) or trace == _NONE[0] or parent == _NONE[1]:
        return None
    return trace.decode(), parent.decode(), bool(int(flags, 16) & 1)


def handed_on(headers: Headers, span: Span) -> Headers:
    """The headers with this span as the parent of what the guest does."""
    kept = [pair for pair in headers if pair[0] != b"traceparent"]
    kept.append((b"traceparent", span.header))
    return kept


def new_id() -> str:
    """16 hexadecimal digits, not all of them zero."""
    return f"{_RANDOM.getrandbits(64) or 1:016x}"

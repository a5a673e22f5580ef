"""How a connection ends: when nothing is under way, when its time is over, when it is refused."""

from __future__ import annotations

from wherever.edge.http.flow import Flow
from wherever.edge.http.phases import GATHER, HEAD, LINGER, STREAM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.http.exchange import HttpExchange
    from wherever.edge.http.server import Server


class Ends(Flow):
    """A connection as its server sees it: idle, late, or at its end."""

    __slots__ = ("_at", "_data", "_exchange", "_phase")

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._data = b""
        self._at = 0
        self._phase = HEAD
        self._exchange: HttpExchange | None = None

    def _refuse(self, status: int, why: str) -> None:
        """The server answers itself, and the connection ends."""
        raise NotImplementedError

    # What the server calls.

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way; an empty line is nothing."""
        return self._phase == HEAD and not self._since and len(self._data) - self._at <= 2

    def drain(self, now: float) -> None:
        """Ends when what is under way is answered; soon where nothing is."""
        if self.is_idle:
            self.due += self.server.limits.parting_seconds - self.server.limits.idle_seconds
            if self.due <= now:
                self.part()

    def part(self, lingers: bool = False) -> None:
        """Closes the connection when what was written is sent."""
        if self._phase < LINGER:
            self._phase = LINGER
            self._data = b""
            self._at = 0
            self._end(lingers)

    def expire(self, now: float) -> None:
        """Something was due: somebody has taken too long."""
        if self._has_stalled(now):
            self.transport.abort()
            return
        if not self.due or self.due > now:
            return
        if self.is_idle:
            self.part()
        elif self._phase == HEAD:
            self._refuse(408, "the head of the request took too long")
        elif self._phase in (GATHER, STREAM):
            self._refuse(408, "the body of the request took too long")
        elif self._phase == LINGER:
            self._expire_end(now)
        elif self._exchange is not None and self._exchange.started:
            self.due = 0  # The answer that a half-closed client waits for has begun.
        else:
            self.transport.abort()

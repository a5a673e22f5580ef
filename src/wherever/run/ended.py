"""How a run ended together with what it used: what every executor hands on."""

from __future__ import annotations

from wherever.engine.trap import Ending
from wherever.errors import LIMIT_EXIT_CODES

_EXIT_CODES = {"trapped": 134, "interrupted": 130, "killed": 125, "refused": 126}


class Ended(Ending):
    """An ending, and what the run used; None where that was not counted.

    Attributes:
        wall_s, cpu_s: seconds.
        fuel: instructions.
        memory: bytes at the most.
        output: bytes written to stdout and stderr.
        host_calls: calls out of the sandbox.
    """

    __slots__ = ("cpu_s", "fuel", "host_calls", "memory", "output", "wall_s")

    def __init__(
        self,
        kind: str,
        exit_code: int = 0,
        limit: str = "",
        message: str = "",
        backtrace: tuple[str, ...] = (),
    ) -> None:
        super().__init__(kind, exit_code, limit, message, backtrace)
        self.wall_s = 0.0
        self.cpu_s = 0.0
        self.fuel: int | None = None
        self.memory: int | None = None
        self.output: int | None = None
        self.host_calls: int | None = None

    @classmethod
    def of(cls, ending: Ending) -> Ended:
        """The same ending, with nothing used yet."""
        return cls(
            ending.kind, ending.exit_code, ending.limit, ending.message, tuple(ending.backtrace)
        )

    @property
    def status(self) -> int:
        """The exit code of a command that runs this: the guest's own, or what stands for the end.

        Example:
            >>> Ended("exited", 7).status, Ended("limit", limit="timeout").status
            (7, 124)
        """
        if self.kind == "exited":
            return self.exit_code & 0xFF
        if self.kind == "limit":
            return LIMIT_EXIT_CODES.get(self.limit, 122)
        return _EXIT_CODES.get(self.kind, 125)

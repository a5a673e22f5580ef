"""What became of a run."""

from __future__ import annotations

from dataclasses import dataclass, field

from wherever.errors import LimitReached, Trapped, WhereverError


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run used.

    Attributes:
        wall_s: seconds from its start to its end.
        cpu_s: seconds of processor time.
        fuel: instructions, where they were counted.
        memory: the largest number of bytes its memory reached, where it can be known.
        output: bytes written to stdout and stderr.
        host_calls: calls out of the sandbox, where they were counted.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    fuel: int | None = None
    memory: int | None = None
    output: int | None = None
    host_calls: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, what it wrote, and what it used.

    Attributes:
        exit_code: the guest's own, or the documented one of what ended it (124 time, 134 trap ...).
        ended: `exited`, `trapped`, `limit`, `interrupted` or `killed`.
        limit: the name of the limit that ended it, as in `Limits`.
        message: one line that says why, empty after a normal exit.
        hint: what would change that, empty where nothing would.
        stdout: what it wrote there, if that was captured.
        stderr: the same for stderr.
        truncated: the captured output is not all of it.
        usage: what it used.
        backtrace: the guest's functions at a trap, innermost first.
        refused: what it wanted of the network and was not granted, in words, each once.

    Example:
        >>> Outcome(exit_code=0, ended="exited").ok
        True
    """

    exit_code: int
    ended: str
    limit: str | None = None
    message: str = ""
    hint: str = ""
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False
    usage: Usage = field(default_factory=Usage)
    backtrace: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """It exited by itself with code 0."""
        return self.ended == "exited" and self.exit_code == 0

    def check(self) -> Outcome:
        """This outcome, if it is `ok`.

        Raises:
            LimitReached: a limit ended the run.
            Trapped: it trapped.
            WhereverError: it exited with another code, or was ended from outside.
        """
        if self.ok:
            return self
        if self.ended == "limit":
            raise LimitReached(self.limit or "", self.message, self.hint)
        if self.ended == "trapped":
            raise Trapped(self.message, self.hint, self.backtrace)
        what = self.message or f"the program exited with code {self.exit_code}"
        raise WhereverError(what, self.hint)

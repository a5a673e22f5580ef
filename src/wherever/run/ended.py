"""How a run ended together with what it used: what every executor hands on."""

from __future__ import annotations

from wherever.engine.ending import Ending
from wherever.errors import LIMIT_EXIT_CODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wherever.engine.budget import Budget
    from wherever.policy.outcome import Outcome
    from wherever.run.job import Job

_EXIT_CODES = {"trapped": 134, "interrupted": 130, "killed": 143, "refused": 126}


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


def out_of_memory(ended: Ended, budget: Budget) -> None:
    """Names the memory limit where a trapped guest had used all but the last of it.

    Where the limit is the only thing that refuses memory, the engine has named it already.
    """
    if budget.binding or ended.kind != "trapped" or ended.memory is None:
        return
    if ended.memory >= budget.memory * 15 // 16:
        ended.kind, ended.limit = "limit", "memory"


def outcome_of(
    job: Job,
    ended: Ended,
    stdout: bytes = b"",
    stderr: bytes = b"",
    truncated: bool = False,
    refused: Iterable[str] = (),
    python: bool = True,
) -> Outcome:
    """The outcome that a Python caller gets for the end of `job`.

    Args:
        python: hints name the arguments of `wherever.run`, not the command's options.
    """
    from wherever.policy.outcome import Outcome, Usage
    from wherever.run.words import granting, words

    usage = Usage(
        ended.wall_s, ended.cpu_s, ended.fuel, ended.memory, ended.output, ended.host_calls
    )
    told = tuple(granting(text, python) for text in refused)
    if ended.kind == "exited":
        return Outcome(
            ended.status, "exited", None, "", "", stdout, stderr, truncated, usage, (), told
        )
    limit = ended.limit or None
    allowed = getattr(job, limit) if limit in LIMIT_EXIT_CODES else None
    spent = {"timeout": ended.wall_s, "cpu_time": ended.cpu_s}.get(ended.limit)
    message, hint = words(ended.kind, limit, allowed, spent, ended.message, python=python)
    return Outcome(
        exit_code=ended.status,
        ended=ended.kind,
        limit=limit,
        message=message,
        hint=hint,
        stdout=stdout,
        stderr=stderr,
        truncated=truncated,
        usage=usage,
        backtrace=ended.backtrace,
        refused=told,
    )

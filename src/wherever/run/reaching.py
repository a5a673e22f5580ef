"""What a run may reach of the network: who can use it, and who asks for it."""

from __future__ import annotations

from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from wherever.net.budget import Allowance
    from wherever.run.job import Job
    from wherever.run.loaded import Loaded
    from wherever.wasi.outgoing import Outgoing

ALLOWANCE: Allowance | None = None
"""How much of it one run may use; None for what a request that is served may."""


def check(job: Job, program: Loaded) -> None:
    """Whether a program can make use of the network that it is granted.

    Raises:
        InputError: it cannot; nothing is granted in vain.
    """
    if job.deterministic:
        raise InputError(
            f"{job.name} cannot be run deterministically and reach the network",
            "what comes from there differs from run to run; leave one of the two away",
        )
    if program.parts is not None and program.parts.command is not None:
        return
    if program.parts is None:
        raise InputError(
            f"{job.name} makes no use of the network: it does not import wasi:http",
            "leave --net away",
        )
    raise InputError(
        f"{job.name} cannot reach the network: it is a module of WASI preview 1, which has no HTTP",
        "build it as a component that imports wasi:http 0.2",
    )


def outgoing(
    job: Job,
    program: Loaded,
    refused: Callable[[str], object] | None,
    trace: Callable[[str, str], object] | None,
) -> Outgoing | None:
    """Where a program asks for the outside; None for one that cannot.

    Args:
        refused: gets in words what was not granted.
        trace: gets a line for each request and what came of it, and what would have granted it.
    """
    if program.parts is None or program.parts.command is None:
        return None
    from wherever.net.blocking import Outside
    from wherever.net.rules import Rules
    from wherever.wasi.outgoing import Outgoing

    outside = Outside(Rules.of(job.network), ALLOWANCE)
    return Outgoing(outside, refused, trace)

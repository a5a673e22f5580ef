"""`wherever run --detach`: a program that goes on in the background, under a name."""

from __future__ import annotations

import shlex
import sys

from wherever.errors import InputError
from wherever.system import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.run.detached.telling import Telling

LONGEST_COMMAND = 1000
"""Letters of the command that are kept, for `ps`."""


def detach(values: dict[str, Any], what: str, rest: list[str]) -> int:
    """Start WHAT in the background, print its name, and come back when it has begun.

    Where it did not begin, the exit code is the one that it would have had in the foreground.

    Raises:
        InputError: the options do not go together, or the name cannot be had.
    """
    if "detach" not in values:
        raise InputError("--name is for a program in the background", "add --detach")
    if what == "-":
        raise InputError(
            "-: a program in the background has no stdin to come from",
            "write it to a file, and run that",
        )
    if "invoke_help" in values:
        raise InputError("--detach and --invoke-help do not go together", "leave --detach out")
    if not os.path.isdir("/proc/self/fd"):
        raise InputError("a program cannot go on in the background here: there is no /proc")
    from wherever.cli.terminal import say
    from wherever.home import cannot_keep
    from wherever.run.detached import keeper, state
    from wherever.run.detached.telling import in_words

    as_json = "json" in values
    own = {name: value for name, value in values.items() if name != "json"}
    run = state.Run(values["name"]) if "name" in values else state.Run.like(_name(what))
    try:
        command = shlex.join([what, *rest])[:LONGEST_COMMAND]
        told = keeper.launch(run, command, lambda telling: _run(own, what, rest, telling))
    except OSError as error:
        raise cannot_keep(error) from None
    if "failed" in told:
        if told.get("message"):
            say(f"{run.name}: {told['message']}")
        return int(told["failed"])
    state.prune()
    if as_json:
        from wherever.cli.background import print_program

        print_program(told)
    else:
        print(run.name, flush=True)
        if "quiet" not in values:
            say(f"{run.name} goes on in the background, with {in_words(told['limits'])}")
    return 0


def _run(values: dict[str, Any], what: str, rest: list[str], telling: Telling) -> int:
    """In the program's own process: an exit code, where the program did not leave with its own."""
    from wherever.cli.main import INTERRUPTED, told
    from wherever.cli.start import start

    try:
        code = start(values, what, rest, telling)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        code = told(error)
    sys.stdout.flush()
    return code


def _name(what: str) -> str:
    """What to call a program.

    Example:
        >>> _name("tools/hello.wasm"), _name("python@3.12"), _name("acme:tool@1.0")
        ('hello', 'python', 'tool')
    """
    if os.path.isdir(what):
        return os.path.abspath(what).rpartition("/")[2]
    last = what.rpartition("/")[2].rpartition(":")[2].partition("@")[0]
    stem = last.rpartition(".")[0]
    return stem or last

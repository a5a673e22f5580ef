"""What the verbs of servers and of detached programs share: which is meant, and how it is shown."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Kind = Literal["server", "program"]

KNOWN = (
    "name", "kind", "state", "since", "command", "program", "pid", "limits",
    "ended", "exit_code", "limit", "message", "hint", "usage", "ran_since",
)  # fmt: skip
"""What is told of a program as JSON."""


def pick(name: str) -> tuple[Kind, str]:
    """What is meant: the server or program of that name, or the only one that runs.

    One that has ended is meant only by its name.

    Raises:
        NotFound: there is none, or which one is not clear.
    """
    from wherever.edge.host import state as servers
    from wherever.errors import NotFound
    from wherever.home import held
    from wherever.run.detached import state as programs

    if name:
        if programs.exists(name) and not servers.is_running(name):
            return "program", name
        if not held.exists(servers.ROOM, name):
            raise NotFound(f"no server and no program is called {name}", "see: wherever ps --all")
        return "server", name
    running: list[tuple[Kind, str]] = [("server", each) for each in servers.names()]
    running += [("program", each) for each in programs.names() if programs.is_running(each)]
    if not running:
        raise NotFound(
            "no server and no program runs in the background",
            "start one with wherever up, or wherever run --detach",
        )
    if len(running) > 1:
        known = ", ".join(sorted(each for _, each in running))
        raise NotFound("more than one server or program runs", f"name one of: {known}")
    return running[0]


def for_json(about: dict[str, Any]) -> dict[str, Any]:
    """A program as JSON; of one that has ended without its number, which may be another's now."""
    told = {name: about[name] for name in KNOWN if name in about}
    if about["state"] in ("ended", "lost"):
        told.pop("pid", None)
    return told


def print_program(about: dict[str, Any]) -> None:
    """Prints a program as JSON."""
    from wherever.cli.serving import print_json

    print_json(for_json(about))


def status(about: dict[str, Any]) -> str:
    """How a program is, in a word or two.

    Example:
        >>> status({"state": "ended", "ended": "exited", "exit_code": 3})
        'exited 3'
        >>> status({"state": "ended", "ended": "limit", "limit": "cpu_time", "exit_code": 124})
        'reached --cpu-time (124)'
    """
    from wherever.run.words import option_for

    if about["state"] != "ended":
        return str(about["state"])
    code = about.get("exit_code", "?")
    if about.get("ended") == "exited":
        return f"exited {code}"
    if about.get("ended") == "limit" and about.get("limit"):
        return f"reached {option_for(about['limit'])} ({code})"
    return f"{about.get('ended', 'ended')} ({code})"

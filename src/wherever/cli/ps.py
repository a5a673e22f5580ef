"""`wherever ps`: the servers and the detached programs that run."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HELP = "List the servers and programs that run in the background."

EPILOG = """\
Of a server it shows where it listens, its apps, and how many of its workers are ready; of a program
what `wherever run --detach` was given. With --all also those that ended: a program with its exit
code, or the limit that ended it. The 32 programs that ended last are known."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json

    parser.add_argument("-a", "--all", action="store_true", help="those that ended too")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Ask each server how it is doing, and look up each program."""
    import time

    from wherever.cli.background import for_json
    from wherever.cli.serving import ago, print_json, print_rows
    from wherever.run.detached import state as programs

    servers = _servers(args.all)
    found = [*servers, *programs.listed(args.all)]
    if args.json:
        print_json([*servers, *map(for_json, found[len(servers) :])])
        return 0
    if not found:
        print(
            "nothing runs in the background; `wherever up` starts a server, and"
            " `wherever run --detach` a program"
        )
        return 0
    rows = [("NAME", "KIND", "STATUS", "SINCE", "PID", "WHAT")]
    for each in found:
        ended = each["state"] in ("ended", "lost")
        rows.append(
            (
                each["name"],
                each["kind"],
                _status(each),
                ago(max(0.0, time.time() - each["since"])) if "since" in each else "?",
                "" if ended else str(each.get("pid", "?")),
                _what(each),
            )
        )
    print_rows(rows)
    return 0


_LONGEST = 60
"""Letters of a command that are shown."""


def _servers(ended: bool) -> list[dict[str, Any]]:
    import os

    from wherever.edge.host import state
    from wherever.errors import WhereverError
    from wherever.home import held

    found = []
    for name in state.names():
        try:
            each = {"state": "running", **state.ask(name, do="status")}
        except WhereverError as error:
            each = {"name": name, "state": "starting", "error": str(error), **state.about(name)}
        found.append({**each, "kind": "server"})
    if ended:
        known = {each["name"] for each in found}
        for name in held.names(state.ROOM):
            if name not in known:
                try:
                    since = os.stat(held.path(state.ROOM, name)).st_mtime
                except FileNotFoundError:
                    continue  # it was removed meanwhile
                found.append({"name": name, "kind": "server", "state": "ended", "since": since})
    return found


def _status(each: dict[str, Any]) -> str:
    from wherever.cli.background import status

    return str(each["state"]) if each["kind"] == "server" else status(each)


def _what(each: dict[str, Any]) -> str:
    if each["kind"] == "program":
        command = str(each.get("command", ""))
        return command if len(command) <= _LONGEST else f"{command[:_LONGEST]}..."
    workers = each.get("workers", ())
    ready = sum(worker["state"] == "ready" for worker in workers)
    restarts = sum(worker["restarts"] for worker in workers)
    said = list(each.get("listen", ()))
    if "apps" in each:
        said.append(f"{len(each['apps'])} app{'s' if len(each['apps']) != 1 else ''}")
    if workers:
        said.append(f"{ready}/{len(workers)} workers")
    if restarts:
        said.append(f"{restarts} restart{'s' if restarts != 1 else ''}")
    return ", ".join(said)

"""`wherever stop`: a server ends when its requests have, and a program now."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.cli.background import Kind

HELP = "Stop a server when its requests are answered, or a program in the background."

EPILOG = """\
A server takes no new requests from now on. What is not answered in its `drain` time (30 s) is cut.
A program ends as by Ctrl-C, and is killed where that takes more than 5 s. One that has ended is
forgotten, with its log."""

LONGEST_S = 3600.0
"""Seconds that are waited; the server's own `drain` is shorter."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json, add_name

    add_name(parser)
    parser.add_argument("--all", action="store_true", help="every server and program that runs")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Stop it, and wait for its end."""
    from wherever.cli.background import pick
    from wherever.cli.serving import print_json
    from wherever.cli.waiting import waiting
    from wherever.edge.host import state as servers
    from wherever.errors import InputError
    from wherever.run.detached import state as programs

    if args.all and args.name:
        raise InputError(f"--all and {args.name} do not go together", "write one of them")
    if args.all:
        meant: list[tuple[Kind, str]] = [("server", name) for name in servers.names()]
        meant += [("program", each["name"]) for each in programs.listed(False)]
    else:
        meant = [pick(args.name)]
    stopped, forgotten = [], []
    for kind, name in meant:
        if kind == "program" and not programs.is_running(name):
            programs.forget(name)
            forgotten.append(name)
            continue
        with waiting(f"waiting for {name} to end"):
            if kind == "program":
                _stop_program(name)
            else:
                _stop_server(name)
        stopped.append(name)
    if args.json:
        print_json({"stopped": stopped, "forgotten": forgotten})
    else:
        lines = [f"stopped {name}" for name in stopped]
        lines += [f"forgot {name}, which had ended" for name in forgotten]
        print("\n".join(lines) or "nothing runs in the background")
    return 0


def _stop_server(name: str) -> None:
    from wherever.edge.host import state
    from wherever.errors import InputError

    state.pick(name)
    try:
        state.ask(name, LONGEST_S, do="stop")
    except InputError:
        if state.is_running(name):
            raise


def _stop_program(name: str) -> None:
    from wherever.run.detached import stopping

    stopping.stop(name)

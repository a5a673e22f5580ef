"""`wherever stop`: a server ends when its requests have."""

from __future__ import annotations

import argparse

HELP = "Stop a server when its requests are answered."

EPILOG = """\
It takes no new ones from now on. What is not answered in its `drain` time (30 s) is cut."""

LONGEST_S = 3600.0
"""Seconds that are waited; the server's own `drain` is shorter."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json, add_server

    add_server(parser)
    parser.add_argument("--all", action="store_true", help="every server that runs")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Stop it, and wait for its end."""
    from wherever.cli.serving import print_json
    from wherever.edge.host import state
    from wherever.errors import InputError, NotFound

    if args.all and args.name:
        raise InputError(f"--all and {args.name} do not go together", "write one of them")
    names = state.names() if args.all else [state.pick(args.name)]
    for name in names:
        try:
            state.ask(name, LONGEST_S, do="stop")
        except NotFound:
            if state.is_running(name):
                raise
    if args.json:
        print_json({"stopped": names})
    else:
        print("\n".join(f"stopped {name}" for name in names) or "no server runs")
    return 0

"""`wherever logs`: what a server and its apps said."""

from __future__ import annotations

import argparse

HELP = "Show the log of a server."

EPILOG = """\
Its requests, what its apps wrote, and what it says itself. That of one that has ended is kept."""

LAST = 100
"""Lines that are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json, add_server

    add_server(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on with each that comes")
    parser.add_argument(
        "-n", "--last", metavar="COUNT", default=str(LAST), help=f"lines (default {LAST})"
    )
    parser.add_argument("--app", metavar="APP", default="", help="of this app")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Show it."""
    from wherever.cli import following
    from wherever.edge.host import state
    from wherever.edge.observe.follow import Filter
    from wherever.policy.quantity import parse_count

    name = args.name or state.pick("")
    most = parse_count(args.last, "--last")
    return following.show(name, Filter(app=args.app), most, args.follow, args.json)

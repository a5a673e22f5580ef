"""`wherever logs`: what a server and its apps said, or what a program wrote."""

from __future__ import annotations

import argparse

HELP = "Show the log of a server, or what a program in the background wrote."

EPILOG = """\
Of a server: its requests, what its apps wrote, and what it says itself. Of a program: what it wrote
to stdout, on stdout, and to stderr, on stderr, as it is; on a terminal what a terminal could act on
is spelled out. The log of one that has ended is kept."""

LAST = 100
"""Lines that are shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json, add_name

    add_name(parser)
    parser.add_argument("-f", "--follow", action="store_true", help="go on with each that comes")
    parser.add_argument(
        "-n", "--last", metavar="COUNT", default=str(LAST), help=f"lines (default {LAST})"
    )
    parser.add_argument("--app", metavar="APP", default="", help="of this app of a server")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Show it."""
    from wherever.cli import following
    from wherever.cli.background import pick
    from wherever.cli.serving import check_app
    from wherever.edge.observe.follow import Filter
    from wherever.errors import InputError
    from wherever.policy.quantity import parse_count

    most = parse_count(args.last, "--last")
    kind, name = pick(args.name)
    if kind == "program":
        if args.app:
            raise InputError(f"{name} is a program, and has no apps", "leave --app out")
        return following.show_program(name, most, args.follow, args.json)
    check_app(name, args.app)
    return following.show(name, Filter(app=args.app), most, args.follow, args.json)

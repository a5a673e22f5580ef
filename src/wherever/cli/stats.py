"""`wherever stats`: what a server's apps used."""

from __future__ import annotations

import argparse

HELP = "Show what each app of a server used."

EPILOG = """\
Requests, errors, processor time, memory and bytes, since the name was first used."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json, add_server

    add_server(parser)
    parser.add_argument("--app", metavar="APP", default="", help="of this app")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Add up what its workers counted."""
    from wherever.cli.serving import print_json, print_rows
    from wherever.edge.host import state
    from wherever.edge.observe import usage
    from wherever.edge.observe.reader import Reader

    # What a server that has ended counted is still there.
    name = args.name or state.pick("")
    reader = Reader(state.path_of(name, state.RECORD))
    rows = usage.usage(reader, args.app)
    if args.json:
        print_json({"name": name, **usage.as_json(reader, rows)})
    else:
        print_rows(usage.cells(rows))
    return 0

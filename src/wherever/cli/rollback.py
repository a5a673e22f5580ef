"""`wherever rollback`: an earlier version of one app, without losing a request."""

from __future__ import annotations

import argparse

HELP = "Have a server answer with an earlier version of an app."

EPILOG = """\
No request is lost. It holds until the next reload or deploy; wherever versions lists what there
is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json

    parser.add_argument("app", metavar="APP", help="the app")
    parser.add_argument(
        "version", metavar="VERSION", nargs="?", default="",
        help="the beginning of its digest (default: the version before)",
    )  # fmt: skip
    parser.add_argument("--server", metavar="NAME", default="", help="of this server")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Roll it back, and wait until it answers."""
    from wherever.cli.serving import print_json
    from wherever.cli.waiting import waiting
    from wherever.edge.host import state
    from wherever.edge.host.fleet import START_S

    name = state.pick(args.server)
    with waiting(f"opening {args.app}"):
        told = state.ask(name, START_S + 30, do="rollback", app=args.app, digest=args.version)
    if args.json:
        print_json({"name": name, "app": args.app, **told})
    else:
        print(f"rolled back {args.app} of {name}: generation {told['generation']} answers")
    return 0

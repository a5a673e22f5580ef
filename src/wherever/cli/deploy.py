"""`wherever deploy`: another version of one app, without losing a request."""

from __future__ import annotations

import argparse

HELP = "Have a server answer with another version of an app."

EPILOG = """\
No request is lost. It holds until the next reload or deploy; the version before is kept, and
wherever rollback brings it back."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json

    parser.add_argument("app", metavar="APP", help="the app, as wherever ps --json names it")
    parser.add_argument("what", metavar="WHAT", help="a package, a .wasm file or a script")
    parser.add_argument("--server", metavar="NAME", default="", help="of this server")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Deploy it, and wait until it answers."""
    import os

    from wherever.cli.serving import print_json
    from wherever.cli.waiting import waiting
    from wherever.edge.host import state
    from wherever.edge.host.fleet import START_S

    name = state.pick(args.server)
    # The server stands in a folder of its own.
    what = os.path.abspath(args.what) if os.path.lexists(args.what) else args.what
    with waiting(f"opening {args.app}"):
        told = state.ask(name, START_S + 30, do="deploy", app=args.app, what=what)
    if args.json:
        print_json({"name": name, "app": args.app, **told})
    else:
        print(f"deployed {args.app} of {name}: generation {told['generation']} answers")
    return 0

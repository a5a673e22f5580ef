"""`wherever reload`: a server answers with what was built since, and loses no request."""

from __future__ import annotations

import argparse

HELP = "Have a server answer with what was built since."

EPILOG = """\
It reads its settings and packages anew. New processes answer when all their apps are ready, and
the old ones end what they do, so no request is lost. What cannot be served leaves everything as
it is, and is told."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json, add_server

    add_server(parser)
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Reload it, and wait until it answers anew."""
    from wherever.cli.serving import print_json
    from wherever.cli.waiting import waiting
    from wherever.edge.host import state
    from wherever.edge.host.fleet import START_S

    name = state.pick(args.name)
    with waiting(f"opening the apps of {name} anew"):
        told = state.ask(name, START_S + 30, do="reload")
    if args.json:
        print_json({"name": name, **told})
    else:
        print(f"reloaded {name}: generation {told['generation']} answers")
    return 0

"""`wherever tail`: the requests of an app as they come, chosen by what they are about."""

from __future__ import annotations

import argparse

HELP = "Follow the requests of an app, only those that are wanted."

EPILOG = """\
What the app writes is shown too, where no option is about requests (--status, --method,
--client)."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json

    parser.add_argument("app", nargs="?", default="", metavar="APP", help="the app (default: all)")
    parser.add_argument("--server", metavar="NAME", default="", help="of this server")
    parser.add_argument("--status", metavar="STATUS", default="", help="such as 404, 5xx or error")
    parser.add_argument("--method", metavar="METHOD", default="", help="such as POST")
    parser.add_argument("--client", metavar="ADDRESS", default="", help="from this address")
    parser.add_argument("--search", metavar="TEXT", default="", help="with this in it")
    parser.add_argument("--id", metavar="ID", default="", help="about this one request")
    parser.add_argument(
        "--sample", metavar="SHARE", type=float, default=1.0, help="this share of them, such as 0.1"
    )
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Follow until Ctrl-C, or until the server ends."""
    from wherever.cli import following
    from wherever.cli.serving import check_app
    from wherever.edge.host import state
    from wherever.edge.observe.follow import Filter

    wanted = Filter(
        args.app,
        args.status,
        args.method,
        args.client,
        args.search,
        id=args.id,
        sample=args.sample,
    )
    name = state.pick(args.server)
    check_app(name, args.app)
    return following.show(name, wanted, 0, True, args.json)

"""`wherever versions`: what a server's apps were, and are."""

from __future__ import annotations

import argparse

HELP = "List the versions of a server's apps that are kept."

EPILOG = """\
The newest comes last. Each is a copy, made when it was served first; ten of an app are kept."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json, add_server

    add_server(parser)
    parser.add_argument("--app", metavar="APP", default="", help="of this app")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """List them."""
    import time

    from wherever.cli.serving import ago, check_app, print_json, print_rows
    from wherever.edge.host import state, versions

    name = state.pick(args.name)
    check_app(name, args.app)
    serving = {app["what"] for app in state.ask(name, do="status")["apps"]}
    found = [
        (app, each, each.path in serving)
        for app, history in versions.history_of(state.path_of(name, "")).items()
        if args.app in ("", app)
        for each in history
    ]
    if args.json:
        print_json(
            [
                {
                    "app": app,
                    "digest": each.digest,
                    "what": each.what,
                    "since": each.time,
                    "answers": answers,
                }
                for app, each, answers in found
            ]
        )
        return 0
    rows = [("APP", "VERSION", "FIRST SERVED", "FROM", "")]
    for app, each, answers in found:
        when = f"{ago(time.time() - each.time)} ago"
        rows.append((app, each.short, when, each.what, "answers" if answers else ""))
    print_rows(rows)
    return 0

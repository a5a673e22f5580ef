"""`wherever ps`: the servers that run."""

from __future__ import annotations

import argparse

HELP = "List the servers that run."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    from wherever.cli.serving import add_json

    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Ask each how it is doing."""
    import time

    from wherever.cli.serving import ago, print_json, print_rows
    from wherever.edge.host import state
    from wherever.errors import WhereverError

    found = []
    for name in state.names():
        try:
            found.append(state.ask(name, do="status"))
        except WhereverError as error:
            found.append({"name": name, "error": str(error), **state.about(name)})
    if args.json:
        print_json(found)
        return 0
    if not found:
        print("no server runs; `wherever up` starts one")
        return 0
    rows = [("NAME", "UP", "LISTENS AT", "APPS", "WORKERS", "RESTARTS", "PID")]
    for each in found:
        workers = each.get("workers", ())
        ready = sum(worker["state"] == "ready" for worker in workers)
        rows.append(
            (
                each["name"],
                ago(time.time() - each["since"]) if "since" in each else "starting",
                " ".join(each.get("listen", ())),
                str(len(each["apps"])) if "apps" in each else "?",
                f"{ready}/{len(workers)}" if workers else "?",
                str(sum(worker["restarts"] for worker in workers)),
                str(each.get("pid", "?")),
            )
        )
    print_rows(rows)
    return 0

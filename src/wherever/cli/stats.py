"""`wherever stats`: what a server's apps used, or a program."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HELP = "Show what each app of a server used, or a program in the background."

EPILOG = """\
Of a server: requests, errors, processor time, memory and bytes of each app, since the name was
first used. Of a program: processor time, what share of a core that is now, and memory of its
process; once it has ended, what the program itself used."""

SAMPLE_S = 0.2
"""Seconds that a program is looked at for its share of a core."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = EPILOG
    from wherever.cli.serving import add_json, add_name

    add_name(parser)
    parser.add_argument("--app", metavar="APP", default="", help="of this app of a server")
    add_json(parser)


def main(args: argparse.Namespace) -> int:
    """Add up what its workers counted."""
    from wherever.cli.background import pick
    from wherever.cli.serving import check_app, print_json, print_rows
    from wherever.edge.host import state
    from wherever.edge.observe import usage
    from wherever.edge.observe.reader import Reader

    kind, name = pick(args.name)
    if kind == "program":
        return _program(name, args.app, args.json)
    check_app(name, args.app)
    # What a server that has ended counted is still there.
    reader = Reader(state.path_of(name, state.RECORD))
    rows = usage.usage(reader, args.app)
    if args.json:
        print_json({"name": name, **usage.as_json(reader, rows)})
    else:
        print_rows(usage.cells(rows))
    return 0


def _program(name: str, app: str, as_json: bool) -> int:
    from wherever.cli.background import status
    from wherever.cli.serving import print_json, print_rows
    from wherever.errors import InputError
    from wherever.policy.quantity import format_bytes
    from wherever.run.detached import state

    if app:
        raise InputError(f"{name} is a program, and has no apps", "leave --app out")
    about = state.about(name)
    used = _running(about) if about["state"] in ("starting", "running") else None
    if used is None:
        used = {"share": None, **_ended(state.about(name))}
    allowed = about.get("limits", {}).get("memory")
    if as_json:
        told = {"name": name, "kind": "program", "state": about["state"], **used}
        print_json({**told, "memory_limit": allowed})
        return 0
    memory, share = used["memory"], used["share"]
    shown = "?" if memory is None else format_bytes(memory)
    print_rows(
        [
            ("NAME", "STATUS", "TIME", "PROCESSOR", "SHARE", "MEMORY", "OF"),
            (
                name,
                status(about),
                _seconds(used["wall_s"]),
                _seconds(used["cpu_s"]),
                "" if share is None else f"{share:.0%}",
                shown,
                "" if allowed is None else format_bytes(allowed),
            ),
        ]
    )
    return 0


def _running(about: dict[str, Any]) -> dict[str, Any] | None:
    """What its process uses now, or None where it has just ended."""
    import time

    from wherever.run.detached import process

    before, began = process.usage(about.get("guest", {})), time.monotonic()
    if before is None:
        return None
    time.sleep(SAMPLE_S)
    now, seconds = process.usage(about["guest"]), time.monotonic() - began
    if now is None:
        return None
    return {
        "wall_s": time.time() - about["since"],
        "cpu_s": max(0.0, now[0] - about.get("cpu_before_s", 0.0)),
        "share": (now[0] - before[0]) / seconds,
        "memory": now[1],
    }


def _ended(about: dict[str, Any]) -> dict[str, Any]:
    return {"wall_s": None, "cpu_s": None, "memory": None, **about.get("usage", {})}


def _seconds(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f} s" if value < 100 else f"{value:.0f} s"

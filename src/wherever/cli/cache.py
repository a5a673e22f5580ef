"""`wherever cache`: what was compiled and is kept, and how to be rid of it."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HELP = "Show, prune or clear what was compiled."
ACTIONS = ("show", "prune", "clear")
DAYS = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = (
        "prune removes what was not used for 30 days, or what --keep and --older-than say.\n"
        "Nothing is lost: what a run needs is compiled again. Programs that were fetched are kept\n"
        "elsewhere; wherever doctor says where."
    )
    parser.add_argument(
        "action", nargs="?", choices=ACTIONS, default="show", metavar="ACTION",
        help="show (the default), prune or clear",
    )  # fmt: skip
    parser.add_argument("--keep", metavar="SIZE", help="prune: down to SIZE, oldest use first")
    parser.add_argument(
        "--older-than", metavar="TIME", help="prune: what nobody used for TIME, such as 12h or 30d"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Do what was asked, and say what it came to."""
    from wherever.engine import cache, inventory, keep
    from wherever.errors import InputError
    from wherever.policy.quantity import parse_bytes, parse_seconds

    if args.action != "prune" and (args.keep is not None or args.older_than is not None):
        option = "--keep" if args.keep is not None else "--older-than"
        raise InputError(f"{option} is for wherever cache prune", "wherever cache --help")
    size = parse_bytes(args.keep, "--keep") if args.keep is not None else None
    age = None if args.older_than is None else parse_seconds(args.older_than, "--older-than")
    if args.action == "show":
        return _show(args.json)
    folder = cache.folder()
    if folder and not cache.is_ours(folder) and _exists(folder):
        raise InputError(keep.distrust(folder), "remove it, or set WHEREVER_CACHE")
    if args.action == "clear":
        gone, freed = inventory.clear()
    else:
        if size is None and age is None:
            age = DAYS * 86400.0
        gone, freed = inventory.prune(size, age)
    left = inventory.size()
    if args.json:
        _print_json({"folder": folder, "removed": gone, "freed": freed, "left": left})
        return 0
    from wherever.policy.quantity import format_bytes

    programs = "program" if gone == 1 else "programs"
    print(f"removed {gone} {programs}, {format_bytes(freed)}; {format_bytes(left)} left")
    return 0


def _exists(path: str) -> bool:
    import os

    return os.path.lexists(path)


def _show(as_json: bool) -> int:
    from wherever.engine import inventory

    found = inventory.entries()
    state = inventory.state()
    if as_json:
        state["programs"] = [{**entry.as_dict(), "is_part": entry.is_part} for entry in found]
        _print_json(state)
        return 0
    import time

    from wherever.cli.terminal import escape, table
    from wherever.engine.settings import NATIVE
    from wherever.policy.quantity import format_bytes

    programs = [entry for entry in reversed(found) if not entry.is_part]
    what = "program" if len(programs) == 1 else "programs"
    size = format_bytes(state["size"])
    print(f"{escape(state['folder'])}: {len(programs)} compiled {what}, {size}")
    for problem in state["problems"]:
        print(escape(problem))
    now = time.time()
    rows = [
        (
            entry.name,
            format_bytes(entry.size),
            "native" if entry.settings == NATIVE else CODE.get(entry.settings, entry.settings),
            _ago(now - entry.used),
        )
        for entry in programs
    ]
    if rows:
        print(table([("SOURCE", "SIZE", "CODE", "USED"), *rows]))
    return 0


CODE = {
    "o": "optimised",
    "b": "baseline",
    "of": "optimised, fuel",
    "bf": "baseline, fuel",
    "d": "deterministic",
}


def _ago(seconds: float) -> str:
    days = int(seconds // 86400)
    if days < 1:
        return "in the last day"
    return "a day ago" if days == 1 else f"{days} days ago"


def _print_json(value: dict[str, Any]) -> None:
    import json

    print(json.dumps(value, indent=2))

"""`wherever packages`: what was built and fetched, and is kept for every verb."""

from __future__ import annotations

import argparse

HELP = "List the packages that are kept here, or remove some."
ACTIONS = ("list", "remove", "prune")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = "prune frees what no package that has a name here needs any more."
    parser.add_argument(
        "action", nargs="?", choices=ACTIONS, default="list", metavar="ACTION",
        help="list (the default), remove or prune",
    )  # fmt: skip
    parser.add_argument("names", nargs="*", metavar="NAME@VERSION", help="remove: what goes")
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from wherever.errors import InputError

    if args.names and args.action != "remove":
        raise InputError(f"{args.action} takes no names", "wherever packages --help")
    if args.action == "remove":
        return _remove(args.names, args.json)
    if args.action == "prune":
        return _prune(args.json)
    return _list(args.json)


def _list(as_json: bool) -> int:
    import json

    from wherever.cli.terminal import escape, table
    from wherever.package import shelf
    from wherever.policy.quantity import format_bytes

    entries = shelf.entries()
    if as_json:
        told = [
            {
                "name": str(entry.name),
                "version": str(entry.version),
                "digest": entry.digest,
                "size": entry.size,
                "description": entry.description,
                "damage": entry.damage or None,
            }
            for entry in entries
        ]
        print(json.dumps(told, indent=2))
        return 0
    if not entries:
        print("no packages are kept here; `wherever build` makes one of a folder")
        return 0
    rows = []
    for entry in entries:
        said = f"damaged: {entry.damage}" if entry.damage else entry.description
        label = f"{entry.name}@{entry.version}"
        rows.append((label, format_bytes(entry.size), entry.digest[:19], escape(said)[:60]))
    print(table(rows))
    return 0


def _remove(names: list[str], as_json: bool) -> int:
    import json

    from wherever.errors import InputError, NotFound
    from wherever.package import shelf
    from wherever.package.names import Name, Version

    if not names:
        raise InputError("remove needs NAME@VERSION", "wherever packages lists them")
    wanted = []
    for what in names:
        label, at, number = what.partition("@")
        if not at:
            raise InputError(f"{what} has no version", f"write {what}@VERSION")
        wanted.append((Name.parse(label), Version.parse(number)))
    wanted = list(dict.fromkeys(wanted))
    for name, version in wanted:  # before the first goes
        if version not in shelf.versions(name):
            raise NotFound(f"{name}@{version} is not kept here", "wherever packages lists what is")
    for name, version in wanted:
        shelf.remove(name, version)
    if as_json:
        print(json.dumps({"removed": [f"{name}@{version}" for name, version in wanted]}, indent=2))
    else:
        for name, version in wanted:
            print(f"removed {name}@{version}; `wherever packages prune` frees its room")
    return 0


def _prune(as_json: bool) -> int:
    import json

    from wherever.package import shelf
    from wherever.policy.quantity import format_bytes

    freed = shelf.prune()
    left = shelf.usage().size
    if as_json:
        print(json.dumps({"freed": freed, "left": left}, indent=2))
    else:
        print(f"freed {format_bytes(freed)}; {format_bytes(left)} left")
    return 0

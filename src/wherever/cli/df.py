"""`wherever df`: what everything that is kept takes on the disk."""

from __future__ import annotations

import argparse

HELP = "Show what everything that is kept takes on the disk."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Add it up, and say what frees each of it."""
    import json

    from wherever.cli.terminal import table
    from wherever.policy.quantity import format_bytes

    rows = _rows()
    if args.json:
        names = ("what", "bytes", "unused", "folder", "frees")
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2))
        return 0
    shown = [("WHAT", "SIZE", "UNUSED", "FREED BY")]
    for what, size, unused, _, frees in rows:
        free = format_bytes(unused) if unused is not None else ""
        shown.append((what, format_bytes(size), free, frees))
    print(table(shown))
    return 0


def _rows() -> list[tuple[str, int, int | None, str, str]]:
    """What is kept, its bytes, those that nothing needs, where it is, and what frees it."""
    import os

    from wherever import home
    from wherever.build import tools
    from wherever.engine import cache, inventory
    from wherever.package import shelf

    packages = shelf.usage()
    base = home.folder()
    found: list[tuple[str, int, int | None, str, str]] = [
        (
            "packages", packages.size, packages.unused, packages.folder,
            "wherever packages prune",
        ),
        ("native code", inventory.size(), None, cache.folder(), "wherever cache prune"),
    ]  # fmt: skip
    for what, folder in (
        ("programs", os.path.join(base, "kept")),
        ("unpacked files", os.path.join(base, "unpacked")),
        ("build tools", str(tools.folder())),
    ):
        found.append((what, _size(folder), None, folder, f"rm -rf {folder}"))
    return found


def _size(folder: str) -> int:
    import os

    size = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                size += os.lstat(os.path.join(where, name)).st_size
            except OSError:
                continue
    return size

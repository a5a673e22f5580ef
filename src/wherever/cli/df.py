"""`wherever df`: what everything that is kept takes on the disk, and how to be rid of it."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

HELP = "Show what everything that is kept takes on the disk, or free some of it."
FREED = ("programs", "unpacked", "tools", "servers", "runs")
HELD = ("servers", "runs")
"""Rooms of names, each of which is one process's while it runs."""
GONE = ".gone-"
"""Begins the name of what is being removed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = (
        "--free takes the programs that were fetched, the files of packages that were unpacked,\n"
        "or the tools of builds. Each comes back when needed, from the network or a package.\n"
        "What runs at the moment may miss them. Of servers it takes the logs, the counts and the\n"
        "versions of those that do not run, and of runs in the background what those that ended\n"
        "have left, which do not come back."
    )
    parser.add_argument("--free", metavar="WHAT", choices=FREED, help=f"free {', '.join(FREED)}")
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Add it up, and say what frees each of it."""
    import json

    from wherever.cli.terminal import table
    from wherever.policy.quantity import format_bytes

    if args.free:
        freed = _free(args.free)
        said = f"freed {format_bytes(freed)}"
        print(json.dumps({"freed": freed}, indent=2) if args.json else said)
        return 0
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
    from wherever.engine import cache, inventory
    from wherever.package import shelf

    packages = shelf.usage()
    found: list[tuple[str, int, int | None, str, str]] = [
        (
            "packages", packages.size, packages.unused, packages.folder,
            "wherever packages prune",
        ),
        ("native code", inventory.size(), None, cache.folder(), "wherever cache prune"),
    ]  # fmt: skip
    shown = ("programs", "unpacked files", "build tools", "servers", "runs in the background")
    for name, what in zip(FREED, shown, strict=True):
        folder = _folder(name)
        unused = sum(map(_size, _ended(name, folder))) if name in HELD else None
        found.append((what, _size(folder), unused, folder, f"wherever df --free {name}"))
    return found


def _ended(room: str, folder: str) -> list[str]:
    """The folders of what does not run, and what is left of others."""
    import os

    from wherever.home import held

    if not os.path.isdir(folder):
        return []
    running = {name for name in held.names(room) if held.is_held(room, name)}
    return [os.path.join(folder, name) for name in os.listdir(folder) if name not in running]


def _folder(name: str) -> str:
    import os

    from wherever import home
    from wherever.build import tools

    if name == "tools":
        return str(tools.folder())
    return os.path.join(home.folder(), "kept" if name == "programs" else name)


def _free(name: str) -> int:
    """Removes what is kept under a name, and nothing else that lies there; the bytes freed."""
    import os
    import re
    import shutil

    from wherever import home
    from wherever.build.pins import PINS

    pinned = "|".join(map(re.escape, PINS))
    ours = {
        "programs": r".+",
        "unpacked": r"[0-9a-f]{64}(\.[0-9]+)?",
        # `WHEREVER_TOOLS` may name a folder that has other things in it.
        "tools": rf"(\.?({pinned})-.+-[0-9a-f]{{12}}(-[0-9]+)?|var)",
        "servers": r"[a-z0-9-]+",
        "runs": r"[a-z0-9-]+",
    }[name]
    folder = _folder(name)
    if not os.path.lexists(folder):
        return 0
    home.own(folder)
    before = _size(folder)
    try:
        for step in ("what one who was killed left", "rename", "remove"):
            for each in os.listdir(folder):
                path = os.path.join(folder, each)
                if not re.fullmatch(ours, each.removeprefix(GONE)):
                    continue
                if each.startswith(GONE):
                    shutil.rmtree(path, onerror=_allow)
                elif step == "rename" and (name not in HELD or _is_idle(name, each)):
                    # At once, so that nobody finds a part of it, or of what comes meanwhile.
                    os.rename(path, os.path.join(folder, f"{GONE}{each}"))
    except OSError as error:
        raise home.cannot_keep(error) from None
    return before - _size(folder)


def _is_idle(room: str, name: str) -> bool:
    """Whether what has a name does not run; until this process ends it cannot begin."""
    from wherever.home import held

    try:
        with held.turn(room):
            held.take(room, name)
    except held.Held:
        return False
    return True


def _allow(remove: Callable[[str], object], path: str, _: object) -> None:
    """Removes what stands in a folder that its maker closed to writing, or is a file."""
    import os

    os.chmod(os.path.dirname(path), 0o700)
    if os.path.isdir(path) and not os.path.islink(path):
        os.chmod(path, 0o700)
        remove(path)
    else:
        os.unlink(path)


def _size(folder: str) -> int:
    import os

    size = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                found = os.lstat(os.path.join(where, name))
            except OSError:
                continue
            # A server's record has holes in it. Of small files some systems tell no blocks.
            holes = found.st_size > 1 << 20
            size += min(found.st_size, found.st_blocks * 512) if holes else found.st_size
    return size

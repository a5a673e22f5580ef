"""`wherever version`: which Wherever, engine and Python this is."""

from __future__ import annotations

import argparse

HELP = "Print the versions of Wherever, its engine and Python."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--json", action="store_true", help="print them as one JSON object")


def main(args: argparse.Namespace) -> int:
    """Print the versions."""
    import platform

    from wherever.engine import abi
    from wherever.version import __version__

    versions = {
        "wherever": __version__,
        "engine": f"wasmtime {abi.VERSION}",
        "python": platform.python_version(),
        "platform": f"{platform.system().lower()} {platform.machine()}",
    }
    if args.json:
        import json

        print(json.dumps(versions))
        return 0
    print(
        f"wherever {versions['wherever']} ({versions['engine']}, Python {versions['python']},"
        f" {versions['platform']})"
    )
    return 0

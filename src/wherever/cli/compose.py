"""`wherever compose`: one component of several."""

from __future__ import annotations

import argparse

HELP = "Make one component of several."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = (
        "What APP imports, and what the parts import, is satisfied by what the parts export;\n"
        "the whole exports what APP does. Only WASI may be left for the host."
    )
    parser.add_argument("app", metavar="APP", help="the component whose exports the whole has")
    parser.add_argument("parts", metavar="PART", nargs="+", help="components that APP needs")
    parser.add_argument(
        "--output", "-o", metavar="FILE", default="composed.wasm",
        help="where it goes (default: composed.wasm)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Put them together, and say what met what."""
    from pathlib import Path
    from shlex import quote

    from wherever.build.compose import compose
    from wherever.cli.terminal import escape
    from wherever.policy.quantity import format_bytes

    done = compose(Path(args.app), [Path(part) for part in args.parts], Path(args.output))
    if args.json:
        import json

        told = {
            "path": str(done.wasm),
            "size": done.size,
            "met": list(done.met),
            "imports": list(done.imports),
        }
        print(json.dumps(told, indent=2))
        return 0
    print(f"composed {escape(str(done.wasm))}: {format_bytes(done.size)}")
    for name in done.met:
        print(f"  {escape(name)}")
    print(f"next: wherever inspect {escape(quote(str(done.wasm)))}")
    return 0

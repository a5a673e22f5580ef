"""`wherever compile`: native code now, so that the next start is fast."""

from __future__ import annotations

import argparse

HELP = "Compile a program now, so that its next start is fast."

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.engine.cache import Artifact
    from wherever.run.program import Program


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("what", metavar="WHAT", help="a file, or a name from `wherever programs`")
    parser.add_argument(
        "--deterministic", action="store_true", help="for runs with --deterministic"
    )
    parser.add_argument("--fuel", action="store_true", help="for runs with --fuel")
    parser.add_argument(
        "--native",
        action="store_true",
        help="a library that you built or trust, by a C compiler: as fast as C, in Python",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Compile with the optimising compiler, and say where the code is and what it took."""
    import os
    import time

    from wherever.cli.terminal import escape, progress
    from wherever.engine import cache
    from wherever.engine.settings import Settings
    from wherever.errors import InputError
    from wherever.policy.quantity import format_bytes
    from wherever.run.resolve import resolve

    if args.native and (args.fuel or args.deterministic):
        option = "--fuel" if args.fuel else "--deterministic"
        raise InputError(f"native code counts no instructions, as {option} wants", "leave one out")
    program = resolve(args.what)
    settings = Settings(args.fuel, args.deterministic, native=args.native)
    began = time.time()
    try:
        if args.native:
            artifact = _native(program)
        else:
            artifact = cache.artifact(
                program.wasm, settings, name=program.name, report=progress(), tiers=False
            )
    finally:
        program.clear()
    took = time.time() - began
    seen = os.stat(artifact.path)
    size, known = seen.st_size, seen.st_mtime < began
    if args.json:
        import json

        result = {
            "source": program.name,
            "digest": f"sha256:{artifact.digest}",
            "settings": settings.key,
            "path": artifact.path,
            "size": size,
            "seconds": round(took, 3),
            "was_cached": known,
        }
        print(json.dumps(result, indent=2))
        return 0
    how = "is compiled already" if known else f"compiled in {took:.1f} s"
    print(f"{escape(program.name)} {how}: {format_bytes(size)} in {escape(artifact.path)}")
    return 0


def _native(program: Program) -> Artifact:
    """The native code of a library, made now unless it is there."""
    from wherever.cli.terminal import progress
    from wherever.run.natively import compiled

    report = progress()
    try:
        return compiled(program.name, program.wasm, report)
    finally:
        report(None)

"""`wherever compile`: native code now, so that the next start is fast."""

from __future__ import annotations

import argparse

HELP = "Compile a program now, so that its next start is fast."

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.engine.cache import Artifact
    from wherever.engine.settings import Settings
    from wherever.run.design import Design
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
        help="a library that you built or trust, by a C compiler: about as fast as C",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Compile with the optimising compiler, and say where the code is and what it took."""
    import os
    import time

    from wherever.cli.terminal import escape
    from wherever.engine.digesting import digest_of
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
        artifacts = [_by_c(program)] if args.native else _by_the_engine(program, settings)
        with open(program.wasm, "rb") as file:
            digest = digest_of(file.fileno())
    finally:
        program.clear()
    took = time.time() - began
    artifact = artifacts[-1]
    seen = [os.stat(each.path) for each in artifacts]
    size, known = sum(each.st_size for each in seen), all(each.st_mtime < began for each in seen)
    if args.json:
        import json

        result = {
            "source": program.name,
            "digest": f"sha256:{digest}",
            "settings": settings.key,
            "path": artifact.path,
            "size": size,
            "seconds": round(took, 3),
            "was_cached": known,
        }
        print(json.dumps(result, indent=2))
        return 0
    how = "is compiled already" if known else f"compiled in {took:.1f} s"
    place = artifact.path if len(artifacts) == 1 else os.path.dirname(artifact.path)
    print(f"{escape(program.name)} {how}: {format_bytes(size)} in {escape(place)}")
    return 0


def _by_the_engine(program: Program, settings: Settings) -> list[Artifact]:
    """The engine's code, the largest last: of the whole for runs, of core modules for calls."""
    import os

    from wherever.cli.terminal import progress
    from wherever.engine import cache
    from wherever.engine.settings import DEFAULT_STACK
    from wherever.run.loaded import asking
    from wherever.wasi import commands

    design = _library(program)
    found = [] if design is None else list(design.compiled(settings).values())
    found.sort(key=lambda each: os.path.getsize(each.path))
    if design is None or any(each.name.startswith("wasi:cli/run") for each in design.world.exports):
        report = progress()
        asks = asking(program.wasm)
        if asks is not None:  # its modules are what is run
            command = commands.lay_out(
                program.name, *asks, settings, DEFAULT_STACK, report, tiers=False
            )
            found += [code.artifact for code in command.guests]
            return sorted(found, key=lambda each: os.path.getsize(each.path))
        found.append(
            cache.artifact(program.wasm, settings, name=program.name, report=report, tiers=False)
        )
    return found


def _library(program: Program) -> Design | None:
    """A component with functions to call; None for anything else."""
    from wherever.errors import NotRunnable
    from wherever.run.components import bytes_at
    from wherever.run.design import Design
    from wherever.wasm.head import COMPONENT
    from wherever.wit.api import offered

    if program.starter:
        return None
    with open(program.wasm, "rb") as file:
        if file.read(8) != COMPONENT:
            return None
    try:
        design = Design(program.name, bytes_at(program.wasm))
    except NotRunnable:
        return None  # what it exports is for others than us
    return design if any(each.functions for each in offered(design.world)) else None


def _by_c(program: Program) -> Artifact:
    """The native code of a library, made now unless it is there."""
    from wherever.cli.terminal import progress
    from wherever.run.natively import compiled

    report = progress()
    try:
        return compiled(program.name, program.wasm, report)
    finally:
        report(None)

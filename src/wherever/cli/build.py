"""`wherever build`: from source to a program, and to a package where there is a manifest."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.building import Result
    from wherever.build.project import Project

HELP = "Make a program, or a package, from source in any language."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "what",
        metavar="WHAT",
        nargs="?",
        default=".",
        help="a folder, or a source file; the folder you are in where it is not given",
    )
    parser.add_argument("--lang", metavar="LANG", default="", help="the language it is written in")
    parser.add_argument("--output", "-o", metavar="FILE", default="", help="where the .wasm goes")
    parser.add_argument(
        "--frozen", action="store_true", help="take no other dependencies than wherever.lock has"
    )
    parser.add_argument(
        "--allow-build-scripts",
        action="store_true",
        help="let it and its dependencies run code of theirs on this machine while it is built",
    )
    parser.add_argument("--quiet", "-q", action="store_true", help="say nothing that went well")
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Build it, and say what came out and what to type next."""
    from wherever.build import building, project
    from wherever.cli.terminal import progress, say

    found = project.find(args.what, args.lang, args.output)
    report = progress()
    try:
        result = building.build(
            found, report, frozen=args.frozen, allow_build_scripts=args.allow_build_scripts
        )
    finally:
        report(None)
    for warning in result.warnings:
        say(warning)
    if args.json:
        _print_json(result)
    elif not args.quiet:
        _print_words(args.what, found, result)
    return 0


def _print_json(result: Result) -> None:
    import json

    told = {
        "path": str(result.wasm),
        "size": result.size,
        "digest": result.digest,
        "kind": result.kind,
        "package": result.package or None,
        "layout": str(result.layout) if result.layout is not None else None,
        "seconds": round(result.seconds, 3),
        "warnings": list(result.warnings),
    }
    print(json.dumps(told, indent=2))


def _print_words(what: str, project: Project, result: Result) -> None:
    import os
    from shlex import quote

    from wherever.cli.terminal import escape
    from wherever.policy.quantity import format_bytes
    from wherever.wasm import facts
    from wherever.wasm.handlers import answers

    path = os.path.relpath(result.wasm)
    print(
        f"built {escape(path)} in {result.seconds:.1f} s:"
        f" {format_bytes(result.size)}, {result.digest[:19]}"
    )
    if result.package:
        version = project.manifest.version or ""
        print(f"package {escape(project.name)} {version} {result.package[:19]}")
    whole = escape(quote(what if result.layout is not None else path))
    if answers(name for name, *_ in facts(result.wasm.read_bytes())["exports"]):
        print(f"next: wherever serve {whole}")
    elif project.manifest.kind == "library":
        shows = "run --invoke-help" if result.kind == "component" else "inspect"
        print(f"next: wherever {shows} {escape(quote(path))}")
    else:
        print(f"next: wherever run {whole}")

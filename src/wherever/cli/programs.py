"""`wherever programs`: what can be run by name."""

from __future__ import annotations

import argparse

HELP = "List the programs that have names, or search them."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what `wherever programs` takes."""
    parser.add_argument("word", nargs="?", metavar="WORD", help="show those that match it")
    parser.add_argument("--json", action="store_true", help="print them as JSON")


def main(args: argparse.Namespace) -> int:
    """Prints the catalogue, or the part of it that a word matches."""
    from wherever.errors import NotFound
    from wherever.store import catalogue, fetch

    found = catalogue.search(args.word) if args.word else list(catalogue.PROGRAMS)
    if not found:
        raise NotFound(
            f"no program matches {args.word[:80]!r}",
            "wherever programs lists all; a file of any package runs as "
            "pypi:PACKAGE/path.wasm or npm:PACKAGE/path.wasm",
        )
    kept = {program.label: fetch.is_kept(program) for program in found}
    if args.json:
        import json

        print(
            json.dumps(
                [
                    {
                        "name": program.name,
                        "version": program.version,
                        "aliases": list(program.aliases),
                        "summary": program.summary,
                        "licence": program.licence,
                        "sources": list(program.sources),
                        "path": program.path,
                        "sha256": program.sha256,
                        "size": program.total_size,
                        "download": program.total_download,
                        "extensions": list(program.extensions),
                        "kept": kept[program.label],
                    }
                    for program in found
                ],
                indent=2,
            )
        )
        return 0
    rows = [
        (
            program.label,
            f"{program.total_size / 1e6:.1f} MB",
            "kept" if kept[program.label] else "",
            program.summary,
        )
        for program in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, size, state, summary in rows:
        line = f"{name:{widths[0]}}  {size:>{widths[1]}}  {state:{widths[2]}}  {summary}"
        print(line.rstrip())
    return 0

"""`wherever bind`: a library as packages of other languages."""

from __future__ import annotations

import argparse

HELP = "Make a library a native-feeling one of other languages."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    from wherever.bind.binding import languages

    parser.epilog = (
        f"Host languages: {', '.join(languages())}. Each package lies in DIR/LANGUAGE, holds\n"
        "the library, and says in its README how to install and call it."
    )
    parser.add_argument(
        "library",
        metavar="LIB",
        help="a component's file, or the folder of a package that is built",
    )
    parser.add_argument("--lang", metavar="LANGUAGE,...", required=True, help="the host languages")
    parser.add_argument(
        "--output", "-o", metavar="DIR", default="bindings",
        help="where the packages go (default: bindings)",
    )  # fmt: skip
    parser.add_argument(
        "--name", metavar="NAME", default="",
        help="what the packages are called (default: as the library)",
    )  # fmt: skip
    parser.add_argument(
        "--package-version", metavar="VERSION", default="",
        help="the version that they say (default: the library's, or 0.0.0)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Make each package, and say what to type next."""
    import json
    from pathlib import Path

    from wherever.bind.binding import bind, language_of, languages
    from wherever.bind.library import open_library
    from wherever.cli.terminal import escape, progress
    from wherever.errors import InputError

    wanted = list(dict.fromkeys(language_of(each) for each in args.lang.split(",") if each.strip()))
    if not wanted:
        raise InputError("--lang names no language", f"there are: {', '.join(languages())}")
    library = open_library(args.library, args.name, args.package_version)
    told = []
    for language in wanted:
        report = progress()
        place = Path(args.output) / language
        try:
            made = bind(library, language, place, report)
        finally:
            report(None)
        local = place if place.is_absolute() else f"./{place}"
        following = made.next.replace("{local}", str(local)).replace("{folder}", str(place))
        if args.json:
            told.append(
                {
                    "language": language,
                    "path": str(place),
                    "files": list(made.files),
                    "next": following,
                }
            )
            continue
        print(f"made {escape(str(place))}: {escape(library.name)} {escape(library.version)}")
        print(f"next: {escape(following)}")
    if args.json:
        print(json.dumps(told, indent=2))
    return 0

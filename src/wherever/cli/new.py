"""`wherever new`: a package to begin with, in the language you name."""

from __future__ import annotations

import argparse

HELP = "Make a new package to begin with."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="its name, and that of its folder")
    parser.add_argument("--lang", "-l", metavar="LANG", default="", help="the language")
    parser.add_argument(
        "--kind", metavar="KIND", default="", help="command, library or http (default: command)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(args: argparse.Namespace) -> int:
    """Make it and say what to type next; without a name or language, ask or list."""
    import os
    import sys
    from pathlib import Path
    from shlex import quote

    from wherever.build import templates
    from wherever.errors import InputError

    name, language, kind = args.name, args.lang, args.kind
    if not name or not language:
        if args.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            if name or language or kind:
                missing = "--lang" if name else "NAME"
                raise InputError(f"new needs {missing}", "wherever new NAME --lang LANG")
            return _list(args.json)
        language = language or _asked("language", list(templates.kinds()))
        if not kind and len(there := templates.kinds().get(language, [])) > 1:
            kind = _asked("kind", there)
        name = name or _asked("name", [])
    made = templates.make(Path(name), language, kind or "command")
    folder = os.path.join(os.path.dirname(name), made.name)
    if args.json:
        import json

        print(json.dumps({"name": str(made), "folder": folder, "language": language}, indent=2))
        return 0
    print(f"made {made} in {folder}")
    verb = "serve" if kind == templates.SITE else "run"
    print(f"next: cd {quote(folder)} && wherever build && wherever {verb} .")
    return 0


def _list(as_json: bool) -> int:
    import sys

    from wherever.build import templates

    kinds = templates.kinds()
    if as_json:
        import json

        print(json.dumps({"templates": kinds}, indent=2))
        return 0
    width = max(map(len, kinds))
    for language, there in kinds.items():
        print(f"{language:{width}}  {', '.join(there)}")
    print("wherever new NAME --lang LANG makes one", file=sys.stderr)
    return 0


def _asked(what: str, choices: list[str]) -> str:
    """An answer from the terminal; one of the choices where there are some."""
    from wherever.errors import InputError

    offer = f" ({', '.join(choices)})" if choices else ""
    while True:
        try:
            answer = input(f"{what}{offer}: ").strip()
        except EOFError:
            raise InputError(f"no {what} was given", "wherever new NAME --lang LANG") from None
        if answer and (not choices or answer in choices):
            return answer

"""`wherever init`: a manifest for the source that is here, or from another tool's."""

from __future__ import annotations

import argparse

HELP = "Write a wherever.toml for what is in this folder."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", default=".", help="the folder (default: this one)"
    )
    parser.add_argument(
        "--from", dest="origin", metavar="FILE", default="",
        help="take over a wasmer.toml, spin.toml or wkg.toml",
    )  # fmt: skip
    parser.add_argument("--name", metavar="NAME", default="", help="the package's name")
    parser.add_argument("--print", action="store_true", help="print it, and write nothing")


def main(args: argparse.Namespace) -> int:
    """Write it, and say what to type next."""
    from pathlib import Path

    from wherever.errors import InputError
    from wherever.package import manifest as manifests

    folder = Path(args.folder)
    target = folder / manifests.FILE
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder", f"make it: mkdir {folder}")
    text = _taken_over(args.origin, args.name) if args.origin else _found(folder, args.name)
    if args.print:
        print(text, end="")
        return 0
    try:
        with open(target, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(
            f"{target} is there already", "remove it first, or see what it would be with --print"
        ) from None
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}") from None
    print(f"wrote {target}")
    print("next: wherever build")
    return 0


def _taken_over(origin: str, name: str) -> str:
    from wherever.errors import InputError
    from wherever.package import foreign

    if name:
        raise InputError("--from and --name both say what it is called", "use one of them")
    return foreign.convert(origin)


def _found(folder: object, name: str) -> str:
    from pathlib import Path

    from wherever.build import project
    from wherever.build.templates import NAMESPACE
    from wherever.package import manifest as manifests
    from wherever.package.names import Name

    place = Path(str(folder)).absolute()
    label = name or f"{NAMESPACE}:{place.name.lower().replace('_', '-').replace('.', '-')}"
    found = project.bare(place)
    text = (
        f'[package]\nname = "{Name.parse(label)}"\nversion = "0.1.0"\n\n'
        f'[build]\nlanguage = "{found.language}"\n'
        f"main = {_quoted(found.main.relative_to(place).as_posix())}\n"
    )
    manifests.parse(text)
    return text


def _quoted(text: str) -> str:
    """A text of TOML; what no text may hold stays in it, and is told by the manifest's reader."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

"""`wherever dev`: build, run, and again whenever the source changes."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

HELP = "Build and run a package, and again whenever its source changes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = (
        "What comes after -- is for `wherever run`: its options, the package, its arguments:\n\n"
        "  wherever dev -- --dir data:/data . input.txt"
    )
    parser.add_argument(
        "folder", metavar="FOLDER", nargs="?", default=".", help="the package (default: this one)"
    )
    parser.add_argument(
        "--test", action="store_true", help="run its [[test]] cases in place of the program"
    )
    parser.add_argument(
        "--allow-build-scripts",
        action="store_true",
        help="let it and its dependencies run code of theirs on this machine while it is built",
    )
    parser.add_argument(
        "words", metavar="-- WORDS", nargs="*", help="what `wherever run` gets (default: FOLDER)"
    )


def main(args: argparse.Namespace) -> int:
    """Go on until Ctrl-C."""
    from pathlib import Path

    from wherever.build import project, watching

    folder = Path(args.folder)
    project.find(folder)
    words = ["test", args.folder] if args.test else ["run", *(args.words or [args.folder])]
    while True:
        seen = watching.look(folder)
        running = _start(words) if _built(folder, args.allow_build_scripts) else None
        try:
            paths = watching.wait(folder, seen)
        finally:
            _end(running)
        what = _relative(paths[0], folder) if len(paths) == 1 else f"{len(paths)} files"
        _say(f"{what} changed")


def _built(folder: Path, scripts: bool) -> bool:
    from wherever.build import building, project
    from wherever.cli.main import told
    from wherever.cli.terminal import progress
    from wherever.errors import WhereverError

    report = progress()
    try:
        result = building.build(project.find(folder), report, allow_build_scripts=scripts)
    except WhereverError as error:
        report(None)
        told(error)
        return False
    report(None)
    _say(f"built in {result.seconds:.1f} s")
    return True


def _start(words: list[str]) -> subprocess.Popen[bytes]:
    import subprocess
    import sys

    return subprocess.Popen([sys.executable, "-m", "wherever", *words])


def _end(running: subprocess.Popen[bytes] | None) -> None:
    if running is not None and running.poll() is None:
        running.terminate()
        running.wait()


def _relative(path: str, folder: Path) -> str:
    import os

    return os.path.relpath(path, folder)


def _say(text: str) -> None:
    from wherever.cli.terminal import say

    say(text)

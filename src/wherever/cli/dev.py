"""`wherever dev`: build, run or serve, and again whenever the source changes."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from wherever.build.building import Result

HELP = "Build and run or serve a package, and again whenever its source changes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.epilog = (
        "What comes after -- is for `wherever run`: its options, the package, its arguments:\n\n"
        "  wherever dev -- --dir data:/data . input.txt\n\n"
        "A site is served instead, and a build that fails leaves the last good one serving; then\n"
        "what comes after -- is for `wherever serve`."
    )
    parser.add_argument(
        "folder",
        metavar="FOLDER",
        nargs="?",
        default=".",
        help="the package, or a source file (default: this folder)",
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
        "words", metavar="-- WORDS", nargs="*", help="what `wherever run` or `serve` gets"
    )


def main(args: argparse.Namespace) -> int:
    """Go on until Ctrl-C, or until told to end; then what it started ends too."""
    import os
    import signal
    from pathlib import Path

    from wherever.build import project, watching

    folder = Path(args.folder)
    project.find(folder)
    signal.signal(signal.SIGTERM, _told_to_end)
    site = None
    try:
        while True:
            seen = watching.look(folder)
            result = _built(folder, args.allow_build_scripts)
            running = None
            if result is not None and not args.test and _is_site(result):
                site = _served(site, _words(args, result, "serve"))
            elif result is not None:
                running = _start(_words(args, result))
            try:
                paths = watching.wait(folder, seen)
            finally:
                _end(running)
            what = (
                os.path.relpath(paths[0], folder if folder.is_dir() else None)
                if len(paths) == 1
                else f"{len(paths)} files"
            )
            _say(f"{what} changed")
    finally:
        _end(site)


def _told_to_end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _is_site(result: Result) -> bool:
    """Whether it answers HTTP requests."""
    from wherever.wasm import facts
    from wherever.wasm.handlers import answers

    return answers(name for name, *_ in facts(result.wasm.read_bytes())["exports"])


def _served(running: subprocess.Popen[bytes] | None, words: list[str]) -> subprocess.Popen[bytes]:
    """The server with what was just built: it serves the old one until the new one is ready."""
    import signal

    if running is None or running.poll() is not None:
        return _start(words)
    running.send_signal(signal.SIGHUP)
    return running


def _words(args: argparse.Namespace, result: Result, verb: str = "run") -> list[str]:
    """What is started after a build: the package, or the program where there is none."""
    if args.test:
        return ["test", args.folder]
    made = args.folder if result.layout is not None else str(result.wasm)
    return [verb, *(args.words or [made])]


def _built(folder: Path, scripts: bool) -> Result | None:
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
        return None
    report(None)
    _say(f"built in {result.seconds:.1f} s")
    return result


def _start(words: list[str]) -> subprocess.Popen[bytes]:
    import subprocess
    import sys

    return subprocess.Popen([sys.executable, "-m", "wherever", *words])


def _end(running: subprocess.Popen[bytes] | None) -> None:
    if running is not None and running.poll() is None:
        running.terminate()
        running.wait()


def _say(text: str) -> None:
    from wherever.cli.terminal import say

    say(text)

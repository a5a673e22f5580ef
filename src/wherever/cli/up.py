"""`wherever up`: a server in the background."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

HELP = "Start a server in the background."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    from wherever.cli.serving import BEHIND, add_options

    add_options(parser, BEHIND)
    parser.add_argument(
        "-d", "--detach", action="store_true",
        help="in the background, which is what `up` does anyway",
    )  # fmt: skip


def main(args: argparse.Namespace) -> int:
    """Start it, and say where it answers."""
    import contextlib
    import os
    import subprocess
    import sys

    from wherever.cli import serving
    from wherever.cli.waiting import waiting
    from wherever.edge import what
    from wherever.edge.host import state
    from wherever.errors import InputError

    wanted = serving.wanted(args)
    config = what.config(wanted)
    name = args.name or config.name or state.free_name(what.name(wanted))
    held = state.State(name)  # refuses what is no name, or runs
    output = held.path(state.OUTPUT)
    is_new = held.is_new
    held.close()
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(output, flags, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "wherever", "serve", *serving.words(args, name)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=handle,
            start_new_session=True,
            env={**os.environ, **serving.handed(wanted)},
        )
    finally:
        os.close(handle)
    code = 125
    try:
        with waiting(serving.opening(config)):
            line = _line(process)
        code = _told(process, line, output, args.json)
        return code
    except BaseException:
        process.terminate()
        process.wait()
        raise
    finally:
        if code and is_new:  # nothing ran, so nothing is kept
            with contextlib.suppress(InputError):
                state.State(name).discard()


def _line(process: subprocess.Popen[bytes]) -> bytes:
    """Waits for the line that says where it answers, or for its end."""
    assert process.stdout is not None
    with process.stdout:
        return process.stdout.readline()


def _told(process: subprocess.Popen[bytes], line: bytes, output: str, as_json: bool) -> int:
    """Says where it answers, or why it does not; the exit code."""
    import json
    import sys

    from wherever.cli.serving import print_json, shown
    from wherever.cli.terminal import escape

    if line:
        told = json.loads(line)
        if as_json:
            print_json({**told, "pid": process.pid})
        else:
            print("\n".join(shown(told)))
        return 0
    code = process.wait()
    with open(output, errors="replace") as file:
        sys.stderr.write(escape(file.read(1 << 16), keep="\n"))
    return code or 125

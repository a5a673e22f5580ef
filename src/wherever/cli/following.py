"""The log of a server or a program on a terminal: its end, and what comes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.edge.observe.follow import Filter, Tail

PAUSE_S = 0.1
"""Seconds between two looks."""


def show(name: str, wanted: Filter, most: int, follow: bool, as_json: bool) -> int:
    """Prints the last lines that are wanted, and where that is asked for, each that comes.

    Args:
        name: of the server.
        most: lines of what was; 0 for none.
        follow: go on until Ctrl-C, or until the server has ended.
    """
    from wherever.edge.host import state
    from wherever.edge.observe.follow import Tail, last

    def show(record: dict[str, Any]) -> None:
        if wanted.matches(record):
            _print(record, as_json)

    path = state.path_of(name, state.LOG)
    tail = Tail(path) if follow else None
    before = None if tail is None else tail.position
    for record in last(path, wanted, most, before=before) if most else ():
        _print(record, as_json)
    if tail is not None:
        _follow(tail, lambda: state.is_running(name), show)
    return 0


def show_program(name: str, most: int, follow: bool, as_json: bool) -> int:
    """Prints the last lines that a program wrote, and where that is asked for, each that comes.

    Args:
        name: of the program, which may have ended.
        most: lines of what was; 0 for none.
        follow: go on until Ctrl-C, or until it has ended.
    """
    from wherever.edge.observe.follow import Filter, Tail, last
    from wherever.run.detached import state

    show = _print_json if as_json else _print_written
    path = state.log_of(name)
    tail = Tail(path) if follow else None
    before = None if tail is None else tail.position
    for record in last(path, Filter(), most, before=before) if most else ():
        show(record)
    if tail is not None:
        _follow(tail, lambda: state.is_running(name), show)
    return 0


def _follow(
    tail: Tail, is_running: Callable[[], bool], show: Callable[[dict[str, Any]], object]
) -> None:
    import time

    skipped = 0
    while True:
        runs = is_running()
        records = tail.read()
        for record in records:
            show(record)
        if tail.skipped > skipped:
            _say_skipped(tail.skipped - skipped)
            skipped = tail.skipped
        if not records:
            if not runs:
                return
            time.sleep(PAUSE_S)


def _print(record: dict[str, Any], as_json: bool) -> None:
    import sys

    from wherever.cli.terminal import is_colourful
    from wherever.edge.observe.access import for_terminal

    if as_json:
        _print_json(record)
    else:
        print(for_terminal(record, is_colourful(sys.stdout)), flush=True)


def _print_json(record: dict[str, Any]) -> None:
    import json

    print(json.dumps(record), flush=True)


def _print_written(record: dict[str, Any]) -> None:
    """What a program wrote, to the stream that it wrote it to."""
    import sys

    from wherever.cli.terminal import escape, say
    from wherever.run.detached.output import written

    if record.get("kind") == "note":
        say(str(record.get("text", "")))
        return
    data = written(record)
    stream = sys.stderr if record.get("stream") == "stderr" else sys.stdout
    if stream.isatty():
        data = escape(data.decode("utf-8", "surrogateescape"), keep="\n\t").encode(
            "utf-8", "replace"
        )
    stream.buffer.write(data)
    stream.flush()


def _say_skipped(count: int) -> None:
    from wherever.cli.terminal import say
    from wherever.policy.quantity import format_bytes

    say(f"{format_bytes(count)} of the log were passed over: it comes faster than it is shown")

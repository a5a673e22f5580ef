"""The log of a server on a terminal: its end, and what comes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.edge.observe.follow import Filter

PAUSE_S = 0.1
"""Seconds between two looks."""


def show(name: str, wanted: Filter, most: int, follow: bool, as_json: bool) -> int:
    """Prints the last lines that are wanted, and where that is asked for, each that comes.

    Args:
        name: of the server.
        most: lines of what was; 0 for none.
        follow: go on until Ctrl-C, or until the server has ended.
    """
    import time

    from wherever.edge.host import state
    from wherever.edge.observe.follow import Tail, last

    path = state.path_of(name, state.LOG)
    tail = Tail(path) if follow else None
    for record in last(path, wanted, most) if most else ():
        _print(record, as_json)
    if tail is None:
        return 0
    skipped = 0
    while True:
        runs = state.is_running(name)
        records = tail.read()
        for record in records:
            if wanted.matches(record):
                _print(record, as_json)
        if tail.skipped > skipped:
            _say_skipped(tail.skipped - skipped)
            skipped = tail.skipped
        if not records:
            if not runs:
                return 0
            time.sleep(PAUSE_S)


def _print(record: dict[str, Any], as_json: bool) -> None:
    import json
    import sys

    from wherever.cli.terminal import is_colourful
    from wherever.edge.observe.access import for_terminal

    if as_json:
        print(json.dumps(record), flush=True)
    else:
        print(for_terminal(record, is_colourful(sys.stdout)), flush=True)


def _say_skipped(count: int) -> None:
    from wherever.cli.terminal import say
    from wherever.policy.quantity import format_bytes

    say(f"{format_bytes(count)} of the log were passed over: it comes faster than it is shown")

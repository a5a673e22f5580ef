"""`wherever serve`: packages that answer HTTP, until Ctrl-C."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.edge.host.state import State

HELP = "Answer HTTP with packages, a sandbox for each request."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    from wherever.cli.serving import IN_FRONT, add_options

    add_options(parser, IN_FRONT)


def main(args: argparse.Namespace) -> int:
    """Serve until told to stop."""
    from wherever.cli import serving
    from wherever.cli.waiting import waiting
    from wherever.edge import what
    from wherever.edge.host.state import State, free_name
    from wherever.edge.host.supervisor import Supervisor, serve
    from wherever.edge.host.versions import Versions

    wanted = serving.wanted(args)
    config = what.config(wanted)
    state = State(args.name or config.name or free_name(what.name(wanted)))
    answered: list[bool] = []
    try:
        with waiting(serving.opening(config)) as done:
            return serve(
                lambda: Supervisor(
                    Versions(state.folder, lambda: what.config(wanted)),
                    state,
                    _report(state, done),
                    _ready(state, args.json, answered, done),
                )
            )
    finally:
        if state.is_new and not answered:
            state.discard()
        else:
            state.close()


def _report(state: State, done: Callable[[], object]) -> Callable[[str], None]:
    """Takes the server's own lines: into its log, and to whoever looks, who waits no more."""
    from wherever.cli.terminal import say
    from wherever.edge.observe.access import Lines
    from wherever.home.logfile import Files

    sink, lines = Files(state.path("log")), Lines()

    def report(text: str) -> None:
        sink.write(lines.note(text).encode())
        done()
        say(text)

    return report


def _ready(
    state: State, as_json: bool, answered: list[bool], done: Callable[[], object]
) -> Callable[[dict[str, Any]], None]:
    def ready(told: dict[str, Any]) -> None:
        answered.append(True)
        done()
        import json
        import sys

        from wherever.cli.serving import shown
        from wherever.cli.terminal import give_up_stdout

        try:
            print(json.dumps(told) if as_json else "\n".join(shown(told)), flush=True)
        except OSError:  # who served it does not read on, and visitors come all the same
            give_up_stdout()
        if sys.stdout.isatty() and not as_json:
            _follow(state)

    return ready


def _follow(state: State) -> None:
    """Shows each line of the log from now on, as long as this process lives."""
    import threading

    threading.Thread(target=_show, args=(state.path("log"),), daemon=True).start()


def _show(path: str) -> None:
    import sys
    import time

    from wherever.cli.terminal import is_colourful
    from wherever.edge.observe.access import for_terminal
    from wherever.edge.observe.follow import Tail

    tail = Tail(path)
    while True:
        for record in tail.read():
            if record.get("kind") != "note":  # the server's own are said already
                print(for_terminal(record, is_colourful(sys.stdout)), flush=True)
        time.sleep(0.1)

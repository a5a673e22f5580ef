"""Apps without guests: what a supervisor and its workers are tried with.

The file run by itself is a supervisor: `python -m tests.edge.host.tiny NAME FILE`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from wherever.edge import serverfile
from wherever.edge.config import AppSpec
from wherever.edge.exchange import Exchange
from wherever.edge.host.apps import Around
from wherever.edge.host.state import State
from wherever.edge.host.supervisor import Supervisor, serve
from wherever.edge.host.versions import Versions
from wherever.errors import InputError, LimitReached, WhereverError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.exchange import App


class Plain(Versions):
    """Versions of apps that are no files: nothing is copied."""

    def _pin(self, app: AppSpec) -> AppSpec:
        return app


class Pid:
    """Says which process it is and its name, after a moment."""

    def __init__(self, name: str, seconds: float) -> None:
        self.name, self.seconds = name, seconds

    def serve(self, exchange: Exchange) -> None:
        asyncio.get_running_loop().call_later(self.seconds, self.answer, exchange)

    def answer(self, exchange: Exchange) -> None:
        exchange.answer(200, [], f"{self.name} {os.getpid()}".encode())


def open_app(spec: AppSpec, around: Around) -> App:
    """`pid:SECONDS`, or one that fails: `broken`, `large`, `raises`, `dies`."""
    kind, _, seconds = spec.what.partition(":")
    if kind == "broken":
        raise InputError("it does not compile", "mend it")
    if kind == "large":
        raise LimitReached("memory", "it needs more memory than it may have", "give it more")
    if kind == "raises":
        raise ValueError("of nobody")
    if kind == "dies":
        os.abort()
    return Pid(spec.name, float(seconds or 0))


def main(name: str, file: str) -> int:
    def ready(told: dict[str, Any]) -> None:
        print("ready", *told["listen"], flush=True)

    def report(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def make() -> Supervisor:
        state = State(name)
        return Supervisor(
            Plain(state.folder, lambda: serverfile.read(file)),
            state,
            report,
            ready,
            opener="tests.edge.host.tiny:open_app",
        )

    try:
        return serve(make)
    except WhereverError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

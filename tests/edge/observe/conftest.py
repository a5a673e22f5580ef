"""A server's record, its log, and the app of its own address."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.edge.observe.small import ByPath, Reply, served
from wherever.edge.observe.access import Lines
from wherever.edge.observe.control import Control
from wherever.edge.observe.journal import Journal
from wherever.edge.observe.meter import Meter
from wherever.edge.observe.record import Record
from wherever.home.logfile import Files

KEY = "the-key-of-this-server"


@dataclass
class Site:
    """A server with apps, which is observed, and the address where one sees it."""

    meter: Meter
    port: int
    control: int


class _Started:
    """An app that begins on the thread of its loop."""

    def __init__(self, control: Control) -> None:
        self.control = control
        self.loop: asyncio.AbstractEventLoop | None = None

    def serve(self, exchange) -> None:
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
            self.control.start()
        self.control.serve(exchange)


@contextmanager
def controlled(folder: Path, log: bool = True, **given) -> Iterator[int]:
    """The port of a server's own address."""
    control = Control(
        str(folder / "record"),
        str(folder / "log") if log else "",
        KEY,
        lambda: {"name": "test", "addresses": ["http://127.0.0.1:8080"]},
        **given,
    )
    app = _Started(control)
    with served(app) as port:
        yield port
        if app.loop is not None:
            asyncio.run_coroutine_threadsafe(control.close(), app.loop).result(10)
        else:
            asyncio.run(control.close())


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    record = Record(str(tmp_path / "record"))
    journal = Journal(Files(str(tmp_path / "log")), Lines().note, lambda n: record.dropped(lines=n))
    meter = Meter(record, journal)

    def guest(name, outcome="ok", text=b""):
        def then(exchange):
            output = meter.output(name, exchange.id)
            output.write("stdout", text)
            output.close()
            meter.guest(name, outcome, 0.004, 0.002, 3 << 20, True, exchange.id)

        return then

    nasty = b"<img src=x onerror=document.title='owned'> \x1b[31m\n"
    apps = {
        "shop": meter.observed("shop", Reply(then=guest("shop"))),
        "blog": meter.observed("blog", Reply(500, then=guest("blog", "trapped"))),
        "<b>evil</b>": meter.observed("<b>evil</b>", Reply(then=guest("<b>evil</b>", text=nasty))),
    }
    apps["evil"] = apps["<b>evil</b>"]
    with served(ByPath(apps), meter.done) as port, controlled(tmp_path) as control:
        yield Site(meter, port, control)
    journal.close()
    record.close()

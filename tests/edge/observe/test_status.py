"""All of it together: a worker that is watched, a page on an address of its own, a collector."""

import asyncio
import json
import re
import socket
import threading
from pathlib import Path

import pytest

from tests.edge.observe.small import Reply, ask, until
from tests.edge.observe.test_otel import Collector, Sent, spans_of
from wherever.edge.http.server import Server
from wherever.edge.observe.reader import Reader
from wherever.edge.observe.status import Status
from wherever.edge.observe.watch import Watch
from wherever.errors import InputError


@pytest.fixture
def collector():
    collector = Collector()
    thread = threading.Thread(target=collector.serve_forever, args=(0.05,))
    thread.start()
    yield collector
    collector.shutdown()
    thread.join()
    collector.server_close()


@pytest.fixture
def paths(tmp_path):
    return str(tmp_path / "record"), str(tmp_path / "log")


def about():
    return {"name": "test", "addresses": []}


def test_a_server_that_is_watched(paths, collector, descriptors):
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }

    async def main():
        status = Status(*paths, about, environ=environ)
        address = await status.start()
        watch = Watch(*paths, masked=True, environ=environ)
        sock = socket.create_server(("127.0.0.1", 0))
        server = Server(watch.meter.observed("shop", Reply()), done=watch.meter.done)
        await server.start([sock])
        try:
            port, key = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/#key=(\S+)", address).groups()
            await asyncio.to_thread(ask, sock.getsockname()[1], "/a?token=secret")
            known = {"Authorization": f"Bearer {key}"}
            told = await asyncio.to_thread(ask, int(port), "/usage", "GET", known)
            return json.loads(told[2])
        finally:
            await server.close(1)
            watch.close()
            await status.close()
            await status.close()

    before = descriptors()
    told = asyncio.run(main())
    until(lambda: descriptors() == before)  # the collector, too, has seen that they left
    assert [(row["app"], row["requests"]) for row in told["apps"]] == [("shop", 1)]
    [line] = map(json.loads, Path(paths[1]).read_text().splitlines())
    assert (line["app"], line["target"]) == ("shop", "/a?***")
    posted = {path: payload for path, _, payload in collector.got}
    assert posted.keys() == {"/v1/traces", "/v1/metrics"}
    assert len(spans_of(posted["/v1/traces"])) == 1
    assert "secret" not in json.dumps(posted)


def test_lines_and_spans_that_are_lost_are_counted(paths, monkeypatch):
    def full(*_):
        raise OSError("no room")

    monkeypatch.setattr("wherever.home.logfile.Files.write", full)
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    watch = Watch(*paths, environ=environ)
    reader = Reader(paths[0])
    for _ in range(3):
        watch.meter.note("lost")
    watch.meter.observed("shop", Reply(then=None)).serve(Unanswered())
    watch.meter.done(Unanswered(), 200, 0, 0, 0.1)
    until(lambda: reader.log_dropped() == 4)
    watch._tracer.close()
    assert reader.spans_dropped() == 1
    reader.close()
    watch.close()


class Unanswered(Sent):
    id, headers = "1", ()

    def answer(self, *_):
        pass


def test_without_a_log_and_a_collector(paths):
    watch = Watch(paths[0], environ={})
    watch.meter.note("nowhere")
    watch.close()
    watch.close()


def test_variables_that_cannot_be_used_leave_nothing_open(paths, descriptors):
    before = descriptors()
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": "nonsense"}
    with pytest.raises(InputError, match="is no address of HTTP"):
        Watch(*paths, environ=environ)
    with pytest.raises(InputError, match="is no address of HTTP"):
        asyncio.run(Status(*paths, about, environ=environ).start())
    assert descriptors() == before


def test_the_key_stays_the_same(paths):
    async def address(**given):
        status = Status(*paths, about, environ={}, **given)
        try:
            return (await status.start()).partition("#key=")[2]
        finally:
            await status.close()

    first = asyncio.run(address())
    assert asyncio.run(address()) == first
    assert Path(paths[0]).with_name("key").read_text() == f"{first}\n"
    assert asyncio.run(address(key="another")) == "another"


def test_an_address_that_is_taken(paths):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError) as caught:
            asyncio.run(Status(*paths, about, port=port, environ={}).start())
    assert str(caught.value) == (
        f"the status page cannot listen on 127.0.0.1:{port}: Address already in use;"
        " choose another port, or 0 for one that is free"
    )

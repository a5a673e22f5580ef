"""The same on the server that packages are served by: counts, the log, and the status page."""

import asyncio
import http.client
import json
import socket

import pytest

from tests.edge.observe.small import Reply
from wherever.edge.http.server import Server
from wherever.edge.observe.access import Lines
from wherever.edge.observe.control import Control
from wherever.edge.observe.journal import Journal
from wherever.edge.observe.meter import Meter
from wherever.edge.observe.reader import Reader
from wherever.edge.observe.record import Record
from wherever.home.logfile import Files


def listening():
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)
    return sock, sock.getsockname()[1]


def get(port, target, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def first_events(port, key, wanted):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/events", headers={"Authorization": f"Bearer {key}"})
        response = connection.getresponse()
        told = {}
        while wanted not in told:
            line = response.readline().decode()
            if line.startswith("event: "):
                name = line.split()[1]
                told[name] = json.loads(response.readline().decode().removeprefix("data: "))
        return told
    finally:
        connection.close()


@pytest.mark.parametrize("uvloop", [False, True], ids=["asyncio", "uvloop"])
def test_requests_are_counted_and_the_page_tells_of_them(tmp_path, uvloop):
    record = Record(str(tmp_path / "record"))
    journal = Journal(Files(str(tmp_path / "log")), Lines().note)
    meter = Meter(record, journal)

    async def main():
        control = Control(str(tmp_path / "record"), str(tmp_path / "log"), "key")
        control.start()
        apps = Server(meter.observed("shop", Reply(body=b"x" * 13)), done=meter.done)
        page = Server(control)
        (apps_socket, port), (page_socket, page_port) = listening(), listening()
        await apps.start([apps_socket])
        await page.start([page_socket])
        ask = asyncio.to_thread
        try:
            assert await ask(get, port, "/a?b") == (200, "x" * 13)
            assert (await ask(bad, port))[:12] == b"HTTP/1.1 400"
            assert (await ask(get, page_port, "/"))[0] == 200
            assert (await ask(get, page_port, "/metrics"))[0] == 401
            known = {"Authorization": "Bearer key"}
            metrics = (await ask(lambda: get(page_port, "/metrics", **known)))[1]
            assert 'http_server_requests_total{app="shop",status="2xx"} 1\n' in metrics
            return await ask(first_events, page_port, "key", "lines")
        finally:
            await control.close()
            await apps.close(1)
            await page.close(1)

    def bad(port):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"GET /\x00bad HTTP/1.1\r\nHost: x\r\n\r\n")
            return client.recv(1000)

    loops = {}
    if uvloop:
        import uvloop as loops_of_c

        loops["loop_factory"] = loops_of_c.new_event_loop
    with asyncio.Runner(**loops) as runner:
        told = runner.run(main())
    assert [app["name"] for app in told["apps"]["apps"]] == ["-", "shop"]
    journal.close()
    reader = Reader(str(tmp_path / "record"))
    numbers = {each.name: each for each in reader.apps()}
    reader.close()
    record.close()
    assert numbers["shop"].statuses == {"2xx": 1}
    assert 13 < numbers["shop"].bytes_out < 1000
    assert numbers["shop"].running == 0
    assert numbers["-"].statuses == {"4xx": 1}
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [(line["app"], line["status"]) for line in lines] == [("shop", 200), ("-", 400)]
    assert lines[0]["target"] == "/a?b"

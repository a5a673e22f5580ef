"""A program asks others by HTTP: what it was granted it reaches, and all else is told."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wherever
from tests.edge.guest.building import guest
from tests.run.answering import Server, serving
from wherever import Grants
from wherever.errors import InputError
from wherever.net.budget import OPEN, Allowance
from wherever.run import direct, reaching
from wherever.run.job import Job
from wherever.wasi.outgoing import Outgoing

ROOT = Path(__file__).resolve().parents[2]
HELLO = b'(module (memory (export "memory") 1) (func (export "_start")))'
DENIED, PROHIBITED, TERMINATED = 15, 4, 7


@pytest.fixture(scope="module")
def asks() -> Path:
    """The guest `fetches.c`, built by the tools of the checkout."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(ROOT / ".cache" / "tools"))
        return guest("fetches")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


# ----- granted


def test_a_host_that_is_granted_is_asked(asks: Path, server: Server) -> None:
    place = f"localhost:{server.port}"
    out = wherever.run(asks, ["get", f"http://{place}/hello"], net=[place])
    assert (out.stdout, out.exit_code, out.refused) == (b"200 hello\n", 0, ())


def test_an_address_that_is_granted_is_asked(asks: Path, server: Server) -> None:
    url = f"http://127.0.0.1:{server.port}/hello"
    assert wherever.run(asks, ["get", url], net=["127.0.0.0/8:*"]).stdout == b"200 hello\n"


def test_a_grant_is_a_value(asks: Path, server: Server) -> None:
    grants = Grants().with_network(f"localhost:{server.port}")
    url = f"http://localhost:{server.port}/hello"
    assert wherever.run(asks, ["get", url], grants=grants).stdout == b"200 hello\n"


def test_two_requests_are_under_way_at_once(asks: Path, server: Server) -> None:
    url = f"http://localhost:{server.port}"
    words = ["both", f"{url}/first", f"{url}/second"]
    out = wherever.run(asks, words, net=[f"localhost:{server.port}"])
    assert out.stdout == b"200 second\n200 first\n"


def test_every_session_may(asks: Path, server: Server) -> None:
    words, net = ["get", f"http://localhost:{server.port}/hello"], [f"localhost:{server.port}"]

    async def beside() -> tuple[bytes, bytes]:
        out = await wherever.arun(asks, words, net=net)
        async with await wherever.aspawn(asks, words, net=net) as session:
            return out.stdout, (await session.communicate())[0]

    with wherever.spawn(asks, words, net=net) as session:
        assert session.communicate()[0] == b"200 hello\n"
    assert asyncio.run(beside()) == (b"200 hello\n", b"200 hello\n")


def test_large_bodies_pass_in_little_memory(asks: Path, server: Server) -> None:
    url, net = f"http://localhost:{server.port}", [f"localhost:{server.port}"]
    down = wherever.run(asks, ["count", f"{url}/{64 << 20}"], net=net, memory="8m")
    up = wherever.run(asks, ["send", f"{url}/", str(32 << 20)], net=net, memory="8m")
    assert (down.stdout, up.stdout) == (b"200 67108864\n", b"200 33554432 came\n")


def test_many_requests_need_no_more_memory_than_one(asks: Path, server: Server) -> None:
    url, net = f"http://localhost:{server.port}/hello", [f"localhost:{server.port}"]
    assert wherever.run(asks, ["many", url, "400"], net=net, memory="2m").stdout == b"done\n"


def test_answers_that_nobody_reads_do_not_fill_our_memory(asks: Path, server: Server) -> None:
    """They lie with us, where no limit of the guest's memory counts them."""
    url, net = f"http://localhost:{server.port}", [f"localhost:{server.port}"]
    out = wherever.run(asks, ["hoard", f"{url}/200000", "100"], net=net)
    said, left = out.stdout.splitlines()
    assert said == b"error 11"  # connection-limit-reached
    assert int(left.split()[0]) >= 100 - OPEN
    # What has no body keeps nothing.
    assert wherever.run(asks, ["hoard", f"{url}/0", "100"], net=net).stdout == b"0 left\n"


def test_answers_that_are_left_in_the_middle_are_under_way_no_more(
    asks: Path, server: Server
) -> None:
    url, net = f"http://localhost:{server.port}/{4 << 20}", [f"localhost:{server.port}"]
    assert wherever.run(asks, ["leave", url, "40"], net=net, timeout=15).stdout == b"done\n"


def test_a_body_may_be_finished_before_its_request_is_made(asks: Path, server: Server) -> None:
    url, net = f"http://localhost:{server.port}/", [f"localhost:{server.port}"]
    assert wherever.run(asks, ["early", url], net=net, timeout=15).stdout == b"200 0 came\n"


@pytest.mark.parametrize(
    "words",
    [("many", "/hello", "9"), ("leave", f"/{4 << 20}", "9"), ("get", "/hello"), ("get", "/cut")],
    ids=lambda words: "-".join(words),
)
def test_nothing_is_kept_of_what_was_answered(
    asks: Path, server: Server, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program may make requests for days, and each has headers."""
    kept: list[int] = []
    close = Outgoing.close

    def counted(outgoing: Outgoing) -> None:
        kept.append(len(outgoing._calls))
        close(outgoing)

    monkeypatch.setattr(Outgoing, "close", counted)
    what, path, *more = words
    job = Job(
        str(asks),
        [
            os.fsencode(word)
            for word in ("asks", what, f"http://localhost:{server.port}{path}", *more)
        ],
    )
    job.network, job.stdout = [f"localhost:{server.port}"], "null"
    direct.run(job, lambda ended: None)
    assert kept == [0]


# ----- refused


def test_nothing_is_granted_to_begin_with(asks: Path, server: Server) -> None:
    place = f"localhost:{server.port}"
    out = wherever.run(asks, ["get", f"http://{place}/hello"])
    assert (out.stdout, out.exit_code) == (b"error %d\n" % DENIED, 1)
    assert out.refused == (f"network access to {place} is not granted; pass net=['{place}']",)
    assert server.seen == []


def test_what_is_refused_again_is_told_once(asks: Path) -> None:
    words = ["get", *["http://a.example/"] * 3, "https://b.example/"]
    assert wherever.run(asks, words).refused == (
        "network access to a.example:80 is not granted; pass net=['a.example:80']",
        "network access to b.example:443 is not granted; pass net=['b.example:443']",
    )


def test_another_port_is_another_place(asks: Path, server: Server) -> None:
    with serving() as other:
        url = f"http://localhost:{other.port}/hello"
        out = wherever.run(asks, ["get", url], net=[f"localhost:{server.port}"])
        assert (out.stdout, other.seen) == (b"error %d\n" % DENIED, [])


def test_a_redirect_is_the_guests_to_follow(asks: Path, server: Server) -> None:
    with serving() as other:
        url = f"http://localhost:{server.port}/to/{other.port}"
        target = f"http://127.0.0.1:{other.port}/hello"
        out = wherever.run(asks, ["get", url, target], net=[f"localhost:{server.port}"])
        assert out.stdout == b"302 %s \nerror %d\n" % (target.encode(), DENIED)
        assert other.seen == []


REBOUND = """
import socket, sys
found = iter({answers!r})
last = []
def lookup(host, port, *_, **__):
    last[:] = [next(found, *last)]
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in last[0]]
socket.getaddrinfo = lookup
from wherever.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([["127.0.0.1"]], "127.0.0.1, this machine's own address"),
        ([["93.184.216.34", "10.0.0.1"]], "10.0.0.1, a private address"),
        ([["169.254.169.254"]], "169.254.169.254, the address of a cloud's secrets"),
    ],
)
def test_a_name_that_leads_inside_is_refused_by_its_address(
    asks: Path, server: Server, answers: list[list[str]], told: str
) -> None:
    place = f"inside.example:{server.port}"
    words = ["run", "--net", place, str(asks), "get", f"http://{place}/hello"]
    done = subprocess.run(
        [sys.executable, "-c", REBOUND.format(answers=answers), *words],
        capture_output=True,
        timeout=60,
    )
    address = told.partition(",")[0]
    assert done.stdout == b"error %d\n" % PROHIBITED
    assert done.stderr.decode() == (
        f"wherever: {asks.name}: inside.example is {told}, which is not granted;"
        f" pass --net {address}:{server.port} too\n"
    )
    assert server.seen == []


def test_no_person_is_told_of_what_only_failed(asks: Path) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{found.getsockname()[1]}"
        out = wherever.run(asks, ["get", f"http://{place}/"], net=[place])
    assert (out.stdout, out.refused) == (b"error 6\n", ())


def test_a_trace_shows_each_request(asks: Path, server: Server) -> None:
    place, lines = f"localhost:{server.port}", list[str]()
    words = ["count", f"http://{place}/hello", "http://a.example/there"]
    wherever.run(asks, words, net=[place], trace=lines.append)
    assert [line for line in lines if line.startswith("http")] == [
        f"http(GET http://{place}/hello) = 200",
        "http(GET http://a.example:80/there) = HTTP-request-denied: network access to a.example:80"
        " is not granted; pass --net a.example:80",
    ]


# ----- limits


def test_a_limit_of_time_ends_what_waits(asks: Path, server: Server) -> None:
    place = f"localhost:{server.port}"
    out = wherever.run(asks, ["get", f"http://{place}/slow"], net=[place], timeout=0.5)
    assert (out.ended, out.limit) == ("limit", "timeout")
    assert out.usage.cpu_s < 0.4


def test_processor_time_does_not_pass_while_it_waits(asks: Path, server: Server) -> None:
    place = f"localhost:{server.port}"
    words = ["get", f"http://{place}/slow"]
    out = wherever.run(asks, words, net=[place], timeout=1, cpu_time=0.9)
    assert (out.ended, out.limit) == ("limit", "timeout")


def test_cancelling_ends_what_waits(asks: Path, server: Server) -> None:
    place = f"localhost:{server.port}"

    async def story() -> None:
        task = asyncio.create_task(
            wherever.arun(asks, ["get", f"http://{place}/slow"], net=[place])
        )
        await asyncio.to_thread(server.asked.wait, 15)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(story(), 15))


def test_ctrl_c_ends_what_waits(asks: Path, server: Server) -> None:
    place = f"localhost:{server.port}"
    words = ["run", "--net", place, str(asks), "get", f"http://{place}/slow"]
    process = subprocess.Popen(
        [sys.executable, "-m", "wherever", *words], stderr=subprocess.PIPE, start_new_session=True
    )
    assert server.asked.wait(15)
    os.kill(process.pid, 2)
    assert (process.wait(15), process.communicate()[1]) == (130, b"")


def test_calls_of_the_network_count_as_calls(asks: Path, server: Server) -> None:
    url, net = f"http://localhost:{server.port}/hello", [f"localhost:{server.port}"]
    out = wherever.run(asks, ["many", url, "400"], net=net, host_calls=100)
    assert (out.ended, out.limit, out.usage.host_calls) == ("limit", "host_calls", 101)


def test_what_may_be_received_has_a_limit_that_is_told(
    asks: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "ALLOWANCE", Allowance(received=1 << 20))
    words = ["asks", "count", f"http://localhost:{server.port}/{2 << 20}"]
    job = Job(str(asks), [os.fsencode(word) for word in words])
    job.network, job.stdout = [f"localhost:{server.port}"], "null"
    told: list[str] = []
    ended = direct.run(job, lambda ended: None, refused=told.append)
    assert (ended.exit_code, told) == (1, ["1048576 bytes were received, all that may be"])


# ----- what cannot use it


def test_a_module_of_preview_1_is_granted_nothing_in_vain() -> None:
    with pytest.raises(InputError) as caught:
        wherever.run(HELLO, net=["a.example"])
    assert str(caught.value) == (
        "program.wasm cannot reach the network: it is a module of WASI preview 1, which has no"
        " HTTP; build it as a component that imports wasi:http 0.2"
    )


def test_what_comes_from_the_network_is_not_deterministic(asks: Path) -> None:
    with pytest.raises(InputError) as caught:
        wherever.run(asks, ["get", "http://a.example"], net=["a.example"], deterministic=True)
    assert caught.value.what == (
        f"{asks.name} cannot be run deterministically and reach the network"
    )


def test_without_the_network_it_can_be_run_deterministically(asks: Path) -> None:
    out = wherever.run(asks, ["get", "http://a.example"], deterministic=7)
    assert (out.stdout, out.ended) == (b"error %d\n" % DENIED, "exited")


@pytest.mark.parametrize(
    ("net", "what"),
    [
        ("a.example", "net is 'a.example', one host"),
        ([5], "net has 5 in it"),
        (["http://a.example/"], "'http://a.example/' is not a rule for the network: only host"),
        (["*"], "'*' is not a rule for the network: all hosts"),
    ],
)
def test_what_is_no_host_is_said(asks: Path, net: Any, what: str) -> None:
    with pytest.raises(InputError) as caught:
        wherever.run(asks, net=net)
    assert caught.value.what.startswith(what)

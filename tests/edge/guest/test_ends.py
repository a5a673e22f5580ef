"""However a guest ends, its client is answered, the log says why, and the next one is served."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.abuse.harm import HARM
from tests.edge.guest.answering import Site, request, settings, site
from tests.edge.guest.tenants import resident
from wherever.errors import LimitReached

FAILED = (500, b"The app failed.\n")
LATE = (504, b"The app took too long.\n")


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with site() as made:
        yield made


@pytest.mark.parametrize(
    ("path", "outcome", "why"),
    [
        ("/silent", "error", "it came back without an answer"),
        ("/dropped", "error", "it came back without an answer"),
        ("/unfinished", "error", "it did not finish its answer"),
        ("/exit", "error", "it left with exit code 1"),
        ("/twice", "trapped", "it trapped: "),
        ("/trap", "trapped", "it trapped: "),
    ],
)
def test_a_guest_without_an_answer_is_an_error(
    served: Site, path: str, outcome: str, why: str
) -> None:
    served.meter.outcomes.clear()
    served.meter.notes.clear()
    assert served.fetch(path)[::2] == FAILED
    assert [each[:2] for each in served.meter.outcomes] == [("app", outcome)]
    ((app, note),) = served.meter.notes
    assert (app, note.startswith(f"GET {path}: {why}")) == ("app", True), note
    assert served.fetch("/")[::2] == (200, b"hello")


@pytest.mark.parametrize("twice", range(2))
@pytest.mark.parametrize("path", ["/trap", "/silent", "/exit", "/answer-and-exit", "/twice"])
def test_an_instance_that_ended_badly_is_never_used_again(path: str, twice: int) -> None:
    with site(settings(isolation="pool", reuse=100)) as served:
        assert [served.text("/visits") for _ in range(2)] == ["1", "2"]
        for _ in range(1 + twice):
            served.fetch(path)
        expected = ["4", "5"] if path == "/silent" and not twice else ["1", "2"]
        assert [served.text("/visits") for _ in range(2)] in (["1", "2"], expected)


def test_a_guest_that_leaves_after_its_answer_has_answered(twin: str) -> None:
    with site() as served:
        assert served.fetch("/answer-and-exit")[::2] == (200, b"good bye")


def test_an_answer_that_was_thrown_away_leaves_nothing_in_the_true_one(served: Site) -> None:
    assert served.fetch("/anew")[::2] == (500, b"true")


@pytest.mark.parametrize(("code", "status"), [(0, 502), (7, 502), (33, 504), (38, 500), (15, 500)])
def test_an_error_code_becomes_a_status(served: Site, code: int, status: int) -> None:
    assert served.fetch(f"/failed?{code}")[::2] == (status, b"")


def test_an_answer_that_breaks_off_is_seen_to(served: Site) -> None:
    data = served.send(request("/begin-and-trap"))
    assert data.startswith(b"HTTP/1.1 200 OK\r\n")
    assert data.endswith(b"4\r\npart\r\n")
    assert served.fetch("/")[::2] == (200, b"hello")


def test_what_a_guest_writes_is_told_with_its_request(twin: str) -> None:
    with site(settings(isolation="pool")) as served:
        for _ in range(2):
            served.meter.lines.clear()
            head = served.send(request("/log")).partition(b"\r\n\r\n")[0]
            id = head.partition(b"x-request-id: ")[2].partition(b"\r\n")[0].decode()
            assert {line[:2] for line in served.meter.lines} == {("app", id)}
            told = [(stream, data) for _, _, stream, data in served.meter.lines]
            assert told == [("stdout", b"one\ntwo\n"), ("stderr", b"three"), ("stdout", b"four")]
            assert served.fetch("/")[::2] == (200, b"hello")
            assert {line[1] for line in served.meter.lines} == {id}


def test_what_a_guest_says_before_it_traps_is_told(served: Site) -> None:
    served.meter.lines.clear()
    assert served.fetch("/trap")[::2] == FAILED
    assert [line[2:] for line in served.meter.lines] == [("stderr", b"it went wrong\n")]


# ----- limits


@pytest.mark.parametrize(
    ("path", "limits", "outcome"),
    [
        ("/spin", {"cpu_time": 0.1}, "cpu_time"),
        ("/spin", {"timeout": 0.2}, "timeout"),
        ("/spin-asking", {"timeout": 0.3}, "timeout"),
        ("/sleep", {"timeout": 0.1}, "timeout"),
        ("/flood", {"timeout": 0.3, "output": 1 << 40}, "timeout"),
    ],
)
def test_a_guest_that_goes_on_is_ended_by_a_limit(
    twin: str, path: str, limits: dict[str, float], outcome: str
) -> None:
    with site(settings(**limits)) as served:
        assert served.fetch(path)[::2] == LATE
        assert served.meter.outcomes == [("app", outcome, True)]
        assert served.fetch("/")[::2] == (200, b"hello")


def test_a_guest_that_takes_all_memory_is_ended_by_it(twin: str) -> None:
    with site(settings(memory=16 << 20)) as served:
        assert served.fetch("/grow")[::2] == FAILED
        assert served.meter.outcomes == [("app", "memory", True)]
        assert served.fetch("/")[::2] == (200, b"hello")


@pytest.mark.parametrize(
    ("path", "limits", "outcome"),
    [
        ("/flood", {"output": 100_000}, "output"),
        ("/spin-asking", {"host_calls": 1000}, "host_calls"),
    ],
)
def test_a_guest_that_writes_or_asks_too_much_is_ended(
    twin: str, path: str, limits: dict[str, float], outcome: str
) -> None:
    with site(settings(**limits)) as served:
        assert served.fetch(path)[::2] == FAILED
        assert served.meter.outcomes == [("app", outcome, True)]
        assert served.fetch("/")[::2] == (200, b"hello")


@pytest.mark.parametrize("isolation", ["fresh", "pool"])
def test_each_request_has_all_of_its_fuel(twin: str, isolation: str) -> None:
    with site(settings(isolation=isolation, fuel=1_000_000)) as served:
        assert served.fetch("/spin")[::2] == LATE
        assert served.meter.outcomes == [("app", "fuel", True)]
        assert served.meter.notes == [("app", "GET /spin: it reached its fuel")]
        # Together they need more than one may have.
        needs = [served.fetch("/")[::2] for _ in range(200)]
        assert needs == [(200, b"hello")] * 200


def test_fuel_that_is_too_little_to_begin_with_is_told_at_once(twin: str) -> None:
    with pytest.raises(LimitReached, match="app does not start within its limit of fuel; allow"):
        with site(settings(fuel=1)):
            pass


@pytest.mark.parametrize("path", ["/spin", "/spin-asking", "/sleep", "/flood", "/write-until-gone"])
def test_others_are_answered_while_guests_go_on(twin: str, path: str) -> None:
    """Eight of them, and the ninth request is answered while none has ended."""
    with site(settings(timeout=8, cpu_time=8)) as served:
        busy = [served.connect() for _ in range(8)]
        try:
            for client in busy:
                client.sendall(request(path))
            assert [served.fetch("/")[::2] for _ in range(5)] == [(200, b"hello")] * 5
            assert served.meter.outcomes == [("app", "ok", True)] * 5
            app = served.apps["app"]
            served.ask(lambda: [each.stop("cpu_time") for each in list(app.turns._active)])
        finally:
            for client in busy:
                client.close()
        assert sorted({outcome for _, outcome, _ in served.meter.outcomes}) == ["cpu_time", "ok"]


def test_a_single_instruction_that_goes_on_for_long_is_ended(twin: str, tmp_path: Path) -> None:
    """It would write to 2 GiB, and its time is over before it has written to much of that."""
    code = tmp_path / "harm.wat"
    code.write_text(HARM)
    with site(settings(memory=3 << 30, cpu_time=0.01, timeout=15), code=code) as served:
        before = resident()
        assert served.fetch("/over")[::2] == LATE
        assert [each[:2] for each in served.meter.outcomes] == [("app", "cpu_time")]
        served.until(lambda: resident() < before + (256 << 20))
        assert served.fetch("/")[::2] == (200, b"hello")


@pytest.mark.parametrize("path", ["/spin", "/sleep", "/slowly", "/spin-asking"])
def test_a_guest_whose_client_has_left_is_ended(path: str) -> None:
    with site(settings(timeout=60, cpu_time=60)) as served:
        with served.connect() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(request(path))
            served.until(lambda: bool(served.apps["app"].turns._active))
        served.until(lambda: bool(served.meter.outcomes))
        served.settled()
        assert served.meter.outcomes == [("app", "disconnected", True)]
        assert served.fetch("/")[::2] == (200, b"hello")


def test_who_finds_no_room_is_told_when_to_come_again() -> None:
    with site(settings(concurrency=1, queue=1, timeout=8)) as served:
        with served.connect() as first, served.connect() as second:
            first.sendall(request("/sleep"))
            served.until(lambda: bool(served.apps["app"].turns._active))
            second.sendall(request("/sleep"))
            served.until(lambda: len(served.apps["app"]._queue) == 1)
            status, headers, body = served.fetch("/")
            assert (status, headers[b"retry-after"], body) == (503, b"1", b"The app is busy.\n")
            app = served.apps["app"]
            for _ in range(2):
                served.until(lambda: bool(app.turns._active))
                served.ask(lambda: [each.stop("timeout") for each in list(app.turns._active)])
        served.settled()
        assert served.fetch("/")[::2] == (200, b"hello")

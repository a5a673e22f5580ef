"""A server's processes: what is lost when one dies, and nothing when all are replaced."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.edge.host.running import APP, TWO, Load, Running, get
from wherever.edge.host import state


@pytest.fixture
def running(fresh_home: Path, tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def run(text: str, **options: str) -> Running:
        started.append(Running(tmp_path, text, **options))
        return started[-1]

    yield run
    for each in started:
        if each.process.poll() is None:
            each.process.terminate()
        each.process.communicate(timeout=15)


def test_a_worker_that_is_killed_loses_only_what_it_was_answering(
    running: Callable[..., Running],
) -> None:
    site = running(TWO + APP)
    with Load(site.port) as load:
        load.wait(100)
        load.wait_for_all()
        victim = site.workers()[0]
        os.kill(victim, signal.SIGKILL)
        load.wait(100)
        until = time.monotonic() + 10
        while victim in site.workers() or 0 in site.workers():
            assert time.monotonic() < until
            time.sleep(0.02)
        load.wait(100)
    assert all(each.startswith(f"one {victim}:") for each in load.failed)
    assert len(load.failed) <= 12
    site.process.terminate()
    assert site.end() == (
        0,
        "worker 0 was ended by SIGKILL; another takes its place\n"
        "ending: requests that are being answered may end; once more ends it now\n",
    )


def test_a_reload_under_load_loses_nothing(running: Callable[..., Running]) -> None:
    site = running(TWO + APP)
    with Load(site.port) as load:
        load.wait(100)
        for name in ("two", "three"):
            site.file.write_text(TWO + APP.replace('"one"', f'"{name}"'))
            state.ask("site", seconds=15, do="reload")
            # Whoever comes after it is answered by what was loaded.
            assert get(site.port).split()[0] == name
            load.wait(100)
    assert load.failed == []
    assert {each.split()[0] for each in load.answers} == {"one", "two", "three"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (APP.replace("pid:0.01", "broken"), "one: it does not compile; mend it"),
        (APP.replace("pid:0.01", "dies"), "was ended by SIGABRT"),
        (APP.replace("route", "rout"), ":8: app[0].rout: there is no such key; did you mean"),
        ("", "there is nothing to serve"),
        ("=", "this is not TOML"),
        (APP.replace("[[app]]", '[[app]]\nmiddleware = ["x"]'), "which is no app here"),
    ],
)
def test_what_cannot_be_served_leaves_the_old_workers_serving(
    running: Callable[..., Running], text: str, words: str
) -> None:
    site = running(TWO + APP)
    before = site.workers()
    site.file.write_text(TWO + text)
    with pytest.raises(state.InputError) as caught:
        state.ask("site", do="reload")
    assert words in str(caught.value)
    assert site.workers() == before
    assert get(site.port).split()[0] == "one"


def test_old_workers_leave_also_where_the_versions_cannot_be_noted(
    running: Callable[..., Running],
) -> None:
    site = running(TWO + APP)
    old = site.workers()
    Path(state.path_of("site", "versions.json.new")).mkdir()  # as a full disk would
    site.file.write_text(TWO + APP.replace('"one"', '"two"'))
    assert state.ask("site", do="reload") == {"generation": 2}
    until = time.monotonic() + 10
    while any(map(is_alive, old)):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert get(site.port).split()[0] == "two"
    site.process.terminate()
    assert "cannot note which versions are served: Is a directory\n" in site.end()[1]


def test_an_app_that_a_reload_removes_leaves_the_status_page(
    running: Callable[..., Running],
) -> None:
    other = APP.replace("one", "two").replace("/...", "/two/...")
    site = running(TWO + APP + other + '[[reply]]\nroute = "/r"\nbody = "r"\n')
    assert site.page() == {"one": False, "two": False, "(reply)": False}
    site.file.write_text(TWO + APP)
    state.ask("site", seconds=15, do="reload")
    assert site.page() == {"one": False}
    site.file.write_text(TWO + other)
    assert get(site.port).startswith("one")
    state.ask("site", seconds=15, do="reload")
    until = time.monotonic() + 10
    while site.page() != {"one": True, "two": False}:  # the request is still to be seen
        assert time.monotonic() < until
        time.sleep(0.1)
    site.process.terminate()
    assert site.end()[0] == 0
    again = running(TWO + other)
    assert again.page() == {"two": False}


def test_a_hang_up_reloads(running: Callable[..., Running]) -> None:
    site = running(TWO + APP)
    site.file.write_text(TWO + APP.replace('"one"', '"two"'))
    site.process.send_signal(signal.SIGHUP)
    until = time.monotonic() + 10
    while get(site.port).split()[0] != "two":
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_reload_moves_to_another_address(running: Callable[..., Running], tmp_path: Path) -> None:
    site = running(TWO + APP)
    path = tmp_path / "s.sock"
    site.file.write_text(TWO.replace("127.0.0.1:0", f"unix:{path}") + APP)
    assert state.ask("site", do="reload") == {"generation": 2}
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(path))
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
    assert path.stat().st_mode & 0o777 == 0o600
    site.process.terminate()
    assert site.end()[0] == 0
    assert not path.exists()


QUICK = '[[app]]\nname = "quick"\npackage = "pid:0"\nroute = "/quick"\n'


def has_been_read(sock: socket.socket) -> None:
    """Sends a request for `/`, and comes back when a worker has it.

    It comes with one that is answered at once, and one that must wait for its answer.
    """
    sock.sendall(b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
    said = b""
    while b"quick" not in said:
        said += sock.recv(4096)


def test_requests_end_before_the_server_does(running: Callable[..., Running]) -> None:
    site = running(TWO + QUICK + APP.replace("0.01", "0.5"))
    with socket.create_connection(("127.0.0.1", site.port)) as sock:
        has_been_read(sock)
        site.process.terminate()
        assert sock.recv(4096).startswith(b"HTTP/1.1 200")
    assert site.end()[0] == 0
    with pytest.raises(OSError):
        get(site.port)


def test_a_second_signal_ends_it_at_once(running: Callable[..., Running]) -> None:
    site = running(TWO + QUICK + APP.replace("0.01", "60"))
    with socket.create_connection(("127.0.0.1", site.port)) as sock:
        has_been_read(sock)
        site.process.send_signal(signal.SIGINT)
        assert site.process.stderr is not None
        assert site.process.stderr.readline().startswith("ending: ")
        site.process.send_signal(signal.SIGINT)
        assert site.end() == (130, "")
        assert sock.recv(4096) == b""


def test_workers_leave_with_their_supervisor(running: Callable[..., Running]) -> None:
    site = running(TWO + APP)
    workers = site.workers()
    site.process.kill()
    site.process.wait()
    until = time.monotonic() + 10
    while any(is_alive(pid) for pid in workers):
        assert time.monotonic() < until
        time.sleep(0.05)
    # And nothing that was left stands in the way of the next one.
    again = running(TWO + APP)
    assert get(again.port).split()[0] == "one"


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:  # it has gone, before or while it was read
        return False


def test_a_server_that_cannot_begin_says_why_and_leaves_nothing(
    running: Callable[..., Running],
) -> None:
    site = running(TWO + APP.replace("pid:0.01", "broken"))
    assert site.end() == (125, "one: it does not compile; mend it\n")
    assert state.names() == []


def test_a_port_that_is_taken_is_told_with_who_has_it(running: Callable[..., Running]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        site = running(TWO.replace(":0", f":{port}") + APP)
        assert site.end() == (
            125,
            f"127.0.0.1:{port} is in use by {Path('/proc/self/comm').read_text().strip()}"
            f" (pid {os.getpid()}); stop that, or choose another: --listen 127.0.0.1:0 takes a"
            " free one\n",
        )


def test_two_servers_of_one_name_are_refused(running: Callable[..., Running]) -> None:
    running(TWO + APP)
    site = running(TWO + APP)
    assert site.end() == (
        125,
        "a server called site is running; wherever stop site, or give this one another --name\n",
    )

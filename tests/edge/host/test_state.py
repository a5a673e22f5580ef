"""What a server keeps on the disk: one of a name, found by others, and safe to leave behind."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherever.edge.host import state
from wherever.edge.host.state import State
from wherever.errors import InputError, NotFound


@pytest.fixture(autouse=True)
def alone(fresh_home: Path) -> Path:
    return fresh_home


@pytest.fixture
def site() -> Iterator[State]:
    made = State("site")
    yield made
    made.close()


def test_a_name_belongs_to_one_server_at_a_time(site: State) -> None:
    with pytest.raises(InputError) as caught:
        State("site")
    assert str(caught.value) == (
        "a server called site is running; wherever stop site, or give this one another --name"
    )
    assert state.names() == ["site"]


def test_a_name_is_free_again_after_its_server(alone: Path) -> None:
    State("site").close()
    assert state.names() == []
    State("site").close()


@pytest.mark.parametrize("name", ["", "A", "a b", "../x", "a/b", "-a", "a" * 41, ".", "ä"])
def test_what_cannot_be_a_folder_is_no_name(name: str) -> None:
    with pytest.raises(InputError, match="is not the name of a server"):
        State(name)


def test_only_its_owner_enters_the_folder(site: State) -> None:
    assert stat.S_IMODE(os.stat(site.folder).st_mode) == 0o700
    with site.listen():
        assert os.stat(site.path("control.sock")).st_mode == stat.S_IFSOCK | 0o600


def test_a_control_socket_is_found_however_long_the_path_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path / ("x" * 100) / ("y" * 100)))
    site = State("site")
    with site.listen() as sock:
        sock.setblocking(True)
        with pytest.raises(InputError, match=r"did not answer in 0 s; wherever logs site"):
            state.ask("site", 0.2, do="status")
        peer, _ = sock.accept()
        assert peer.recv(100) == b'{"do": "status"}\n'
        peer.close()
    site.close()


def test_a_control_socket_that_was_left_is_replaced(site: State) -> None:
    site.listen().close()
    with site.listen() as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)


def test_a_server_that_has_lost_its_control_socket_is_not_said_to_have_ended(site: State) -> None:
    with pytest.raises(InputError) as caught:
        state.ask("site", do="stop")
    assert str(caught.value) == (
        "the server site runs, and nobody answers at its control.sock; if it has just started, ask"
        " again; else end it: kill PID, as wherever ps has it"
    )


def test_who_is_meant() -> None:
    with pytest.raises(NotFound, match=r"^no server runs; start one with wherever up$"):
        state.pick("")
    first = State("first")
    assert state.pick("") == "first"
    second = State("second")
    with pytest.raises(NotFound, match=r"^more than one server runs; name one of: first, second$"):
        state.pick("")
    assert state.pick("second") == "second"
    with pytest.raises(NotFound, match="no server called third runs; those that run are: first,"):
        state.pick("third")
    first.close()
    second.close()


def test_a_free_name_is_one_that_nobody_has(site: State) -> None:
    assert state.free_name("Site!") == "site-2"
    assert state.free_name("???") == "server"


def test_what_the_processes_say_has_a_bound(site: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "LARGEST_OUTPUT", 10)
    output = Path(site.path("output"))
    output.write_text("short")
    site.trim()
    assert output.read_text() == "short"
    output.write_text("this is too long")
    site.trim()
    assert output.read_text() == ""


@pytest.mark.parametrize("name", ["nobody", "../../etc", ""])
def test_a_server_that_never_was_has_no_files(name: str) -> None:
    with pytest.raises(NotFound, match="there was never a server called"):
        state.path_of(name, "log")

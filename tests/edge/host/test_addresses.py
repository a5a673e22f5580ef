"""Addresses: read as people write them, public ones only when meant, sockets opened safely."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from wherever.edge.host import addresses
from wherever.edge.host.addresses import Address, open_one, parse
from wherever.errors import InputError


@pytest.mark.parametrize(
    ("text", "shown", "url"),
    [
        ("127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:0", "127.0.0.1:0", "http://127.0.0.1:0"),
        ("[::1]:80", "[::1]:80", "http://[::1]:80"),
        ("[0::1]:80", "[::1]:80", "http://[::1]:80"),
        ("127.9.9.9:1", "127.9.9.9:1", "http://127.9.9.9:1"),
        ("unix:/run/../run/s", "unix:/run/s", "unix:/run/s"),
    ],
)
def test_what_only_this_machine_reaches_needs_no_word(text: str, shown: str, url: str) -> None:
    found = parse(text)
    assert (str(found), found.url, found.is_public) == (shown, url, False)


@pytest.mark.parametrize(
    ("text", "shown", "url"),
    [
        ("0.0.0.0:80", "0.0.0.0:80", "http://127.0.0.1:80"),
        (":80", "0.0.0.0:80", "http://127.0.0.1:80"),
        ("[::]:80", "[::]:80", "http://[::1]:80"),
        ("192.168.1.2:80", "192.168.1.2:80", "http://192.168.1.2:80"),
        ("[2001:db8::1]:80", "[2001:db8::1]:80", "http://[2001:db8::1]:80"),
    ],
)
def test_what_others_reach_must_be_asked_for(text: str, shown: str, url: str) -> None:
    found = parse(text, public=True)
    assert (str(found), found.url, found.is_public) == (shown, url, True)
    with pytest.raises(InputError) as caught:
        parse(text)
    assert str(caught.value) == (
        f"{shown} is reached from other machines; add --public if that is meant (public = true"
        " in a file), or listen at 127.0.0.1"
    )


@pytest.mark.parametrize(
    "text",
    ["", "8080", "127.0.0.1", "127.0.0.1:70000", "::1:80", "1.2.3:80", "host:80", "unix:", "a b:1",
     "127.1:80", "0x7f.1:80", "127.0.0.1:٣", f"unix:/{'x' * 110}"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse(text, public=True)


def test_a_socket_that_a_dead_server_left_is_replaced(tmp_path: Path) -> None:
    address = Address(path=str(tmp_path / "s"))
    dead = open_one(address)
    dead.close()
    with open_one(address), socket.socket(socket.AF_UNIX) as sock:
        sock.connect(address.path)
    assert [each.name for each in tmp_path.iterdir()] == ["s"]


def test_a_socket_that_a_server_listens_at_is_left_alone(tmp_path: Path) -> None:
    address = Address(path=str(tmp_path / "s"))
    with open_one(address):
        with pytest.raises(InputError) as caught:
            open_one(address)
        assert str(caught.value) == (
            f"somebody listens at {address} already; stop that, or listen elsewhere"
        )
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(address.path)


def test_a_file_in_the_place_of_a_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("mine")
    link = tmp_path / "link"
    link.symlink_to(path)
    for each in (path, link):
        with pytest.raises(InputError, match="is there, and it is no socket"):
            open_one(Address(path=str(each)))
    assert path.read_text() == "mine"


@pytest.mark.parametrize(("public", "mode"), [(False, 0o600), (True, 0o666)])
def test_who_may_connect_to_a_socket(tmp_path: Path, public: bool, mode: int) -> None:
    address = Address(path=str(tmp_path / "s"))
    with open_one(address, public):
        assert Path(address.path).stat().st_mode & 0o777 == mode


def test_a_port_that_the_system_chose_is_told() -> None:
    wanted = parse("127.0.0.1:0")
    with open_one(wanted) as sock:
        found = addresses.bound(wanted, sock)
        assert found.port == sock.getsockname()[1] > 0


def test_an_address_of_another_machine_is_refused_in_words() -> None:
    with pytest.raises(InputError) as caught:
        open_one(Address("192.0.2.1", 0))
    assert str(caught.value) == "192.0.2.1:0: this machine has no such address; see: ip address"


def test_a_socket_whose_folder_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_one(parse(f"unix:{tmp_path}/run/site.sock"))
    assert str(caught.value) == (
        f"cannot listen at unix:{tmp_path}/run/site.sock: there is no folder {tmp_path}/run;"
        f" make it first: mkdir -p {tmp_path}/run"
    )

"""What handlers do with the folders that they are granted."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.guest.answering import Site, request, settings, site
from tests.edge.guest.script import (
    CREATE,
    EXCLUSIVE,
    FOLDER,
    READ,
    TRUNCATE,
    WRITE,
    opened,
    said,
)
from wherever.errors import InputError
from wherever.policy.grants import Mount


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder with one file in it."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "poem.txt").write_text("roses are red")
    return folder


@pytest.fixture
def served(shared: Path) -> Iterator[Site]:
    with site(code="files", files=(Mount(str(shared), "/data"),)) as made:
        yield made


def test_a_file_is_read_by_both_twins(twin: str, shared: Path) -> None:
    with site(code="files", files=(Mount(str(shared), "/data"),)) as served:
        assert said(
            served,
            opened("poem.txt"),
            "read 9 5 0",
            "read 9 100 6",
            "read 9 100 13",
            "in 9 10 6",
            "ready 10",
            "next 10 3",
            "skip 10 1",
            "next 10 100",
            "next 10 100",
        ) == [
            "ok",
            "read roses",
            "read are red",
            "end ",
            "ok",
            "1",
            "read are",
            "skipped 1",
            "read red",
            "closed",
        ]


def test_a_file_is_made_and_written(served: Site, shared: Path) -> None:
    assert said(
        served,
        opened("new.txt", how=CREATE, flags=READ | WRITE),
        "write 9 2 three",
        "append 9 10",
        "send 10 four",
        "zeroes 10 1",
        "out 9 11 0",
        "writable 11",
        "send 11 xy",
        "size 9 10",
        "sync 9",
        "sync-data 9",
        "advise 9 0 100 3",
        "flags 9",
    ) == ["ok", "wrote 5", *["ok"] * 4, "1", *["ok"] * 5, "3"]
    assert (shared / "new.txt").read_bytes() == b"xythreefou"


def test_names_are_made_moved_and_removed(served: Site, shared: Path) -> None:
    assert said(
        served,
        "make 0 one",
        "make 0 one/two/",
        "make 0 one",
        "rename 0 poem.txt 0 one/two/verse.txt",
        "link 0 0 one/two/verse.txt 0 again.txt",
        "symlink 0 one/../again.txt near.txt",
        "readlink 0 near.txt",
        "unlink 0 one/two/verse.txt",
        "remove 0 one",
        "remove 0 one/two",
        "remove 0 one",
        "unlink 0 one",
        opened("near.txt"),
    ) == [
        "ok",
        "ok",
        "error exist",
        "ok",
        "ok",
        "ok",
        "says one/../again.txt",
        "ok",
        "error not-empty",
        "ok",
        "ok",
        "error no-entry",
        "error no-entry",
    ]
    assert sorted(os.listdir(shared)) == ["again.txt", "near.txt"]
    assert (shared / "again.txt").read_text() == "roses are red"


def test_a_folder_is_listed_with_what_is_in_it(served: Site, shared: Path) -> None:
    (shared / "below").mkdir()
    os.mkfifo(shared / "pipe")
    os.symlink("poem.txt", shared / "near")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(shared / "socket"))
    (listed,) = said(served, "list 0 9", "entries 9", "entries 9", "list-drop 9")[1:2]
    assert sorted(listed.split()) == ["3:below", "4:pipe", "5:near", "6:poem.txt", "7:socket"]


def test_a_name_that_is_no_text_is_an_error_and_the_rest_is_listed(
    served: Site, shared: Path
) -> None:
    (Path(os.fsdecode(os.fsencode(shared) + b"/\xff"))).write_text("")
    first, second = said(served, "list 0 9", "entries 9", "entries 9")[1:]
    assert " error illegal-byte-sequence" in first + " " + second
    assert "6:poem.txt" in first + second
    assert said(served, "make 0 \udcff".encode("utf-8", "surrogateescape").decode("latin-1"))


def test_what_is_known_of_a_file(served: Site, shared: Path) -> None:
    os.link(shared / "poem.txt", shared / "again.txt")
    os.symlink("poem.txt", shared / "near.txt")
    lines = said(
        served,
        opened("poem.txt", flags=READ | WRITE),
        "times 9 2 1000 5 2 2000 6",
        "stat 9",
        "stat-at 0 1 near.txt",
        "stat-at 0 0 near.txt",
        "times 9 0 0 0 0 0 0",
        "times-at 0 1 2 3000 0 0 0 0 near.txt",
        "stat 9",
        "type 9",
        "type 0",
        "flags 0",
        "hash 9",
        "hash-at 0 0 again.txt",
        "hash-at 0 0 near.txt",
        opened("again.txt", to=10),
        "same 9 10",
        "same 9 0",
    )
    seen = "type 6 links 2 size 13 times 1000.5 2000.6 "
    assert [line.startswith(seen) for line in lines[2:4]] == [True, True]
    assert lines[4].startswith("type 5 links 1 size 8 times ")
    assert lines[7].startswith("type 6 links 2 size 13 times 3000.0 2000.6 ")
    assert lines[8:11] == ["6", "3", str(READ | 32)]
    assert (lines[11] == lines[12], lines[12] == lines[13]) == (True, False)
    assert lines[15:] == ["1", "0"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (opened("none.txt"), "error no-entry"),
        (opened(""), "error no-entry"),
        (opened("poem.txt/"), "error not-directory"),
        (opened("poem.txt", how=FOLDER), "error not-directory"),
        (opened("poem.txt", how=FOLDER | CREATE), "error invalid"),
        (opened("poem.txt", how=CREATE | EXCLUSIVE, flags=WRITE), "error exist"),
        (opened(".", flags=WRITE), "error is-directory"),
        (opened("poem.txt", flags=READ | 4), "error unsupported"),
        (opened("x" * 300), "error name-too-long"),
        ("make 0 " + "x" * 60000, "error name-too-long"),
        ("readlink 0 poem.txt", "error invalid"),
        ("times 0 2 99999999999 0 0 0 0", "error overflow"),
        ("read 0 10 0", "error bad-descriptor"),
        ("in 0 9 0", "error is-directory"),
        ("out 0 9 0", "error bad-descriptor"),
        ("size 0 0", "error bad-descriptor"),
        ("advise 0 0 0 0", "error bad-descriptor"),
    ],
)
def test_what_cannot_be_done_is_an_error_code(served: Site, line: str, expected: str) -> None:
    assert said(served, line) == [expected]


def test_an_error_of_a_stream_is_told_by_its_code(served: Site) -> None:
    assert said(
        served,
        opened("poem.txt", flags=WRITE),
        "in 9 10 0",
        "next 10 10",
        opened("poem.txt", to=11),
        "out 11 12 0",
        "send 12 x",
        "zeroes 12 5",
        "splice 12 10 5",
    ) == [
        "ok",
        "ok",
        "failed bad-descriptor",
        "ok",
        "ok",
        "failed bad-descriptor",
        "failed bad-descriptor",
        "failed bad-descriptor",
    ]


def test_a_stream_stays_when_its_file_is_dropped(served: Site, shared: Path) -> None:
    assert said(
        served,
        opened("poem.txt"),
        "in 9 10 0",
        opened("copy.txt", to=11, how=CREATE | TRUNCATE, flags=WRITE),
        "out 11 12 0",
        "drop 9",
        "drop 11",
        "splice 12 10 6",
        "splice 12 10 100",
        "splice 12 10 100",
        "in-drop 10",
        "out-drop 12",
    ) == [*["ok"] * 6, "spliced 6", "spliced 7", "closed", "ok", "ok"]
    assert (shared / "copy.txt").read_text() == "roses are red"


def test_bodies_go_from_files_and_into_them(served: Site, shared: Path) -> None:
    body = os.urandom(3_000_000)
    status, _, told = served.fetch("/keep?kept", method="POST", body=body)
    assert (status, told) == (200, b"3000000 closed")
    assert (shared / "kept").read_bytes() == body
    for way in ("send", "splice"):
        assert served.fetch(f"/{way}?kept")[::2] == (200, body)
    assert served.fetch("/send?none")[::2] == (404, b"error 20")


def test_a_body_that_comes_late_goes_into_a_file(served: Site, shared: Path) -> None:
    with served.connect() as client:
        client.sendall(request("/keep?late", "content-length: 100000", method="POST") + b"abc")
        served.until((shared / "late").exists)
        client.sendall(bytes(99_997))
        assert client.makefile("rb").read().endswith(b"100000 closed")
    assert (shared / "late").read_bytes() == b"abc" + bytes(99_997)


@pytest.mark.parametrize(
    "lines",
    [
        ["drop 9", "drop 9"],
        ["drop 9", "stat 9"],
        ["next 9 5"],
        ["send 9 x"],
        ["entries 9"],
        ["in-drop 9"],
        ["list-drop 9"],
        ["in 9 10 0", "stat 10"],
        ["in 9 10 0", "send 10 x"],
        ["in 9 10 0", "out-drop 10"],
        ["out 9 10 0", "next 10 1"],
        ["out 9 10 0", "splice 9 10 1"],
        ["list 0 10", "next 10 1"],
        ["same 9 500"],
        ["rename 0 poem.txt 500 x"],
    ],
)
def test_a_handle_that_is_no_such_file_ends_its_guest(
    served: Site, shared: Path, lines: list[str]
) -> None:
    body = "\n".join(["folders", opened("poem.txt", flags=READ | WRITE), *lines]).encode()
    assert served.fetch("/", method="POST", body=body)[::2] == (500, b"The app failed.\n")
    assert [outcome for _, outcome, _ in served.meter.outcomes] == ["trapped"]
    assert (shared / "poem.txt").read_text() == "roses are red"


@pytest.mark.parametrize("case", range(12))
def test_an_address_that_is_none_ends_its_guest(served: Site, shared: Path, case: int) -> None:
    lines = ["folders", opened("poem.txt", flags=READ | WRITE), "out 9 10 0", f"far {case}"]
    # A path that is longer than any is refused before it is read.
    expected = 200 if case == 1 else 500
    assert served.fetch("/", method="POST", body="\n".join(lines).encode())[0] == expected
    assert (shared / "poem.txt").read_text() == "roses are red"


# ----- which folders there are


def test_folders_have_the_names_that_they_are_granted_by(tmp_path: Path) -> None:
    mounts = (Mount(str(tmp_path), "/one"), Mount("/etc", "two", read_only=True))
    with site(code="files", files=mounts) as served:
        assert served.fetch("/", method="POST", body=b"folders")[2] == b"/one two /dev\n"
        assert said(served, "open 2 9 1 0 1 null", "read 9 10 0") == ["ok", "end "]


def test_who_is_granted_none_finds_none() -> None:
    with site(code="files") as served:
        assert served.fetch("/", method="POST", body=b"folders")[::2] == (200, b"\n")
        assert served.fetch("/", method="POST", body=b"open 0 1 1 0 1 a")[0] == 500


@pytest.mark.parametrize("place", ["none", "file"])
def test_a_folder_that_is_none_is_refused_before_the_first_request(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=f"{tmp_path}/{place}"):
        site(code="files", files=(Mount(str(tmp_path / place), "/data"),)).__enter__()


def test_a_folder_stays_the_one_that_it_was(tmp_path: Path) -> None:
    granted, other = tmp_path / "granted", tmp_path / "other"
    for folder in (granted, other):
        folder.mkdir()
        (folder / "name").write_text(folder.name)
    with site(code="files", files=(Mount(str(granted), "/data"),)) as served:
        granted.rename(tmp_path / "moved")
        granted.symlink_to(other)
        assert said(served, opened("name"), "read 9 100 0") == ["ok", "read granted"]


# ----- what is used again


@pytest.fixture
def pooled(shared: Path) -> Iterator[Site]:
    files = (Mount(str(shared), "/data"),)
    with site(settings(isolation="pool", reuse=10_000), code="files", files=files) as made:
        yield made


def test_what_an_instance_has_open_stays_open_for_its_next_request(pooled: Site) -> None:
    assert said(pooled, opened("poem.txt"), "in 9 10 0", "next 10 6", "list 0 11") == [
        "ok",
        "ok",
        "read roses ",
        "ok",
    ]
    assert said(pooled, "next 10 3", "read 9 3 10", "entries 11", "stat-at 0 1 poem.txt")[:3] == [
        "read are",
        "read red",
        "6:poem.txt",
    ]


def test_a_used_instance_that_only_read_is_repeated_by_a_fresh_one(
    pooled: Site, shared: Path
) -> None:
    said(pooled, opened("poem.txt"))
    pooled.meter.outcomes.clear()
    # The place 9 holds nothing in a fresh instance: what the used one could, that cannot.
    body = f"folders\n{opened('poem.txt')}"
    assert pooled.fetch("/trap", method="POST", body=body.encode())[0] == 500
    assert [cold for _, _, cold in pooled.meter.outcomes] == [True]


def test_a_used_instance_that_has_written_is_not_repeated(pooled: Site, shared: Path) -> None:
    said(pooled, opened("poem.txt"))
    pooled.meter.outcomes.clear()
    body = f"folders\n{opened('log', how=CREATE, flags=WRITE)}\nappend 9 10\nsend 10 once"
    assert pooled.fetch("/trap", method="POST", body=body.encode())[0] == 500
    assert [cold for _, _, cold in pooled.meter.outcomes] == [False]
    assert (shared / "log").read_text() == "once"

"""No path leads a handler out of its folders, none lets it change what it may only read, and
nothing that lies in them can hold its worker up."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import escapes
from tests.edge.guest.answering import Site, settings, site
from tests.edge.guest.script import CREATE, READ, TRUNCATE, WRITE, held, opened, said
from wherever.policy.grants import Mount

DENIED = "error not-permitted"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What no guest may reach: a file beside the folder, and one in a folder beside it."""
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "file").write_text("secret")
    (tmp_path / "secret").write_text("secret")
    return tmp_path


@pytest.fixture
def folder(outside: Path) -> Path:
    """What is granted, with every kind of link that leads out of it."""
    made = outside / "granted"
    (made / "below").mkdir(parents=True)
    (made / "file").write_text("file")
    os.symlink("..", made / "up")
    os.symlink("../secret", made / "up-file")
    os.symlink(outside / "beside", made / "far")
    os.symlink(outside / "secret", made / "far-file")
    os.symlink("up-file", made / "by-two")
    os.symlink("/proc/self/root", made / "magic")
    os.symlink("../../beside", made / "below" / "up")
    os.symlink("round", made / "round")
    return made


@pytest.fixture
def served(folder: Path) -> Iterator[Site]:
    with site(code="files", files=(Mount(str(folder), "/data"),)) as made:
        yield made


OUT = (
    "..",
    "../secret",
    "below/../../secret",
    "below/../../granted/../secret",
    "up",
    "up/secret",
    "up-file",
    "by-two",
    "far",
    "far/file",
    "far-file",
    "magic/etc/passwd",
    "below/up/file",
    "/",
    "/etc/passwd",
    "//etc/passwd",
    "../granted/file",
)


@pytest.mark.parametrize("path", OUT)
def test_nothing_outside_is_opened_made_or_seen(served: Site, outside: Path, path: str) -> None:
    before = sorted(outside.rglob("*"))
    assert (
        said(
            served,
            opened(path),
            opened(path, flags=0),
            opened(path, flags=READ | WRITE),
            opened(path, how=CREATE | TRUNCATE, flags=WRITE),
            f"stat-at 0 1 {path}",
            f"hash-at 0 1 {path}",
            f"times-at 0 1 1 0 0 1 0 0 {path}",
            opened(f"{path}/"),
            opened(f"{path}/new", how=CREATE, flags=WRITE),
            f"make 0 {path}/new",
            f"symlink 0 file {path}/new",
            f"link 0 0 file 0 {path}/new",
            f"rename 0 file 0 {path}/new",
            f"unlink 0 {path}/file",
            f"rename 0 {path}/file 0 stolen",
            f"link 0 0 {path}/file 0 stolen",
            f"readlink 0 {path}/file",
        )
        == [DENIED] * 17
    )
    assert sorted(outside.rglob("*")) == before
    assert (outside / "secret").read_text() == "secret"


@pytest.mark.parametrize("path", ["up-file", "far-file", "far", "by-two", "round"])
def test_a_link_is_seen_where_it_is_not_followed(served: Site, path: str) -> None:
    seen, code = said(served, f"stat-at 0 0 {path}", opened(path, follow=0))
    assert (seen.startswith("type 5 links 1 "), code) == (True, "error loop")


def test_a_link_that_turns_round_is_an_error(served: Site) -> None:
    assert said(served, opened("round"), "stat-at 0 1 round") == ["error loop"] * 2


def test_a_link_to_the_root_is_neither_made_nor_told(served: Site, folder: Path) -> None:
    assert said(served, "symlink 0 /etc new", "readlink 0 far", "readlink 0 up") == [
        DENIED,
        DENIED,
        "says ..",
    ]
    assert not os.path.lexists(folder / "new")


def test_a_link_that_a_guest_makes_leads_nowhere_either(served: Site) -> None:
    assert said(
        served,
        "symlink 0 ../secret mine",
        opened("mine"),
        "symlink 0 ../../beside below/mine",
        opened("below/mine/file"),
        "rename 0 below/mine 0 moved",
        opened("moved/file"),
        "link 0 1 mine 0 followed",
        "link 0 0 mine 0 again",
        opened("again"),
        "link 0 0 up/ 0 followed",
    ) == ["ok", DENIED] * 2 + ["ok", DENIED, "error invalid", "ok", DENIED, "error not-directory"]


@pytest.mark.parametrize("link", ["far", "up", "far-file", "dangling", "far-dangling"])
def test_a_link_that_ends_like_a_folder_is_not_followed_out_either(
    served: Site, folder: Path, outside: Path, link: str
) -> None:
    os.symlink("../made", folder / "dangling")
    os.symlink(outside / "made", folder / "far-dangling")
    before = sorted(outside.rglob("*"))
    lines = said(
        served,
        f"make 0 {link}/",
        f"remove 0 {link}/",
        f"unlink 0 {link}/",
        f"rename 0 below 0 {link}/",
        f"rename 0 file 0 {link}/",
        f"rename 0 {link}/ 0 other",
        f"link 0 0 file 0 {link}/",
        f"link 0 0 {link}/ 0 other",
        f"symlink 0 file {link}/",
        f"readlink 0 {link}/",
        opened(f"{link}/", how=CREATE, flags=WRITE),
        opened(link, how=CREATE, flags=WRITE),
        opened(link, how=CREATE, flags=WRITE, follow=0),
    )
    assert all(line.startswith("error ") for line in lines), lines
    assert sorted(outside.rglob("*")) == before


@pytest.mark.parametrize("path", [".", "..", "below/..", "below/../..", "./", "below/."])
def test_what_has_no_name_of_its_own_is_neither_moved_nor_removed(
    served: Site, outside: Path, path: str
) -> None:
    before = sorted(outside.rglob("*"))
    lines = said(
        served,
        f"make 0 {path}",
        f"remove 0 {path}",
        f"unlink 0 {path}",
        f"rename 0 {path} 0 other",
        f"rename 0 below 0 {path}",
        f"link 0 0 {path} 0 other",
        f"link 0 0 file 0 {path}",
        f"symlink 0 file {path}",
    )
    assert all(line.startswith("error ") for line in lines), lines
    assert sorted(outside.rglob("*")) == before


def test_a_folder_that_is_moved_away_takes_nobody_with_it(served: Site, folder: Path) -> None:
    """`..` from a folder that lies elsewhere now is not what was above it."""
    (folder / "below" / "deep").mkdir()
    lines = said(served, opened("below/deep", to=8), "stat-at 8 1 .", "list 8 10", "entries 10")
    assert [line.partition(" ")[0] for line in lines] == ["ok", "type", "ok", ""]
    lines = said(
        served,
        opened("below/deep", to=8),
        "rename 0 below/deep 0 deep",
        "stat-at 8 1 ..",
        "open 8 9 1 0 1 ../../secret",
        "open 8 9 1 0 1 ../file",
    )
    assert lines == ["ok", "ok", DENIED, DENIED, DENIED]


def test_paths_that_change_while_they_are_followed_lead_nowhere(
    served: Site, folder: Path, outside: Path
) -> None:
    """A host's program, or another guest, swaps a folder and a link that leads out."""
    stop = threading.Event()
    (folder / "swap").mkdir()
    (folder / "swap" / "file").write_text("file")

    def swap() -> None:
        while not stop.wait(0.0002):
            os.rename(folder / "swap", folder / "kept")
            os.symlink("../beside", folder / "swap")
            os.unlink(folder / "swap")
            os.rename(folder / "kept", folder / "swap")

    thread = threading.Thread(target=swap)
    thread.start()
    kinds: set[str] = set()
    try:
        for _ in range(1000):
            lines = said(served, *["stat-at 0 1 swap/file", "link 0 0 swap/file 0 got"] * 20)
            lines += said(served, "stat-at 0 1 got", "unlink 0 got")
            assert {line.split()[5] for line in lines if line.startswith("type")} <= {"4"}
            kinds |= {line.partition(" links")[0] for line in lines}
            if {"type 6", DENIED} <= kinds:
                break
    finally:
        stop.set()
        thread.join()
    expected = {"type 6", "ok", DENIED, "error no-entry", "error exist", "error would-block"}
    assert {"type 6", DENIED} <= kinds <= expected


@pytest.mark.parametrize("read_only", [False, True], ids=["read-write", "read-only"])
def test_every_way_that_is_tried_with_programs_is_closed_to_handlers(
    tmp_path: Path, read_only: bool
) -> None:
    tries = escapes.attempts(read_only)
    with escapes.ground(tmp_path) as granted:
        files = (Mount(str(granted), "/", read_only),)
        with site(code="files", files=files) as served:
            answer = said(served, *[f"try {op} {path}" for op, path, _ in tries])
    assert escapes.wrong(tries, "".join(answer)) == []


# ----- what may only be read


def test_nothing_changes_in_a_folder_that_is_for_reading(folder: Path, outside: Path) -> None:
    mounts = Mount(str(folder), "/data", True), Mount(str(outside / "beside"), "/other")
    with site(code="files", files=mounts) as served:
        before = sorted((path, path.lstat().st_mtime_ns) for path in outside.rglob("*"))
        assert (
            said(
                served,
                opened("file", flags=WRITE),
                opened("file", how=TRUNCATE),
                opened("new", how=CREATE),
                "make 0 new",
                "remove 0 below",
                "unlink 0 file",
                "symlink 0 file new",
                "link 0 0 file 0 new",
                "rename 0 file 0 new",
                "rename 0 file 1 new",
                "rename 1 file 0 new",
                "link 1 0 file 0 new",
                "times-at 0 1 1 0 0 1 0 0 file",
                "times 0 1 0 0 1 0 0",
            )
            == [DENIED] * 14
        )
        assert said(
            served,
            opened("file"),
            "write 9 0 x",
            "out 9 10 0",
            "append 9 10",
            "size 9 0",
            "times 9 1 0 0 1 0 0",
            opened("below", to=8),
            "make 8 new",
            "open 8 7 1 1 2 new",
            "flags 0",
            "flags 9",
            "read 9 10 0",
        ) == ["ok", *[DENIED] * 5, "ok", DENIED, DENIED, str(READ), str(READ), "read file"]
        after = sorted((path, path.lstat().st_mtime_ns) for path in outside.rglob("*"))
        assert before == after


# ----- what is no file


def test_pipes_and_devices_are_seen_and_never_opened(served: Site, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    os.symlink("pipe", folder / "to-pipe")
    if os.geteuid() == 0:
        os.mknod(folder / "zero", 0o20666, os.makedev(1, 5))
    for path, kind in (("pipe", 4), ("to-pipe", 4), ("zero", 2)):
        if path == "zero" and os.geteuid():
            continue
        lines = said(
            served,
            opened(path),
            opened(path, flags=WRITE),
            opened(path, flags=READ | WRITE),
            opened(path, how=CREATE | TRUNCATE, flags=WRITE),
            f"stat-at 0 1 {path}",
        )
        assert (lines[:4], lines[4][:7]) == ([DENIED] * 4, f"type {kind} ")


# ----- limits


def test_who_opens_too_many_is_told_so_and_goes_on(folder: Path) -> None:
    files = (Mount(str(folder), "/data"),)
    with site(settings(open_files=5), code="files", files=files) as served:
        many = [opened("file", to=n) for n in range(10, 18)]
        lists = ["list 0 20", "drop 10", "list 0 20", "drop 11", "list 0 20"]  # it counts as two
        assert said(served, *many, *lists, opened("file"), "read 12 10 0") == [
            *["ok"] * 5, *["error quota"] * 4, "ok", "error quota", "ok", "ok", "error quota",
            "read file",
        ]  # fmt: skip


@pytest.mark.parametrize(("isolation", "kept"), [("fresh", 0), ("pool", 102)])
def test_files_close_with_their_instance(folder: Path, isolation: str, kept: int) -> None:
    files = (Mount(str(folder), "/data"),)
    lines = ["folders", *[opened("file", to=n) for n in range(10, 110)]]
    lines += [f"in {n} {n + 100} 0" for n in range(10, 110)] + ["list 0 5"]
    with site(code="answers") as other:
        with site(settings(isolation=isolation), code="files", files=files) as served:
            for path in ("/", "/", "/trap", "/"):
                served.fetch(path, method="POST", body="\n".join(lines).encode())
                served.until(lambda: held(folder) <= 1 + kept)
        other.until(lambda: held(folder) == 0)


def test_an_instance_that_leaves_much_open_is_not_used_again(folder: Path) -> None:
    files = (Mount(str(folder), "/data"),)
    serving = settings(isolation="pool", reuse=10_000, open_files=10)
    with site(serving, code="files", files=files) as served:
        for _ in range(6):
            assert said(served, *[opened("file", to=n) for n in range(10, 16)]) == ["ok"] * 6
        assert {cold for _, _, cold in served.meter.outcomes} == {True}


def test_who_writes_too_much_is_ended_by_that_limit(folder: Path) -> None:
    files = (Mount(str(folder), "/data"),)
    with site(settings(disk=10), code="files", files=files) as served:
        made = opened("new", how=CREATE, flags=WRITE)
        assert said(served, made, "write 9 0 0123456789") == ["ok", "wrote 10"]
        for line in ("write 9 0 0123456789a", "size 9 11"):
            body = f"folders\n{made}\n{line}".encode()
            assert served.fetch("/", method="POST", body=body)[0] == 500
        assert [outcome for _, outcome, _ in served.meter.outcomes] == ["ok", "disk", "disk"]
        assert (folder / "new").read_bytes() == b"0123456789"

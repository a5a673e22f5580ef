"""A disk that takes its time holds nobody up but who waits for it, and not longer than allowed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.edge.guest.answering import settings, site
from tests.edge.guest.script import CREATE, WRITE, held, opened, said
from wherever.edge.guest import filing
from wherever.policy.grants import Mount
from wherever.wasi.filesystem import calls


class Disk:
    """A disk that stops at every `sync`, and goes on when it is told to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reached, self.goes_on = threading.Event(), threading.Event()
        self.threads: list[str] = []
        self._do = filing.do
        patch.setattr(filing, "do", self._slowly)

    def _slowly(self, files: Any, call: Any) -> Any:
        self.threads.append(threading.current_thread().name)
        if call.what == calls.SYNC:
            self.reached.set()
            assert self.goes_on.wait(20)
        return self._do(files, call)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(monkeypatch)
    yield made
    made.goes_on.set()


def granted(folder: Path) -> dict[str, Any]:
    return {"code": "files", "files": (Mount(str(folder), "/data"),)}


def test_others_are_served_while_one_waits_for_the_disk(tmp_path: Path, disk: Disk) -> None:
    made = opened("file", how=CREATE, flags=WRITE)
    with site(**granted(tmp_path)) as served:
        found: list[list[str]] = []
        waiting = threading.Thread(
            target=lambda: found.append(said(served, made, "write 9 0 abc", "sync 9", "flags 9"))
        )
        waiting.start()
        assert disk.reached.wait(20)
        assert said(served, "stat-at 0 1 none") == ["error no-entry"]
        disk.goes_on.set()
        waiting.join()
    assert found == [["ok", "wrote 3", "ok", "2"]]
    assert [name.startswith("wherever-files") for name in disk.threads].count(True) == 1


def test_who_waits_too_long_is_ended_and_what_it_had_is_closed(tmp_path: Path, disk: Disk) -> None:
    made = opened("file", how=CREATE, flags=WRITE)
    with site(settings(timeout=0.3), **granted(tmp_path)) as served:
        before = held(tmp_path)
        body = f"folders\n{made}\nsync 9".encode()
        assert served.fetch("/", method="POST", body=body)[0] == 504
        assert [outcome for _, outcome, _ in served.meter.outcomes] == ["timeout"]
        # The disk still has the file: nobody else may be given its number.
        served.until(lambda: held(tmp_path) == before + 1)
        disk.goes_on.set()
        served.until(lambda: held(tmp_path) == before)


def test_an_app_whose_disk_was_slow_uses_it_aside_from_then_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "SLOW_S", 0.0)
    monkeypatch.setattr(filing, "_waits", itertools.count().__next__)
    threads: list[str] = []
    do = filing.do

    def noted(files: Any, call: Any) -> Any:
        threads.append(threading.current_thread().name)
        return do(files, call)

    monkeypatch.setattr(filing, "do", noted)
    (tmp_path / "file").write_text("abc")
    with site(**granted(tmp_path)) as served:
        for _ in range(2):
            assert said(served, opened("file"), "read 9 10 0", "drop 9") == ["ok", "read abc", "ok"]
    assert [name.startswith("wherever-files") for name in threads] == [False, False, *[True] * 8]


def test_a_machine_that_is_busy_is_no_slow_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "SLOW_S", 0.0)
    monkeypatch.setattr(filing, "_waits", lambda: 7)
    (tmp_path / "file").write_text("abc")
    with site(**granted(tmp_path)) as served:
        assert said(served, opened("file"), "read 9 10 0", "drop 9") == ["ok", "read abc", "ok"]
        assert served.apps["app"].slow_until == 0.0


def test_time_that_is_spent_aside_is_the_guests_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filing, "SLOW_S", 0.0)
    monkeypatch.setattr(filing, "_waits", itertools.count().__next__)
    monkeypatch.setattr(filing.time, "thread_time", iter(range(1000)).__next__)
    (tmp_path / "file").write_text("abc")
    with site(settings(cpu_time=2.5), **granted(tmp_path)) as served:
        body = "\n".join(["folders", opened("file"), *["read 9 10 0"] * 20]).encode()
        assert served.fetch("/", method="POST", body=body)[0] == 504
        assert [outcome for _, outcome, _ in served.meter.outcomes] == ["cpu_time"]


def test_guests_leave_half_of_the_descriptors_to_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wherever.wasi.filesystem import entries

    (tmp_path / "file").write_text("abc")
    with site(**granted(tmp_path)) as served:
        monkeypatch.setattr(entries.resource, "getrlimit", lambda _: (8, 8))
        many = [opened("file", to=n) for n in range(10, 16)]
        assert said(served, *many) == [*["ok"] * 4, "error quota", "error quota"]
        assert said(served, opened("file"), "read 9 9 0") == ["ok", "read abc"]
        # A listing has two.
        lists = ["list 0 10", "list 0 11", "list 0 12", "list-drop 10", "list 0 13"]
        assert said(served, *lists) == ["ok", "ok", "error quota", "ok", "ok"]


def test_an_app_that_ends_while_its_disk_is_slow_closes_all_of_it(
    tmp_path: Path, disk: Disk
) -> None:
    made = opened("file", how=CREATE, flags=WRITE)
    with site(settings(timeout=0.2), **granted(tmp_path)) as served:
        before = held(tmp_path)
        served.fetch("/", method="POST", body=f"folders\n{made}\nsync 9".encode())
        served.ask(served.apps["app"].close)
        served.until(lambda: held(tmp_path) == before + 1)
        disk.goes_on.set()
        served.until(lambda: held(tmp_path) < before)

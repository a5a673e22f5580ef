"""The checkup: each part of a machine, well and unwell."""

import os
import resource
from types import SimpleNamespace

import pytest

from wherever.engine import library
from wherever.errors import InternalError
from wherever.run import checkup
from wherever.run.checkup import NOTE, OK, WRONG, Finding, examine


def test_a_part_that_raises_is_a_finding_too(monkeypatch):
    def ours():
        raise InternalError("the layout moved", "reinstall")

    def unforeseen():
        raise ZeroDivisionError("nobody expected this")

    monkeypatch.setattr(checkup, "LOOKS", (ours, unforeseen))
    assert list(examine()) == [
        Finding("ours", WRONG, "the layout moved", "reinstall"),
        Finding("unforeseen", WRONG, "cannot be looked at: nobody expected this"),
    ]


def test_every_part_has_a_name_that_people_know():
    names = [checkup._name(look) for look in checkup.LOOKS]
    assert names == [
        "platform",
        "python",
        "engine",
        "accelerator",
        "cache",
        "programs",
        "pip",
        "npm",
        "memory areas",
        "address space",
        "limits",
        "self-test",
    ]


def test_a_platform_that_nobody_tested(monkeypatch):
    monkeypatch.setattr(library, "machine", lambda: "riscv64")
    found = checkup.platform()
    assert (found.state, found.found) == (NOTE, "linux-riscv64, which nobody has tested yet")


def test_a_folder_that_cannot_be_made(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("WHEREVER_CACHE", str(tmp_path / "file" / "cache"))
    found = checkup.cache()
    assert (found.state, found.found) == (WRONG, f"{tmp_path}/file is not a folder")
    assert found.advice.startswith("remove it, or set WHEREVER_CACHE")


def test_a_folder_that_others_can_write(monkeypatch, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    monkeypatch.setenv("WHEREVER_CACHE", str(tmp_path / "cache"))
    found = checkup.cache()
    assert found == Finding(
        "cache",
        WRONG,
        f"{tmp_path}/cache can be written by others, so it is not used",
        f"chmod go-w {tmp_path}/cache",
    )


def test_a_folder_that_is_not_ours(monkeypatch, tmp_path):
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert "belongs to another user" in checkup.programs().found


def _usage(total: int, free: int) -> SimpleNamespace:
    return SimpleNamespace(total=total, free=free)


def test_a_folder_where_no_files_can_be(monkeypatch, tmp_path):
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path))
    monkeypatch.setattr("shutil.disk_usage", lambda _: _usage(0, 0))
    found = checkup.cache()
    assert (found.state, found.found) == (
        WRONG,
        f"{tmp_path} is no place for files; programs are compiled again on every start",
    )


def test_a_folder_that_cannot_be_written(monkeypatch, tmp_path):
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = checkup.programs()
    assert found.found == f"{tmp_path} cannot be written; programs are not kept"


def test_a_home_without_a_cache(monkeypatch):
    from wherever.engine import cache

    monkeypatch.setattr(cache, "folder", lambda: "")
    assert checkup.cache().state == WRONG


def test_a_full_disk(monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.disk_usage", lambda _: _usage(1 << 30, 1 << 20))
    monkeypatch.setenv("WHEREVER_HOME", str(tmp_path / "home"))
    found = checkup.programs()
    assert (found.state, found.found) == (NOTE, f"{tmp_path}/home, 1 MiB free")


@pytest.mark.parametrize(
    ("limit", "state"), [(4 << 30, WRONG), (16 << 30, NOTE), (resource.RLIM_INFINITY, OK)]
)
def test_too_little_address_space(monkeypatch, limit, state):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    monkeypatch.setattr(checkup, "_read", lambda _: "0")
    assert checkup.addresses().state == state


def test_a_system_that_reserves_nothing(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    monkeypatch.setattr(checkup, "_read", lambda _: "2\n")
    assert checkup.addresses().advice == "sudo sysctl vm.overcommit_memory=0"


@pytest.mark.parametrize(("count", "state"), [("1000", NOTE), ("65530", OK), ("", OK)])
def test_too_few_memory_areas(monkeypatch, count, state):
    monkeypatch.setattr(checkup, "_read", lambda _: count)
    assert checkup.maps().state == state


@pytest.mark.parametrize(
    ("files", "stack", "found"),
    [
        (100, 8 << 20, "100 open files, 8 MiB stack; a guest may want 256 files"),
        (1024, 1 << 20, "1,024 open files, 1 MiB stack; deep guests will end early"),
        (1024, 8 << 20, "1,024 open files, 8 MiB stack"),
        (-1, -1, "any number of open files, endless stack"),
    ],
)
def test_limits_of_the_process(monkeypatch, files, stack, found):
    limits = {resource.RLIMIT_NOFILE: files, resource.RLIMIT_STACK: stack}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (limits[kind],) * 2)
    assert checkup.limits().found == found


def test_what_is_not_installed_is_a_note(monkeypatch):
    monkeypatch.setattr(checkup, "_ask", lambda _: "")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert {look().state for look in (checkup.pip, checkup.npm, checkup.accelerator)} == {NOTE}


def test_asking_a_program_that_is_not_there():
    assert checkup._ask(["no-such-program-anywhere"]) == ""
    assert checkup._ask(["false"]) == ""
    assert checkup._read("/no/such/file") == ""


def test_a_guest_runs_here():
    assert checkup.self_test() == Finding("self-test", OK, "a guest runs")


def test_a_guest_that_does_not_run_is_told_with_its_words(monkeypatch):
    monkeypatch.setattr(checkup, "SELF_TEST", "(module)")
    found = checkup.self_test()
    assert found.state == WRONG
    assert found.found.startswith("a guest does not run (code 126): - is a library")

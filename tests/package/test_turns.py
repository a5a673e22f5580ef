"""Turns between processes: one at a time, and none for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wherever.errors import InputError
from wherever.package.turns import turn

HOLDER = """
import os, sys
from wherever.package.turns import turn
with turn(sys.argv[1], "it", os.O_RDWR | os.O_CREAT):
    print("held", flush=True)
    sys.stdin.read()
"""
FORKER = """
import os, sys
from wherever.package.turns import turn
with turn(sys.argv[1], "it", os.O_RDWR | os.O_CREAT):
    child = os.fork()
    if not child:
        sys.stdin.read()
        os._exit(0)
print("over", flush=True)
os.waitpid(child, 0)
"""
FLAGS = os.O_RDWR | os.O_CREAT


def test_a_turn_ends_with_its_holder_however_that_ends(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with (
            pytest.raises(InputError) as refused,
            turn(path, "it", FLAGS, patience=0.1),
        ):
            pass
        assert str(refused.value) == (
            "another process has been writing to it for 0.1 s; end it, and try again"
        )
        holder.kill()
        with turn(path, "it", FLAGS):
            pass


def test_a_turn_is_over_for_forked_children_too(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", FORKER, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as forker:
        assert forker.stdin is not None and forker.stdout is not None
        assert forker.stdout.readline() == b"over\n"
        with turn(path, "it", FLAGS, patience=0.2):
            pass
        forker.stdin.close()
    assert forker.returncode == 0


def test_a_lock_that_is_a_link_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError), turn(str(tmp_path / "lock"), "it", FLAGS):
        pass
    assert not (tmp_path / "elsewhere").exists()

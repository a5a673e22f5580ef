"""The cache is hurt, and the command goes on: what is kept is made anew, or said in one line."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Guest = Callable[[str, str], Path]
Command = Callable[..., Any]
FINE = (0, "healthy\n", "")


def kept(home: Path) -> list[Path]:
    """The files of native code, the largest first."""
    return sorted(home.rglob("*.cwasm"), key=lambda path: -path.stat().st_size)


def result(ran: Any) -> tuple[int, str, str]:
    return ran.exit_code, ran.stdout, ran.stderr


def flip(path: Path) -> None:
    with open(path, "r+b") as file:
        size = path.stat().st_size
        for at in range(size // 5, size, size // 40 + 1):
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 0x55]))


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def scribble(path: Path) -> None:
    path.write_bytes(b"this is no native code\n" * 100)


def wasm(path: Path) -> None:
    path.write_bytes(b"\0asm\1\0\0\0")


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_link(path: Path) -> None:
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


def replace_by_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def remove(path: Path) -> None:
    path.unlink()


def unreadable(path: Path) -> None:
    path.chmod(0)


def open_to_all(path: Path) -> None:
    path.chmod(0o666)


@pytest.mark.parametrize("kind", ["preview1", "component"])
@pytest.mark.parametrize(
    "harm",
    [
        flip,
        halve,
        empty,
        scribble,
        wasm,
        remove,
        replace_by_folder,
        replace_by_link,
        replace_by_fifo,
        unreadable,
        open_to_all,
    ],
    ids=lambda harm: harm.__name__,
)
def test_a_harmed_entry_is_made_anew(
    harm: Callable[[Path], None], kind: str, guest: Guest, fresh_home: Path, wherever: Command
) -> None:
    program = guest("healthy", kind)
    assert result(wherever("run", program)) == FINE
    for path in kept(fresh_home):
        harm(path)
    for _ in range(2):
        assert result(wherever("run", program)) == FINE
    assert [path for path in kept(fresh_home) if path.is_file() and not path.is_symlink()]


@pytest.mark.parametrize("harm", [flip, halve, empty, scribble], ids=lambda harm: harm.__name__)
def test_harmed_facts_are_made_anew(
    harm: Callable[[Path], None], guest: Guest, fresh_home: Path, wherever: Command
) -> None:
    program = guest("healthy", "preview1")
    assert result(wherever("run", program)) == FINE
    notes = [*fresh_home.rglob("*.facts"), *fresh_home.rglob("memo-*")]
    assert len(notes) > 1
    for path in notes:
        harm(path)
    for _ in range(2):
        assert result(wherever("run", program)) == FINE


def test_the_code_of_another_program_is_not_run(
    guest: Guest, fresh_home: Path, wherever: Command
) -> None:
    good, bad = guest("healthy", "preview1"), guest("recurses", "preview1")
    assert result(wherever("run", good)) == FINE
    mine = kept(fresh_home)[0]
    copy = mine.read_bytes()
    began = time.time() - 0.001
    assert wherever("run", bad).exit_code == 134
    other = next(path for path in kept(fresh_home) if path.stat().st_mtime > began)
    mine.write_bytes(other.read_bytes())
    other.write_bytes(copy)
    assert result(wherever("run", good)) == FINE
    assert wherever("run", bad).exit_code == 134


def test_a_home_that_cannot_be_written_costs_only_time(
    guest: Guest, tmp_path: Path, wherever: Command
) -> None:
    places = {"file": tmp_path / "file", "proc": Path("/proc/nothing/here")}
    places["file"].write_text("not a folder")
    for place in places.values():
        ran = wherever("run", guest("healthy", "preview1"), env={"WHEREVER_HOME": str(place)})
        assert (ran.exit_code, ran.stdout) == (0, "healthy\n")
        assert ran.stderr.count("\n") <= 1
        assert "Traceback" not in ran.stderr


def test_a_full_disk_costs_only_time(
    guest: Guest, fresh_home: Path, wherever: Command, unmeasured: dict[str, str]
) -> None:
    """No file may grow beyond 4 KiB: as on a full disk, writes stop in the middle."""

    def run(limit: int) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "wherever", "run", str(guest("healthy", "component"))],
            capture_output=True,
            env=unmeasured,
            text=True,
            timeout=18,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
        return done.returncode, done.stdout, done.stderr

    for limit in (0, 100, 4096):
        code, out, err = run(limit)
        assert (code, out) in ((0, "healthy\n"), (125, "")), err
        assert all(line.startswith("wherever: ") for line in err.splitlines())
        assert bool(err) or code == 0
    assert result(wherever("run", guest("healthy", "component"))) == FINE
    assert not [path for path in fresh_home.rglob("tmp-*")]


def test_two_commands_that_compile_the_same_file_both_run_it(
    guest: Guest, fresh_home: Path
) -> None:
    program = str(guest("healthy", "component"))
    commands = [
        subprocess.Popen(
            [sys.executable, "-m", "wherever", "run", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    assert [command.communicate(timeout=18) for command in commands] == [("healthy\n", "")] * 4
    assert [command.returncode for command in commands] == [0] * 4
    assert len(kept(fresh_home)) == 1


def test_a_compile_that_was_killed_leaves_nothing_in_the_way(
    fresh_home: Path, tmp_path: Path, wherever: Command
) -> None:
    body = "(i32.mul (i32.add (local.get 0) (i32.const 3)) (local.get 0))"
    many = "".join(
        f"(func $f{n} (param i32) (result i32) {'(local.set 0 ' + body + ')' + body})"
        for n in range(6000)
    )
    program = tmp_path / "large.wat"
    program.write_text(f'(module {many} (memory (export "memory") 1) (func (export "_start")))')
    for delay in (0.15, 0.3, 0.5):
        process = subprocess.Popen(
            [sys.executable, "-m", "wherever", "run", str(program)], start_new_session=True
        )
        try:
            process.wait(timeout=delay)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=18)
        time.sleep(0.05)
    began = time.monotonic()
    assert result(wherever("run", program)) == (0, "", "")
    assert time.monotonic() - began < 15
    assert result(wherever("run", program)) == (0, "", "")

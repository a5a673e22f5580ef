"""Attacks found by reading the code as an enemy would: each worked once."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

import wherever
from wherever.run.api import execute
from wherever.run.request import job_for, program_for

WASI = '(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params}) (result i32)))'


def guest(name: str, params: str, times: int, body: str) -> bytes:
    """A guest that imports one function and does `body` again and again."""
    return f"""(module {WASI.format(name=name, params=params)} (memory (export "memory") 1)
      (func (export "_start") (local $n i32) (loop $again
        {body}
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $n) (i32.const {times}))))))""".encode()


@pytest.mark.parametrize("deterministic", [False, True])
def test_a_sleep_that_the_guard_wrote_itself_is_sliced_too(deterministic: bool) -> None:
    # The answer lies over the question, so that the time of day becomes the kind of the event:
    # sooner or later a clock, where the guest had asked for a file.
    module = guest(
        "poll_oneoff",
        "i32 i32 i32 i32",
        20_000,
        """(i64.store (i32.const 8) (i64.const 1))
           (i64.store (i32.const 16) (i64.const 1))
           (i64.store (i32.const 24) (i64.const 30_000_000_000))
           (drop (call $poll_oneoff
             (i32.const 0) (i32.const 8) (i32.const 1) (i32.const 200)))""",
    )
    began = time.monotonic()
    assert wherever.run(module, timeout=4, deterministic=deterministic).ended == "exited"
    assert time.monotonic() - began < 10


def test_output_in_tiny_parts_takes_no_more_memory_than_in_large_ones() -> None:
    few, many = (
        guest(
            "fd_write",
            "i32 i32 i32 i32",
            times,
            """(i32.store (i32.const 0) (i32.const 1024))
               (i32.store (i32.const 4) (i32.const 2))
               (drop (call $fd_write
                 (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))""",
        )
        for times in (1, 1 << 20)
    )
    assert wherever.run(few).stdout == bytes(2)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert wherever.run(many).stdout == bytes(2 << 20)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 40 << 10  # KiB; it was 70 times the output


def test_a_long_name_is_cut_where_it_is_told() -> None:
    name = "A" * 90_000
    module = f'(module (memory (export "memory") 1) (func ${name} (export "_start") unreachable))'
    (frame,) = wherever.run(module.encode()).backtrace
    assert frame == "A" * 500 + "..."


def test_a_long_import_is_cut_where_it_is_refused() -> None:
    name = "N" * 90_000
    with pytest.raises(wherever.NotRunnable) as caught:
        wherever.run(f'(module (import "{name}" "{name}" (func)))'.encode())
    assert len(str(caught.value)) < 600


def test_a_closed_stream_has_no_number_that_writes() -> None:
    names = {"fd_close": "i32", "fd_write": "i32 i32 i32 i32"}
    imports = " ".join(WASI.format(name=name, params=params) for name, params in names.items())
    module = f"""(module {imports}
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (drop (call $fd_close (i32.const 1)))
        (i32.store (i32.const 4) (i32.const 5))
        (call $exit (call $fd_write (i32.const -1) (i32.const 0) (i32.const 1) (i32.const 64)))))"""
    outcome = wherever.run(module.encode())
    assert (outcome.exit_code, outcome.stdout) == (8, b"")


def test_a_module_whose_clock_cannot_be_replaced_is_not_called_deterministic() -> None:
    module = b"""(module (import "wasi_snapshot_preview1" "random_get"
        (func $random_get (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func $begin (drop (call $random_get (i32.const 0) (i32.const 8))))
      (start $begin) (func (export "_start")))"""
    assert wherever.run(module).ended == "exited"
    with pytest.raises(wherever.InputError) as caught:
        wherever.run(module, deterministic=True)
    assert "the clocks and the random bytes of program.wasm cannot be replaced" in str(caught.value)


def test_a_long_import_of_a_component_is_cut_too() -> None:
    name = "n" * 90_000
    with pytest.raises(wherever.NotRunnable) as caught:
        wherever.run(f'(component (import "a:{name}/b" (instance)))'.encode())
    assert len(str(caught.value)) < 600


def test_what_a_guest_wrote_is_not_kept_after_it() -> None:
    module = guest(
        "fd_write",
        "i32 i32 i32 i32",
        800,
        """(i32.store (i32.const 0) (i32.const 1024))
           (i32.store (i32.const 4) (i32.const 64000))
           (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))""",
    )
    wherever.run(guest("sched_yield", "", 1, ""))
    before = resident()
    assert len(wherever.run(module).stdout) == 51_200_000
    assert resident() - before < 20 << 20


def resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_a_working_folder_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    # Another guest, or anybody who can write there, swaps it between the check and the start.
    (tmp_path / "granted" / "sub").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    reads = guest("sched_yield", "", 1, "")
    program = program_for(reads)
    job = job_for(reads, program, dirs=[f"{tmp_path}/granted:/g"], workdir="/g/sub")
    assert execute(job).ended == "exited"
    (tmp_path / "granted" / "sub").rmdir()
    (tmp_path / "granted" / "sub").symlink_to("../secret")
    with pytest.raises(wherever.InputError) as caught:
        execute(job)
    assert "became a link that leads elsewhere" in str(caught.value)

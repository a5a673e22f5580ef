"""Each call out of the sandbox as a line, and what would grant a refused one."""

from pathlib import Path

import wherever
from tests.wasi.guests import guest, say

OPEN = """(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const {length})
  (i32.const {flags}) (i64.const 0x400040) (i64.const 0) (i32.const 0) (i32.const 900)))"""


def traced(module: bytes, **how: object) -> list[str]:
    lines: list[str] = []
    wherever.run(module, trace=lines.append, **how)  # the line is plain text
    return lines


def test_calls_with_arguments_and_results() -> None:
    body = say(1, 3) + "(drop (call $random_get (i32.const 0) (i32.const 16)))"
    body += "(drop (call $sched_yield)) (call $proc_exit (i32.const 3))"
    lines = traced(guest(body, "random_get", "sched_yield", data="hi\\n"))
    assert lines == [
        "fd_write(1, 'hi\\n') = 3",
        "random_get(16 bytes)",
        "sched_yield()",
        "proc_exit(3)",
    ]


def test_a_refused_call_names_the_grant(tmp_path: Path) -> None:
    module = guest(OPEN.format(length=11, flags=0), "path_open", data="/etc/passwd")
    (line,) = traced(module, dirs=[f"{tmp_path}:/in"])
    assert line.startswith("path_open(3, '/etc/passwd', open) = ")
    assert line.endswith(
        "grant its folder with --dir HOST:GUEST; nothing outside of one can be reached"
    )


def test_writing_where_only_reading_is_granted(tmp_path: Path) -> None:
    module = guest(OPEN.format(length=1, flags=9), "path_open", data="f")
    (line,) = traced(module, dirs=[f"{tmp_path}:/in:ro"])
    assert line.startswith("path_open(3, 'f', create|truncate) = ")
    assert "without :ro" in line


def test_pointers_that_lead_nowhere_are_shown_as_nothing() -> None:
    body = OPEN.replace("(i32.const 1024)", "(i32.const -9)").format(length=0x7FFFFFFF, flags=1)
    (line,) = traced(guest(body, "path_open"))
    assert line.startswith("path_open(3, ''... (2147483647 bytes), create) = ")

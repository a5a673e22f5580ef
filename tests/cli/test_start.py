"""`wherever run`, whole: what the guest gets, what it prints, and how the end is told."""

import base64
import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time

import pytest

from tests.run.guests import GROWS, LOOPS, SLEEPS

WASI = "wasi_snapshot_preview1"

HELLO = f"""
(module
  (import "{WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "hello\\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 6))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""

TELLS = f"""
;; Prints its arguments, a bar, and its environment, as the host laid them out.
(module
  (import "{WASI}" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "{WASI}" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "{WASI}" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "{WASI}" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 64) "|")
  (func $say (param $at i32) (param $size i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $size))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (drop (call $args_get (i32.const 1024) (i32.const 4096)))
    (call $say (i32.const 4096) (i32.load (i32.const 20)))
    (call $say (i32.const 64) (i32.const 1))
    (drop (call $environ_sizes_get (i32.const 24) (i32.const 28)))
    (drop (call $environ_get (i32.const 2048) (i32.const 8192)))
    (call $say (i32.const 8192) (i32.load (i32.const 28)))))
"""

READS = f"""
;; Prints the file "note" of its first folder; exits with the errno if it cannot.
(module
  (import "{WASI}" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "proc_exit" (func $exit (param i32)))
  (import "{WASI}" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "note")
  (func (export "_start")
    (local $errno i32)
    (local.set $errno (call $open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 4)
      (i32.const FLAGS) (i64.const RIGHTS) (i64.const 0) (i32.const 0) (i32.const 32)))
    (if (local.get $errno) (then (call $exit (local.get $errno))))
    (i32.store (i32.const 0) (i32.const 256))
    (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $fd_read (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""
READ = READS.replace("FLAGS", "0").replace("RIGHTS", "2")
CREATE = READS.replace("FLAGS", "9").replace("RIGHTS", "64")

WAITS = f"""
(module
  (import "{WASI}" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 256))
    (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""

DEEP = """
(module
  (memory (export "memory") 1)
  (func $deeper (export "_start") (call $deeper) (call $deeper)))
"""

TRAPS = """
(module
  (func $evil\\1b[31m unreachable)
  (func $middle (call 0))
  (func (export "_start") (call $middle)))
""".replace("$evil\\1b[31m", '$"evil\\1b[31m"')

EXITS = f"""
(module
  (import "{WASI}" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const CODE))))
"""

LIBRARY = """
(module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "mixed") (param f32) (result f32 f64 i64)
    (f32.mul (local.get 0) (f32.const 0.5)) (f64.const 0.1) (i64.const -3))
  (func (export "divide") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "keep") (param externref)))
"""


def told(ran):
    """Arguments and environment that a guest which TELLS was given."""
    args, _, env = ran.stdout.partition("|")
    return args.split("\0")[:-1], sorted(env.split("\0")[:-1])


# ----- what the guest gets


def test_what_it_prints_is_all_that_is_printed(wherever, wat):
    ran = wherever("run", wat(HELLO))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "hello\n", "")


@pytest.mark.parametrize("code", [0, 1, 42, 122, 125, 126, 127, 134, 137, 255])
def test_the_exit_code_is_its_own(wherever, wat, code):
    ran = wherever("run", wat(EXITS.replace("CODE", str(code))))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (code, "", "")


def test_everything_after_what_is_its_own(wherever, wat):
    words = ["--help", "--", "-c", "", "a b", "--memory=1", "日本"]
    ran = wherever("run", "-m64m", wat(TELLS, "tool"), *words)
    assert told(ran) == (["tool.wasm", *words], [])


def test_it_has_no_environment_but_what_is_given(wherever, wat, tmp_path):
    (tmp_path / "vars").write_text("# a comment\n\nFROM_FILE=a=b c\nBOTH=file\nPASSED\n")
    ran = wherever(
        *("run", "-e", "BOTH=option", "--env=EMPTY=", "-ePASSED", "--env-file", tmp_path / "vars"),
        wat(TELLS),
        env={"PASSED": "from here", "SECRET": "x", "TERM": "xterm"},
    )
    assert told(ran)[1] == ["BOTH=option", "EMPTY=", "FROM_FILE=a=b c", "PASSED=from here"]


def test_a_file_of_variables_may_be_one_that_a_shell_reads(wherever, wat, tmp_path):
    (tmp_path / "vars").write_text("export A=1\nB =2\nexport HERE\nexportC=3\n")
    ran = wherever("run", "--env-file", tmp_path / "vars", wat(TELLS), env={"HERE": "x"})
    assert told(ran)[1] == ["A=1", "B=2", "HERE=x", "exportC=3"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("=s3cret", "is not NAME=VALUE; write one variable a line, unquoted"),
        ("KEY: s3cret", "is not NAME=VALUE; write one variable a line, unquoted"),
        ("MY KEY=s3cret", "is not NAME=VALUE; write one variable a line, unquoted"),
        ("A=s3cret\0", "is not NAME=VALUE; write one variable a line, unquoted"),
        (
            "s3cret",
            "is not NAME=VALUE, nor a variable that is set here; write NAME=VALUE there",
        ),
    ],
)
def test_a_file_of_variables_is_not_shown(wherever, wat, tmp_path, line, said):
    (tmp_path / "vars").write_text(f"# mine\nA=1\n{line}\n")
    ran = wherever("run", "--env-file", "vars", wat(TELLS), cwd=tmp_path)
    assert (ran.exit_code, ran.stdout) == (125, "")
    assert ran.stderr == f"wherever: --env-file vars, line 3 {said}\n"


def test_a_terminal_passes_its_name(wherever, wat):
    ran = wherever("run", wat(TELLS), tty=True)
    assert told(ran)[1] == ["TERM=xterm-256color"]
    ran = wherever("run", "-e", "TERM=mine", wat(TELLS), tty=True)
    assert told(ran)[1] == ["TERM=mine"]


def test_a_granted_folder(wherever, wat, tmp_path):
    (tmp_path / "note").write_text("from the host\n")
    for grant in (f"{tmp_path}:/in", f"{tmp_path}:/in:ro", f"{tmp_path}", f"{tmp_path}::ro"):
        ran = wherever("run", "--dir", grant, wat(READ))
        assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "from the host\n", "")
    assert wherever("run", wat(READ)).exit_code != 0


def test_a_folder_for_reading_only_stays_as_it_is(wherever, wat, tmp_path):
    assert wherever("run", "-v", f"{tmp_path}:/in:ro", wat(CREATE)).exit_code != 0
    assert not (tmp_path / "note").exists()
    wherever("run", "-v", f"{tmp_path}:/in", wat(CREATE))
    assert (tmp_path / "note").exists()


def test_the_working_directory_is_inside_a_grant(wherever, wat, tmp_path):
    (tmp_path / "sub").mkdir()
    ran = wherever("run", "--dir", f"{tmp_path}:/in", "-w", "/in/sub", wat(TELLS))
    assert told(ran)[1] == ["PWD=/in/sub"]


def test_a_module_on_stdin_leaves_nothing_there(wherever, wat):
    ran = wherever("run", "-", "x", stdin=wat(TELLS).read_bytes())
    assert told(ran) == (["-", "x"], [])


def test_the_same_bytes_on_every_run(wherever, wat):
    ran = wherever("run", "--deterministic", "--stats", wat(HELLO))
    again = wherever("run", "--deterministic=0", "--stats", wat(HELLO))
    [counted] = [line for line in ran.stderr.splitlines() if "instructions" in line]
    assert counted in again.stderr.splitlines()


# ----- how the end is told


@pytest.mark.parametrize(
    ("options", "guest", "code", "said"),
    [
        (
            ["--timeout", "0.3"],
            LOOPS,
            124,
            "stopped after 0.30 s of its 0.3 s (--timeout); give it more with --timeout 3",
        ),
        (
            ["--timeout=300ms"],
            SLEEPS,
            124,
            "stopped after 0.30 s of its 0.3 s (--timeout); give it more with --timeout 3",
        ),
        (
            ["--fuel", "10k"],
            LOOPS,
            124,
            "stopped after all of its 10,000 instructions (--fuel);"
            " give it more with --fuel 100000",
        ),
        (
            ["-m", "2m"],
            GROWS,
            137,
            "needed more than its 2 MiB of memory (--memory); give it more with --memory 8m",
        ),
        (
            ["--stack", "256k"],
            DEEP,
            134,
            "called too deep for its 256 KiB of stack (--stack); give it more with --stack 1m",
        ),
        (
            ["--max-output", "3"],
            HELLO,
            122,
            "wrote more than its 3 B of output (--max-output); give it more with --max-output 12",
        ),
    ],
)
def test_a_limit_names_itself_and_the_option_that_changes_it(
    wherever, wat, options, guest, code, said
):
    ran = wherever("run", *options, wat(guest, "tool"))
    assert (ran.exit_code, ran.stdout) == (code, "")
    # A busy machine notices the end of a time a little later.
    line = re.sub(r"after 0\.\d\d s", "after 0.30 s", ran.stderr)
    assert line == f"wherever: tool.wasm: {said}\n"


def test_processor_time_is_a_limit_of_its_own(wherever, wat):
    ran = wherever("run", "--cpu-time", "0.2", wat(LOOPS, "tool"))
    assert ran.exit_code == 124
    assert ran.stderr.startswith("wherever: tool.wasm: stopped after 0.")
    assert ran.stderr.endswith(
        "of its 0.2 s of processor time (--cpu-time); give it more with --cpu-time 2\n"
    )


def test_a_trap_shows_the_functions_it_came_from_harmlessly(wherever, wat):
    ran = wherever("run", wat(TRAPS, "tool"))
    assert (ran.exit_code, ran.stdout) == (134, "")
    lines = ran.stderr.splitlines()
    assert lines[0] == (
        "wherever: tool.wasm: stopped by a trap: `unreachable` instruction executed"
    )
    assert lines[1] == "  in evil\\x1b[31m"
    assert lines[2] == "  in middle"
    assert "\x1b" not in ran.stderr


def test_quiet_and_a_normal_end_say_nothing(wherever, wat):
    ran = wherever("run", "-q", wat(HELLO, "quiet"))
    assert (ran.stdout, ran.stderr) == ("hello\n", "")


def test_stats_are_a_table_after_all_else(wherever, wat):
    ran = wherever("run", "--stats", "--timeout", "5", "--fuel=1m", wat(HELLO, "tool"))
    lines = ran.stderr.splitlines()
    assert lines[0] == "wherever: what tool.wasm used"
    found = {line[2:18].strip(): line[18:] for line in lines[1:]}
    assert found["wall time"].endswith(" ms of 5 s")
    assert found["memory"] == "64 KiB of 1 GiB"
    assert found["instructions"].endswith(" of 1,000,000")
    assert "processor time" in found


def test_a_trace_shows_each_call(wherever, wat):
    ran = wherever("run", "--trace", wat(HELLO))
    assert ran.stdout == "hello\n"
    assert "trace: fd_write(1, 'hello\\n') = 6\n" in ran.stderr


# ----- for programs


def test_an_outcome_as_json(wherever, wat):
    ran = wherever("run", "--json", wat(HELLO, "tool"))
    assert (ran.exit_code, ran.stderr) == (0, "")
    found = json.loads(ran.stdout)
    assert found.pop("usage")["output"] == 6
    assert found == {
        "program": "tool.wasm",
        "exit_code": 0,
        "ended": "exited",
        "limit": None,
        "message": "",
        "hint": "",
        "stdout": "hello\n",
        "stderr": "",
        "truncated": False,
        "backtrace": [],
    }


def test_output_that_is_no_text_is_in_base64(wherever, wat):
    ran = wherever("run", "--json", wat(HELLO.replace('"hello\\n"', '"\\ff\\00\\fe123"')))
    found = json.loads(ran.stdout)
    assert base64.b64decode(found["stdout_base64"]) == b"\xff\0\xfe123"
    assert "stdout" not in found and found["stderr"] == ""


def test_a_limit_in_json_names_the_option(wherever, wat):
    ran = wherever("run", "--json", "--timeout", "0.2", wat(LOOPS))
    found = json.loads(ran.stdout)
    assert ran.exit_code == found["exit_code"] == 124
    assert (found["ended"], found["limit"]) == ("limit", "timeout")
    assert found["hint"] == "give it more with --timeout 2"


def test_captured_output_has_a_limit_and_keeps_what_came(wherever, wat):
    ran = wherever("run", "--json", "--max-output", "4", wat(HELLO))
    found = json.loads(ran.stdout)
    assert (found["limit"], found["truncated"], found["stdout"]) == ("output", True, "hell")


# ----- functions


@pytest.mark.parametrize(
    ("words", "code", "out", "said"),
    [
        (["add", "2", "-40"], 0, "-38\n", ""),
        (["add", "0xffffffff", "1"], 0, "0\n", ""),
        (["mixed", "0.3"], 0, "0.15\n0.1\n-3\n", ""),
        (["mixed", "nan"], 0, "nan\n0.1\n-3\n", ""),
        (["ad", "1", "2"], 126, "", "lib.wasm has no function called ad; did you mean add?"),
        (["add", "1"], 125, "", "lib.wasm: add takes 2 arguments, not 1: add(i32, i32) -> i32"),
        (
            ["mixed"],
            125,
            "",
            "lib.wasm: mixed takes 1 argument, not 0: mixed(f32) -> (f32, f64, i64)",
        ),
        (
            ["add", "1", "1.5"],
            125,
            "",
            "lib.wasm: '1.5' is no i32, which add(i32, i32) -> i32 needs",
        ),
        (
            ["add", "1", "4294967296"],
            125,
            "",
            "lib.wasm: '4294967296' is no i32, which add(i32, i32) -> i32 needs",
        ),
        (
            ["keep", "x"],
            126,
            "",
            "lib.wasm: keep(externref) -> () takes or gives externref, which cannot be written as"
            " text; call it from Python, with wherever.load",
        ),
        (["divide", "1", "0"], 134, "", "lib.wasm: stopped by a trap: integer divide by zero"),
    ],
)
def test_a_function_is_called_with_what_it_takes(wherever, wat, words, code, out, said):
    ran = wherever("run", "--invoke", words[0], wat(LIBRARY, "lib"), *words[1:])
    assert (ran.exit_code, ran.stdout) == (code, out)
    assert ran.stderr.split("\n")[0] == (f"wherever: {said}" if said else "")


def test_another_start(wherever, wat):
    module = wat(HELLO.replace('"_start"', '"begin"'), "tool")
    assert wherever("run", "--entrypoint", "begin", module).stdout == "hello\n"
    ran = wherever("run", module)
    assert ran.exit_code == 126
    assert ran.stderr.startswith("wherever: tool.wasm is a library: it has no _start; ")
    ran = wherever("run", "--entrypoint", "begin", "--invoke", "begin", module)
    assert ran.stderr == (
        "wherever: --entrypoint and --invoke both say what to call; use one of them\n"
    )


# ----- what cannot start

HTTP = "wasi:http/incoming-handler@0.2.0"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            '(component (import "wasi:cli/run@0.3.0" (instance)))',
            126,
            "tool.wasm: it is made for WASI 0.3.0 (wasi:cli/run@0.3.0), which the engine cannot"
            " host yet; build it for WASI 0.2",
        ),
        (
            '(module (import "env" "thing" (func)) (func (export "_start")))',
            126,
            "tool.wasm: it imports env.thing () -> (), which nothing here has;"
            " it needs the host it was made for; from Python, give it with wherever.load",
        ),
        (
            f'(component (import "{HTTP}" (instance)))',
            126,
            f"tool.wasm: it imports {HTTP}, which is not in the worlds that can be hosted;"
            " commands of WASI 0.2 and preview 1 run here; see: wherever inspect",
        ),
    ],
)
def test_what_it_needs_and_nobody_has(wherever, wat, text, code, said):
    ran = wherever("run", wat(text, "tool"))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (code, "", f"wherever: {said}\n")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"\0asm\1\0\0\0\7garbage",
            "malformed WebAssembly: the export section announces 103 bytes, 6 are left"
            " (at byte 8); build or copy it again",
        ),
        (b"", "it is empty; build or copy it again"),
        (
            b"\x7fELF\2\1\1",
            "it is a native program for Linux, not WebAssembly; compile its source for"
            " WebAssembly (target wasm32-wasip1), or see: wherever programs",
        ),
    ],
)
def test_a_file_that_is_no_module(wherever, tmp_path, data, said):
    (tmp_path / "tool.wasm").write_bytes(data)
    ran = wherever("run", "tool.wasm", cwd=tmp_path)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (126, "", f"wherever: tool.wasm: {said}\n")


def test_a_truncated_module(wherever, wat, tmp_path):
    whole = wat(HELLO).read_bytes()
    (tmp_path / "cut.wasm").write_bytes(whole[:60])
    ran = wherever("run", "cut.wasm", cwd=tmp_path)
    assert (ran.exit_code, ran.stderr) == (
        126,
        "wherever: cut.wasm: malformed WebAssembly: unexpected end (at byte 60);"
        " build or copy it again\n",
    )


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("missing.wasm", 127, "missing.wasm: there is no such file; check the path"),
        (
            "pyhton",
            127,
            "pyhton: there is no program and no file of that name; did you mean python?",
        ),
        (
            ".",
            126,
            ".: it is a folder, and no package;"
            " wherever new makes one, and wherever build builds source",
        ),
    ],
)
def test_what_is_not_there(wherever, tmp_path, what, code, said):
    ran = wherever("run", what, cwd=tmp_path)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (code, "", f"wherever: {said}\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["-e", "NOT_SET"],
            "--env: the variable NOT_SET is not set here; set it, or write NOT_SET=VALUE",
        ),
        (["-e", "=x"], "--env: '=x' is not a variable; write NAME=VALUE or NAME"),
        (["--env-file", "none"], "--env-file: cannot read none: No such file or directory"),
        (["--dir", "none"], "there is no folder none to grant; make it: mkdir none"),
        (["--dir", ":x"], "':x' is not a folder to grant; write HOST:GUEST or HOST:GUEST:ro"),
        (
            ["--dir", "a:/x", "--dir", "b:/x/"],
            "the guest cannot see both a and b at /x/; give one another path, with --dir b:/other",
        ),
        (
            ["--dir", "file"],
            "file is not a folder, and only folders can be granted; grant the one"
            " it is in, with --dir .",
        ),
        (
            ["-w", "/in"],
            "no granted folder holds the guest's /in; grant one there, with --dir HOST:/in",
        ),
        (["--dir", "a:/in", "-w", "/in/out"], "the guest's /in/out is a link that leads out of a"),
        (["--dir", "a:/in", "-w", "/in/no"], "there is no folder no in a; make it: mkdir -p a/no"),
        (["-m", "lots"], "--memory: 'lots' is not a size; write it like 64m or 1.5g"),
        (["-m", "none"], "--memory always has a limit; give --memory a value"),
        (
            ["--timeout", "0"],
            "--timeout must be more than 0, and '0' is not; write it like 5, 500ms or 2m",
        ),
        (["--fuel", "1.5"], "--fuel: '1.5' is not a whole number; write it like 1000 or 10k"),
        (
            ["--deterministic=x"],
            "--deterministic: 'x' is not a seed; write a whole number below 2 to the power of 64",
        ),
        (["--invoke="], "--invoke needs the name of an export"),
    ],
)
def test_a_value_that_cannot_be_used(wherever, wat, tmp_path, options, said):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "a" / "out").symlink_to(tmp_path / "b")
    ran = wherever("run", *options, wat(HELLO), cwd=tmp_path)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (125, "", f"wherever: {said}\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-m", "lots"], "--memory: 'lots' is not a size; write it like 64m or 1.5g"),
        (
            ["-e", "NOT_SET"],
            "--env: the variable NOT_SET is not set here; set it, or write NOT_SET=VALUE",
        ),
        (["--dir", "none"], "there is no folder none to grant; make it: mkdir none"),
        (
            ["--deterministic=x"],
            "--deterministic: 'x' is not a seed; write a whole number below 2 to the power of 64",
        ),
    ],
)
def test_a_mistake_is_told_before_the_program_is_fetched(
    wherever, fresh_home, tmp_path, options, said
):
    ran = wherever("run", *options, "no-such-program", cwd=tmp_path)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (125, "", f"wherever: {said}\n")


def test_a_folder_cannot_take_the_place_of_the_programs_own(wherever, tmp_path, program_home):
    (tmp_path / "a.py").write_text("#!/usr/bin/micropython\nprint(1)")
    env = {"WHEREVER_HOME": str(program_home)}
    ran = wherever("run", "--dir", ".:/script", "a.py", cwd=tmp_path, env=env)
    assert (ran.exit_code, ran.stdout) == (125, "")
    assert ran.stderr == (
        "wherever: the guest cannot see both the program's own /script and . at /script;"
        " give one another path, with --dir .:/other\n"
    )


# ----- Ctrl-C


def own_terminal():
    """Makes stdin the terminal of a session of its own, so that its Ctrl-C is ours."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize("guest", [LOOPS, SLEEPS, WAITS], ids=["loops", "sleeps", "reads"])
def test_ctrl_c_always_works(wherever, wat, guest):
    wherever("compile", wat(guest))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "wherever", "run", wat(guest)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=own_terminal,
    )
    os.close(theirs)
    time.sleep(1)
    os.write(ours, b"\x03")
    assert process.wait(timeout=10) == 130
    assert os.read(ours, 100) == b"^C"
    os.close(ours)


def test_an_interrupt_during_the_fetch_is_quiet(home):
    process = subprocess.Popen(
        [sys.executable, "-m", "wherever", "run", "/dev/stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    time.sleep(0.5)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, b"", b"")

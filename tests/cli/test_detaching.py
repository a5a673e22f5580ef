"""`wherever run --detach`: a program goes on, is found by its name, and ends as it is told."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import on_a_terminal, scrubbed

Run = Callable[..., Any]

WASI = "wasi_snapshot_preview1"


def says(out: str, err: str, code: int) -> str:
    """A guest that writes to both streams and ends with a code."""
    return f"""
(module
  (import "{WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\20\\00\\00\\00\\{len(out):02x}\\00\\00\\00")
  (data (i32.const 8) "\\60\\00\\00\\00\\{len(err):02x}\\00\\00\\00")
  (data (i32.const 32) "{"".join(f"{chr(92)}{ord(each):02x}" for each in out)}")
  (data (i32.const 96) "{"".join(f"{chr(92)}{ord(each):02x}" for each in err)}")
  (func (export "_start")
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 24)))
    (drop (call $write (i32.const 2) (i32.const 8) (i32.const 1) (i32.const 24)))
    (call $exit (i32.const {code}))))
"""


SPINS = '(module (memory (export "memory") 1) (func (export "_start") (loop $on (br $on))))'

READS = f"""
(module
  (import "{WASI}" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "{WASI}" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\20\\00\\00\\00\\10\\00\\00\\00")
  (func (export "_start")
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $exit (i32.add (i32.const 40) (i32.load (i32.const 8))))))
"""

FLOODS = f"""
(module
  (import "{WASI}" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\20\\00\\00\\00\\00\\20\\00\\00")
  (func (export "_start")
    (memory.fill (i32.const 32) (i32.const 120) (i32.const 8192))
    (loop $on
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 24)))
      (br $on))))
"""


@pytest.fixture
def env(home: Path, tmp_path: Path) -> dict[str, str]:
    return {"WHEREVER_HOME": str(tmp_path / "home"), "WHEREVER_CACHE": str(home / "detached-code")}


@pytest.fixture
def run(wherever: Run, env: dict[str, str], tmp_path: Path) -> Iterator[Run]:
    """The command with a home that has no programs; what runs at the end is stopped."""

    def call(*words: str | Path, **options: Any) -> Any:
        return wherever(*words, env={**env, **options.pop("more", {})}, cwd=tmp_path, **options)

    yield call
    wherever("stop", "--all", env=env)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "home" / "runs"


def about(run: Run, name: str) -> dict[str, Any]:
    """What `ps` knows of a program."""
    known = json.loads(run("ps", "-a", "--json").stdout)
    found: dict[str, Any] = next(each for each in known if each["name"] == name)
    return found


def ended(run: Run, name: str) -> dict[str, Any]:
    """The same, when it has ended."""
    until = time.monotonic() + 15
    while True:
        found = about(run, name)
        if found["state"] in ("ended", "lost"):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.05)


# ----- a program and its end


def test_a_program_goes_on_and_its_end_is_known(run: Run, wat: Callable[..., Path]) -> None:
    ran = run("run", "-d", wat(says("to stdout\n", "to stderr\n", 3), "tool"), "a b")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (
        0,
        "tool\n",
        "wherever: tool goes on in the background, with 1 GiB of memory, 1 GiB written to files,"
        " no limit of wall time\n",
    )
    found = ended(run, "tool")
    assert (found["kind"], found["ended"], found["exit_code"]) == ("program", "exited", 3)
    assert found["command"].endswith("tool.wasm 'a b'")
    assert run("ps").stdout.startswith("nothing runs in the background; ")
    assert re.fullmatch(
        r"NAME  KIND     STATUS    SINCE  PID  WHAT\ntool  program  exited 3  \d+ s +/.*\n",
        run("ps", "-a").stdout,
    )
    logs = run("logs", "tool")
    assert (logs.exit_code, logs.stdout, logs.stderr) == (0, "to stdout\n", "to stderr\n")
    records = [json.loads(line) for line in run("logs", "tool", "--json").stdout.splitlines()]
    assert [(each["stream"], each["text"]) for each in records] == [
        ("stdout", "to stdout"),
        ("stderr", "to stderr"),
    ]


def test_it_is_seen_and_stopped_and_forgotten(run: Run, wat: Callable[..., Path]) -> None:
    told = json.loads(run("run", "-d", "--json", "-m", "64m", wat(SPINS, "spin")).stdout)
    assert (told["name"], told["state"], told["limits"]["memory"]) == ("spin", "running", 64 << 20)
    assert re.search(rf"spin  program  running  \d+ s +{told['pid']} ", run("ps").stdout)
    used = json.loads(run("stats", "--json").stdout)
    assert (used["name"], used["state"], used["memory_limit"]) == ("spin", "running", 64 << 20)
    assert used["cpu_s"] > 0
    assert used["memory"] > 1 << 20
    heads = run("stats", "spin").stdout.splitlines()[0].split()
    assert heads == ["NAME", "STATUS", "TIME", "PROCESSOR", "SHARE", "MEMORY", "OF"]

    assert run("stop").stdout == "stopped spin\n"
    assert not os.path.exists(f"/proc/{told['pid']}")
    assert about(run, "spin")["ended"] == "stopped"
    assert "pid" not in about(run, "spin")
    assert json.loads(run("stats", "spin", "--json").stdout)["share"] is None
    assert run("stop", "spin", "--json").stdout == (
        '{\n  "stopped": [],\n  "forgotten": [\n    "spin"\n  ]\n}\n'
    )
    gone = run("logs", "spin")
    assert (gone.exit_code, gone.stderr) == (
        127,
        "wherever: no server and no program is called spin; see: wherever ps --all\n",
    )


def test_a_limit_ends_it_by_name(run: Run, wat: Callable[..., Path]) -> None:
    ran = run("run", "-d", "--timeout", "100ms", "--name", "short", wat(SPINS, "spin"))
    assert ran.stdout == "short\n"
    assert "0.1 s of wall time" in ran.stderr
    found = ended(run, "short")
    assert (found["limit"], found["exit_code"]) == ("timeout", 124)
    assert found["message"].endswith(" of its 0.1 s (--timeout)")
    assert "  reached --timeout (124)  " in run("ps", "-a").stdout
    assert run("logs", "short").stderr.startswith("wherever: spin.wasm: stopped after ")


def test_a_trap_is_known(run: Run, wat: Callable[..., Path]) -> None:
    text = '(module (memory (export "memory") 1) (func $bad (export "_start") unreachable))'
    assert run("run", "-dq", wat(text, "bad")).stderr == ""
    found = ended(run, "bad")
    assert (found["ended"], found["exit_code"]) == ("trapped", 134)
    assert "in bad" in run("logs", "bad").stderr


def test_it_finds_its_stdin_empty(run: Run, wat: Callable[..., Path]) -> None:
    run("run", "-d", wat(READS, "reads"), stdin=b"not for it")
    assert ended(run, "reads")["exit_code"] == 40


# ----- what cannot start


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothing.wasm"], 127, "nothing.wasm: there is no such file; check the path"),
        (["--timeout", "soon", "a.wasm"], 125, "--timeout: 'soon' is not a time"),
        (["--name", "a b", "a.wasm"], 125, "'a b' cannot be the name of a program; use a-z"),
        (["--name", "../x", "a.wasm"], 125, "'../x' cannot be the name of a program; use a-z"),
        (["-"], 125, "-: a program in the background has no stdin to come from; write it to"),
        (["--invoke-help", "a.wasm"], 125, "--detach and --invoke-help do not go together; leave"),
    ],
)
def test_why_it_did_not_start_is_said_at_once(
    run: Run, runs: Path, words: list[str], code: int, said: str
) -> None:
    ran = run("run", "-d", *words)
    assert (ran.exit_code, ran.stdout) == (code, "")
    assert ran.stderr.startswith(f"wherever: {said}")
    assert not runs.exists() or os.listdir(runs) == []


def test_a_name_alone_is_a_mistake(run: Run) -> None:
    ran = run("run", "--name", "x", "a.wasm")
    assert (ran.exit_code, ran.stderr) == (
        125,
        "wherever: --name is for a program in the background; add --detach\n",
    )


def test_a_home_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = run("run", "-d", "a.wasm", more={"WHEREVER_HOME": str(tmp_path / "file" / "home")})
    assert (ran.exit_code, ran.stdout) == (125, "")
    assert ran.stderr.startswith("wherever: cannot keep files at ")


def test_a_home_may_be_named_from_here(run: Run, wat: Callable[..., Path], runs: Path) -> None:
    tool = wat(says("a\n", "b\n", 0), "tool")
    assert run("run", "-dq", tool, more={"WHEREVER_HOME": "home"}).stdout == "tool\n"
    assert ended(run, "tool")["exit_code"] == 0
    assert (runs / "tool" / "log").exists()


# ----- names


def test_a_name_is_taken_once(run: Run, wat: Callable[..., Path]) -> None:
    spin = wat(SPINS, "spin")
    assert run("run", "-d", spin).stdout == "spin\n"
    ran = run("run", "-d", "--name", "spin", spin)
    assert (ran.exit_code, ran.stderr) == (
        125,
        "wherever: a program called spin is running; wherever stop spin, or give this one another"
        " --name\n",
    )
    ran = run("up", "--name", "spin", "--listen", "127.0.0.1:0", spin)
    assert (ran.exit_code, ran.stderr) == (
        125,
        "wherever: a program called spin is running; wherever stop spin, or give this one another"
        " --name\n",
    )
    assert run("run", "-d", spin).stdout == "spin-2\n"
    ran = run("stop")
    assert (ran.exit_code, ran.stderr) == (
        127,
        "wherever: more than one server or program runs; name one of: spin, spin-2\n",
    )
    assert run("stop", "--all").stdout == "stopped spin\nstopped spin-2\n"
    # A name that was asked for is had again; one that was not is left to what ended.
    assert run("run", "-d", "--name", "spin", spin).stdout == "spin\n"
    assert run("run", "-d", spin).stdout == "spin-3\n"


def test_many_at_the_same_time_have_names_of_their_own(run: Run, wat: Callable[..., Path]) -> None:
    tool = wat(says("a\n", "b\n", 0), "tool")
    with ThreadPoolExecutor(4) as pool:
        names = [each.stdout for each in pool.map(lambda _: run("run", "-dq", tool), range(4))]
    assert sorted(names) == ["tool\n", "tool-2\n", "tool-3\n", "tool-4\n"]


# ----- what it says and leaves


def test_the_log_is_followed_to_its_end(run: Run, wat: Callable[..., Path], env: Any) -> None:
    run("run", "-dq", "--name", "slow", "--timeout", "1", wat(SPINS, "spin"))
    ran = run("logs", "-f", "slow")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr.startswith("wherever: spin.wasm: stopped after ")


def test_a_flood_is_kept_within_its_bound(run: Run, wat: Callable[..., Path], runs: Path) -> None:
    run("run", "-dq", "--max-output", "40m", wat(FLOODS, "floods"))
    assert ended(run, "floods")["limit"] == "output"
    kept = sum(each.stat().st_size for each in (runs / "floods").iterdir())
    assert 8 << 20 < kept < 18 << 20
    assert set(run("logs", "-n", "2", "floods").stdout) == {"x"}


def test_what_a_terminal_could_act_on_is_spelled_out(
    run: Run, wat: Callable[..., Path], env: dict[str, str]
) -> None:
    run("run", "-dq", wat(says("\x1b[2Jred\n", "x", 0), "red"))
    ended(run, "red")
    assert run("logs", "red").stdout == "\x1b[2Jred\n"
    command = [sys.executable, "-m", "wherever", "logs", "red"]
    shown = on_a_terminal(command, scrubbed(env), None, b"", time.monotonic() + 15)
    assert "\\x1b[2Jred\n" in shown.stdout


def test_no_variable_is_written_down(run: Run, wat: Callable[..., Path], runs: Path) -> None:
    secrets = runs.parent.parent / "secrets"
    secrets.write_text("KEY=of-a-file\n")
    words = ["--env", "TOKEN=of-the-command", "--env", "MINE", "--env-file", secrets]
    run("run", "-dq", *words, wat(SPINS, "spin"), more={"MINE": "of-the-shell"})
    run("stop", "spin")
    files = list(runs.rglob("*"))
    assert {each.name for each in files} == {"spin", "lock", "run.json"}
    for each in files:
        if each.is_file():
            assert each.stat().st_mode & 0o777 == 0o600
            assert not re.search(rb"of-a-file|of-the|TOKEN|KEY", each.read_bytes())


def test_nobody_waits_for_it_who_started_it(
    run: Run, wat: Callable[..., Path], env: dict[str, str], tmp_path: Path
) -> None:
    """It has none of the streams and files of who started it, so that a pipe of theirs ends."""
    reader, writer = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-m", "wherever", "run", "-d", "--dir", tmp_path, wat(SPINS, "spin")],
        env=scrubbed(env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[writer],
    ) as process:  # fmt: skip
        os.close(writer)
        said, _ = process.communicate(timeout=15)
    assert said.startswith(b"spin\n")
    assert os.read(reader, 1) == b""
    os.close(reader)
    pid = about(run, "spin")["pid"]
    assert os.getsid(pid) not in (pid, os.getsid(0))
    assert about(run, "spin")["state"] == "running"


def test_a_pipe_that_a_shell_opens_is_read_before_it_starts(
    run: Run, wat: Callable[..., Path], env: dict[str, str], tmp_path: Path
) -> None:
    tool = wat(says("read\n", "x", 7), "tool")
    script = (
        f"{sys.executable} -m wherever run -dq --name piped"
        f" --env-file <(echo KEY=value) <(cat {tool}) | cat"
    )
    done = subprocess.run(
        ["bash", "-c", script], env=scrubbed(env), capture_output=True, timeout=15
    )
    assert (done.stdout, done.stderr) == (b"piped\n", b"")
    assert ended(run, "piped")["exit_code"] == 7
    assert run("logs", "piped").stdout == "read\n"


def test_ctrl_c_before_it_has_begun_leaves_nothing(
    env: dict[str, str], tmp_path: Path, runs: Path
) -> None:
    os.mkfifo(tmp_path / "never.wasm")
    with subprocess.Popen(
        [sys.executable, "-m", "wherever", "run", "-d", tmp_path / "never.wasm"],
        env=scrubbed(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        until = time.monotonic() + 10
        while not list(runs.glob("never/run.json")) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=15) == (b"", b"")
        assert process.returncode == 130
    assert list(runs.iterdir()) == []


# ----- when its keeper is killed


def test_it_ends_with_its_keeper_and_no_stranger_is_signalled(
    run: Run, wat: Callable[..., Path], runs: Path
) -> None:
    run("run", "-dq", wat(SPINS, "spin"))
    file = runs / "spin" / "run.json"
    known = json.loads(file.read_text())
    os.kill(known["keeper"]["pid"], signal.SIGKILL)
    assert ended(run, "spin")["state"] == "lost"
    until = time.monotonic() + 10
    while os.path.exists(f"/proc/{known['pid']}") and time.monotonic() < until:
        time.sleep(0.02)
    assert not os.path.exists(f"/proc/{known['pid']}")
    assert re.search(r"spin  program  lost  ", run("ps", "-a").stdout)
    # Its number is another's by now.
    with subprocess.Popen(["sleep", "60"]) as stranger:
        try:
            known["keeper"]["pid"] = known["guest"]["pid"] = known["pid"] = stranger.pid
            file.write_text(json.dumps(known))
            assert json.loads(run("stats", "spin", "--json").stdout)["cpu_s"] is None
            assert run("stop", "spin").stdout == "forgot spin, which had ended\n"
            assert stranger.poll() is None
        finally:
            stranger.kill()
    assert not (runs / "spin").exists()

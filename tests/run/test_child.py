"""Guests in worker processes: captured, limited, killed; workers kept, and lost, without harm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.run.guests import (
    CAT,
    ENDS,
    FOUR_BYTES,
    KINDS,
    MIB,
    eventually,
    exits,
    has_code,
    hostile,
    job_of,
    says,
    text_of,
)
from wherever.engine.ticker import Watch
from wherever.errors import (
    LIMIT_EXIT_CODES,
    InputError,
    InternalError,
    NotFound,
    NotGranted,
    NotRunnable,
)
from wherever.policy.outcome import Outcome
from wherever.run import child, workers
from wherever.run.job import Job
from wherever.run.words import words

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    """Each test begins and ends without workers."""
    workers.close()
    yield
    workers.close()
    assert not workers._all


def seen(outcome: Outcome) -> tuple[int, str, bytes, bytes]:
    return outcome.exit_code, outcome.ended, outcome.stdout, outcome.stderr


def idle_pids() -> list[int]:
    return [worker.pid for worker in workers._idle]


# ----- what a guest gets and gives


@pytest.mark.parametrize("code", [0, 1, 126, 255])
def test_every_exit_code_is_the_guests_own(code: int) -> None:
    assert seen(child.run(job_of(exits(code)))) == (code, "exited", b"", b"")


@pytest.mark.parametrize("size", [0, 5, 65536, 300_000])
def test_what_it_reads_comes_back(size: int) -> None:
    given = b"x" * size
    assert seen(child.run(job_of(CAT, stdin=given))) == (0, "exited", given, b"")


def test_both_streams_are_captured_apart() -> None:
    assert child.run(job_of(says("out"))).stdout == b"out"
    assert child.run(job_of(says("err", stream=2))).stderr == b"err"
    only = job_of(says("err", stream=2))
    only.stdout = "null"
    assert seen(child.run(only)) == (0, "exited", b"", b"err")


def test_streams_can_be_files_and_relative_paths_are_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").write_bytes(b"from a file")
    (tmp_path / "cat.wat").write_text(CAT)
    job = Job("cat.wat", [b"cat"])
    job.stdin, job.stdout, job.stderr = "in", "out", "null"
    assert child.run(job).ok
    assert (tmp_path / "out").read_bytes() == b"from a file"


def test_folders_are_granted(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    job = job_of(text_of("fills", "preview1"), disk=None, timeout=10)
    job.mounts = [(os.fsencode(tmp_path), b"/", True)]
    # A folder for reading only: the guest cannot make its file, and traps at the first write.
    assert child.run(job).ended == "trapped"
    assert (tmp_path / "file").read_bytes() == b""


def test_what_one_guest_left_unread_is_not_for_the_next() -> None:
    outs = [child.run(job_of(FOUR_BYTES, stdin=text)).stdout for text in (b"AAAABBBB", b"CCCCDDDD")]
    assert outs == [b"AAAA", b"CCCC"]
    through_pipes = []
    for text in (b"AAAABBBB", b"CCCCDDDD"):
        reading, writing = os.pipe()
        os.write(writing, text)
        saved = os.dup(0)
        os.dup2(reading, 0)
        try:
            through_pipes.append(child.run(job_of(FOUR_BYTES, stdin="inherit")).stdout)
        finally:
            os.dup2(saved, 0)
            for fd in (saved, reading, writing):
                os.close(fd)
    assert through_pipes == [b"AAAA", b"CCCC"]
    assert len(idle_pids()) == 1  # all of them in one worker


def test_a_trace_comes_line_by_line() -> None:
    lines: list[str] = []
    child.run(job_of(says("hello"), trace=True), lines.append)
    assert lines == ["fd_write(1, 'hello') = 5"]


def test_a_deterministic_run_counts_the_same_instructions() -> None:
    outcomes = [child.run(job_of(says("x", times=50), deterministic=True)) for _ in range(2)]
    assert outcomes[0].usage.fuel == outcomes[1].usage.fuel
    assert (outcomes[0].usage.fuel or 0) > 500


# ----- refusals


def test_what_cannot_run_is_an_error_here_too(tmp_path: Path) -> None:
    (tmp_path / "not.wasm").write_bytes(b"\x00asm, or so it says")
    (tmp_path / "sock.wat").write_text(
        '(module (import "wasi_snapshot_preview1" "sock_open" (func)) (memory (export "memory") 1)'
        ' (func (export "_start")))'
    )
    with pytest.raises(NotFound, match="No such file"):
        child.run(Job(str(tmp_path / "nowhere.wasm"), [b"x"]))
    with pytest.raises(NotRunnable):
        child.run(Job(str(tmp_path / "not.wasm"), [b"x"]))
    with pytest.raises(NotGranted, match="it wants the network"):
        child.run(Job(str(tmp_path / "sock.wat"), [b"x"]))
    with pytest.raises(InputError, match="cannot be opened"):
        child.run(job_of(CAT, mounts=[(os.fsencode(tmp_path / "nowhere"), b"/", False)]))
    assert len(idle_pids()) == 1


def test_a_refused_run_is_not_watched_any_more() -> None:
    library = job_of('(module (memory (export "memory") 1) (func (export "f")))', timeout=0.1)
    with pytest.raises(NotRunnable):
        child.run(library)
    time.sleep(0.2)
    before = idle_pids()
    assert child.run(job_of(says("fine"))).stdout == b"fine"
    assert idle_pids() == before


# ----- limits


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ENDS)
def test_a_limit_ends_a_guest(name: str, kind: str, tmp_path: Path) -> None:
    job = hostile(name, kind, tmp_path)
    reading, writing = os.pipe()
    saved = os.dup(0)
    if name == "reads":
        job.stdin = "inherit"
        os.dup2(reading, 0)
    try:
        outcome = child.run(job)
    finally:
        os.dup2(saved, 0)
        for fd in (saved, reading, writing):
            os.close(fd)
    limit = ENDS[name]
    assert (outcome.ended, outcome.limit) == ("limit", limit)
    assert outcome.exit_code == LIMIT_EXIT_CODES[limit]
    spent = outcome.usage.wall_s if limit == "timeout" else None
    expected = words("limit", limit, getattr(job, limit), spent, python=True)
    assert (outcome.message, outcome.hint) == expected
    if limit == "timeout":
        assert 0.3 <= outcome.usage.wall_s < 1
    disk = sum(path.stat().st_size for path in tmp_path.iterdir())
    # What the kernel and the gauges let pass between two looks is bounded.
    assert disk <= (16 * MIB if kind == "preview1" else 256 * MIB)


def test_captured_output_is_kept_up_to_the_last_byte_of_its_limit() -> None:
    exact = child.run(job_of(says("0123456789", times=10), output=100))
    assert (exact.ended, exact.stdout, exact.truncated) == ("exited", b"0123456789" * 10, False)
    over = child.run(job_of(says("0123456789", times=10), output=99))
    assert (over.ended, over.limit, over.exit_code) == ("limit", "output", 122)
    assert (over.stdout, over.truncated) == ((b"0123456789" * 10)[:99], True)


def test_a_run_can_be_ended_from_another_thread() -> None:
    watch = Watch()
    threading.Timer(0.2, setattr, (watch, "killed", True)).start()
    outcome = child.run(job_of(text_of("sleeps", "preview1")), None, watch)
    assert (outcome.ended, outcome.exit_code) == ("killed", 143)


# ----- the workers


def test_a_worker_is_kept_after_a_clean_end_and_not_after_a_limit() -> None:
    child.run(job_of(says("one")))
    first = idle_pids()
    child.run(job_of('(module (func (export "_start") (unreachable)))'))
    assert idle_pids() == first
    child.run(job_of(text_of("loops", "preview1"), timeout=0.05))
    assert idle_pids() == []
    child.run(job_of(says("two")))
    assert len(idle_pids()) == 1 and idle_pids() != first


def test_hostile_guests_do_not_disturb_a_healthy_one(tmp_path: Path) -> None:
    outcomes: list[Outcome] = []

    def disturb() -> None:
        names = ("loops", "memory", "floods", "recurses")
        outcomes.extend(child.run(job_of(text_of(name, "preview1"), timeout=0.2)) for name in names)

    beside = threading.Thread(target=disturb)
    beside.start()
    healthy = 0
    while beside.is_alive():
        assert seen(child.run(job_of(says("healthy")))) == (0, "exited", b"healthy", b"")
        healthy += 1
    beside.join()
    assert [outcome.limit for outcome in outcomes] == ["timeout", "memory", "output", "stack"]
    assert healthy > 5


def test_the_host_returns_to_its_level(
    tmp_path: Path, descriptors: Callable[[], int], rss: Callable[[], int]
) -> None:
    jobs = [job_of(says("x")), job_of(text_of("memory", "preview1")), job_of("no module")]
    jobs += [job_of(text_of("floods", kind), timeout=5) for kind in KINDS]

    def go(times: int) -> None:
        for _ in range(times):
            for job in jobs:
                try:
                    child.run(job)
                except NotRunnable:
                    pass
        workers.close()

    go(2)
    files, memory = descriptors(), rss()
    go(5)
    assert descriptors() == files
    assert rss() - memory < 8 * MIB


def test_a_worker_of_another_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    child.run(job_of(says("x")))
    before = idle_pids()
    monkeypatch.setenv("WHEREVER_CACHE_SIZE", "3g")
    child.run(job_of(says("y")))
    assert len(idle_pids()) == 1 and idle_pids() != before


def test_no_more_than_a_few_workers_wait() -> None:
    taken = [workers.take() for _ in range(workers.MOST_IDLE + 2)]
    for worker in taken:
        workers.give(worker)
    assert len(idle_pids()) == workers.MOST_IDLE


def test_a_worker_outlives_the_thread_that_started_it() -> None:
    starter = threading.Thread(target=child.run, args=(job_of(says("x")),))
    starter.start()
    starter.join()
    before = idle_pids()
    time.sleep(0.1)
    assert child.run(job_of(says("y"))).stdout == b"y"
    assert idle_pids() == before


# ----- what goes wrong


def running(name: str = "sleeps") -> tuple[threading.Thread, list[Outcome], int]:
    """A guest that runs in another thread: the thread, where its outcome will be, the process."""
    outcomes: list[Outcome] = []
    job = job_of(text_of(name, "preview1"), name, timeout=10)
    thread = threading.Thread(target=lambda: outcomes.append(child.run(job)))
    thread.start()
    assert eventually(lambda: any(worker not in workers._idle for worker in workers._all))
    pid = next(iter(workers._all)).pid
    # Until it has the guest's code, a worker that ends is replaced, and nobody hears of it.
    assert eventually(lambda: has_code(pid), 20)
    time.sleep(0.3)
    return thread, outcomes, pid


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (signal.SIGKILL, "killed: its process was ended from outside (SIGKILL)"),
        (signal.SIGTERM, "killed: its process was ended from outside (SIGTERM)"),
        (
            signal.SIGABRT,
            "killed: the engine crashed (SIGABRT) in its own process; please report it",
        ),
    ],
)
def test_a_worker_that_dies_is_told_and_replaced(number: int, message: str) -> None:
    thread, outcomes, pid = running()
    os.kill(pid, number)
    thread.join(5)
    assert [(outcome.ended, outcome.message) for outcome in outcomes] == [("killed", message)]
    assert child.run(job_of(says("again"))).stdout == b"again"


def test_want_of_memory_is_named_where_the_system_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread, outcomes, pid = running()
    monkeypatch.setattr(workers, "memory_kills", lambda: 1 << 40)
    os.kill(pid, signal.SIGKILL)
    thread.join(5)
    assert [(outcome.ended, outcome.limit) for outcome in outcomes] == [("limit", "memory")]
    table = tmp_path / "vmstat"
    table.write_text("pgfault 12\noom_kill 3\n")
    monkeypatch.undo()
    assert workers.memory_kills(str(table)) == 3
    assert workers.memory_kills(str(tmp_path / "nowhere")) == 0


def test_a_worker_that_does_not_answer_is_killed_in_time() -> None:
    outcomes: list[Outcome] = []
    job = job_of(text_of("sleeps", "preview1"), timeout=1)
    thread = threading.Thread(target=lambda: outcomes.append(child.run(job)))
    thread.start()
    assert eventually(lambda: bool(workers._all))
    pid = next(iter(workers._all)).pid
    assert eventually(lambda: has_code(pid), 20)
    time.sleep(0.3)
    os.kill(pid, signal.SIGSTOP)
    thread.join(15)
    assert [(outcome.limit, outcome.exit_code) for outcome in outcomes] == [("timeout", 124)]
    assert outcomes[0].usage.wall_s > 1


def test_a_dead_worker_in_waiting_is_not_used() -> None:
    child.run(job_of(says("x")))
    (pid,) = idle_pids()
    os.kill(pid, signal.SIGKILL)
    assert child.run(job_of(says("y"))).stdout == b"y"
    assert idle_pids() != [pid]


PRELUDE = "import os, sys, time, socket; s = socket.socket(fileno=0); "


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("s.recv(9); s.send(b'GARBAGE, and more of it')", "sent a frame b'G'"),
        (
            "s.recv(9); s.send(b'E\\0\\0\\0\\3abc'); time.sleep(9)",
            "sent a frame with too few fields",
        ),
        ("s.recv(9); s.send(b'E\\xff\\0\\0\\3abc'); time.sleep(9)", "sent a frame b'E'"),
        ("s.recv(9); s.send(b'J\\0\\0\\0\\0'); time.sleep(9)", "sent a frame b'J'"),
        ("s.recv(9); os._exit(3)", "ended with code 3 before it began"),
        ("s.recv(9); time.sleep(9)", "did not begin in 0.5 s"),
    ],
)
def test_a_worker_that_talks_nonsense_is_an_error(
    script: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "command", lambda: [sys.executable, "-c", PRELUDE + script])
    monkeypatch.setattr(workers, "START_S", 0.5 if "did not begin" in error else 15)
    with pytest.raises(InternalError) as caught:
        child.run(job_of(says("x"), "hello.wasm"))
    assert error in str(caught.value) and "hello.wasm" in str(caught.value)


def test_a_worker_that_left_idle_is_replaced_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, calls = workers.command, []

    def command() -> list[str]:
        calls.append(1)
        leaving = [sys.executable, "-c", PRELUDE + "time.sleep(0.2); os._exit(77)"]
        return leaving if len(calls) == 1 else real()

    monkeypatch.setattr(workers, "command", command)
    assert child.run(job_of(says("x"))).stdout == b"x"
    assert len(calls) == 2


def test_where_no_process_can_be_started_the_error_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(InputError) as caught:
        child.run(job_of(says("x")))
    assert str(caught.value) == (
        "cannot start a process for the guest: No such file or directory; see: wherever doctor"
    )
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(InputError, match="does not know its own executable"):
        child.run(job_of(says("x")))


def python(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *args],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=15,
    )


def test_where_no_descriptor_is_left_the_error_says_so() -> None:
    done = python(
        """
import resource, os
from tests.run.guests import job_of, says
from wherever.run import child
job = job_of(says("x"))
child.run(job)
child.workers.close()
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 3, 4096))
try:
    child.run(job)
except Exception as error:
    print(type(error).__name__, error)
"""
    )
    assert (done.stdout, done.stderr) == (
        "InputError cannot start a process for the guest: Too many open files;"
        " close files, or allow more of them (ulimit -n)\n",
        "",
    )


def test_a_forked_child_has_workers_of_its_own() -> None:
    done = python(
        """
import os
from tests.run.guests import job_of, says
from wherever.run import child, workers
child.run(job_of(says("x")))
before = [worker.pid for worker in workers._idle]
forked = os.fork()
assert child.run(job_of(says("y"))).stdout == b"y"
mine = [worker.pid for worker in workers._idle]
if forked == 0:
    os._exit(mine == before)
assert mine == before
print(os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]))
assert child.run(job_of(says("z"))).stdout == b"z"
"""
    )
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_workers_end_with_their_owner_even_in_the_middle_of_a_run() -> None:
    done = python(
        """
import os, signal
from tests.run.guests import job_of, says, text_of
from wherever.run import child, workers
from wherever.run.session import Session
child.run(job_of(says("x")))
session = Session(job_of(text_of("waits", "preview1")))
child.run(job_of(says("x")))
print(session.pid, *[worker.pid for worker in workers._idle], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    pids = done.stdout.split()
    assert len(pids) == 2
    assert eventually(lambda: not any(is_running(pid) for pid in pids))


def is_running(pid: str) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_worker_has_nothing_of_its_owner() -> None:
    inherited = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(inherited, True)
    try:
        child.run(job_of(says("x")))
        (pid,) = idle_pids()
        found = Path(f"/proc/{pid}")
        names = {os.readlink(path) for path in (found / "fd").iterdir() if int(path.name) < 4}
        assert names - {"/dev/null"} and all(
            name == "/dev/null" or name.startswith("socket:") for name in names
        )
        assert os.readlink(found / "cwd") == "/"
        environment = (found / "environ").read_bytes().split(b"\0")
        names = {entry.partition(b"=")[0].decode() for entry in environment} - {""}
        assert names <= set(workers.environment()) and "PATH" not in names
        assert (found / "oom_score_adj").read_text() == "1000\n"
        assert os.getsid(pid) == pid
    finally:
        os.close(inherited)


def test_a_worker_that_takes_no_job_is_an_error_and_not_tried_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leaves = [sys.executable, "-I", "-S", "-c", "raise SystemExit(3)"]
    monkeypatch.setattr(workers, "command", lambda: leaves)
    job = job_of(says("x"))
    job.env = [b"LARGE=" + b"x" * (3 << 20)]
    with pytest.raises(InternalError) as caught:
        child.run(job)
    assert "before it" in str(caught.value)


def test_refused_jobs_leave_nothing_behind_in_their_worker(tmp_path: Path) -> None:
    starts = """(module (memory (export "memory") 1)
      (func $begin) (start $begin) (func (export "_start")))"""
    job = job_of(starts)
    job.mounts = [(os.fsencode(tmp_path), b"/", False)]
    job.args = [b"x", b"\xff\0"]
    counts = set()
    for _ in range(6):
        with pytest.raises(InputError):
            child.run(job)
        if workers._idle:
            counts.add(len(os.listdir(f"/proc/{workers._idle[0].pid}/fd")))
    assert len(counts) <= 1


def test_a_limit_of_a_month_is_no_trouble(tmp_path: Path) -> None:
    job = job_of(says("x"))
    job.timeout = job.cpu_time = 60 * 86_400.0
    assert child.run(job).stdout == b"x"


def test_output_that_nobody_keeps_is_counted_all_the_same() -> None:
    job = job_of(says("four"))
    job.stdout = job.stderr = "null"
    job.output = 3
    assert (child.run(job).ended, child.run(job).limit) == ("limit", "output")


def test_processor_time_is_each_runs_own() -> None:
    burns = """(module (memory (export "memory") 1) (func (export "_start") (local $n i32)
      (loop (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $n) (i32.const 900000000))))))"""
    first = child.run(job_of(burns))
    assert first.usage.cpu_s > 0.2
    loops = job_of('(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))')
    watch = Watch()
    watch.killed = True
    killed = child.run(loops, watch=watch)
    assert killed.ended == "killed"
    assert killed.usage.cpu_s < first.usage.cpu_s / 2

"""Compiling happens elsewhere, under limits, once, and whatever goes wrong is put in words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from wherever.engine import cache, keep, spawning
from wherever.engine.settings import Settings
from wherever.errors import InputError, InternalError, NotFound, NotRunnable

SEVEN = '(module (func (export "f") (result i32) i32.const 7))'
SOURCE = str(Path(cache.__file__).parents[2])

CALL = """
import sys
sys.path.insert(0, sys.argv[1])
from wherever.engine import cache
from wherever.engine.settings import Settings
from wherever.errors import WhereverError
try:
    made = cache.artifact(sys.argv[2], Settings.from_key(sys.argv[3]))
    print(made.path)
except WhereverError as error:
    print(type(error).__name__, error)
"""


@pytest.fixture(autouse=True)
def folder(fresh_home, monkeypatch):
    monkeypatch.delenv("WHEREVER_CACHE", raising=False)
    return fresh_home / "cache"


@pytest.fixture
def slow(tmp_path):
    """Write a module that takes seconds to compile, more of them for more functions."""

    def make(functions):
        path = tmp_path / f"slow{functions}.wasm"
        path.write_bytes(big_module(functions))
        return str(path)

    return make


def big_module(functions):
    def leb(number):
        out = bytearray()
        while number >= 128:
            out.append(number & 127 | 128)
            number >>= 7
        return bytes(out) + bytes([number])

    def section(kind, body):
        return bytes([kind]) + leb(len(body)) + body

    # l0 = x + l0 * 7, a thousand times
    code = b"\x00\x20\x00" + b"\x20\x00\x41\x07\x6c\x6a\x22\x00" * 1000 + b"\x0b"
    return (
        b"\0asm\1\0\0\0"
        + section(1, b"\x01\x60\x01\x7f\x01\x7f")
        + section(3, leb(functions) + b"\x00" * functions)
        + section(10, leb(functions) + (leb(len(code)) + code) * functions)
    )


def start(path, key="d", **env):
    return subprocess.Popen(
        [sys.executable, "-c", CALL, SOURCE, path, key],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def compilers_of(pid):
    """The compiling processes below a process."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def has_ended(pid):
    """Whether a process is gone, or at least dead and waiting for somebody to notice."""
    try:
        return Path(f"/proc/{pid}/maps").read_text() == ""
    except OSError:
        return True


def wait_for(what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.01)
    raise AssertionError("it did not happen in time")


def names(folder):
    return sorted(path.name.rsplit(".", 1)[-1] for path in folder.iterdir())


# ----- what cannot be compiled


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(module", "bad: line 1, column 8: expected `)`; mend the text of the module"),
        (
            "(module (func (result i32)))",
            "bad: Invalid input WebAssembly code at offset 24: type mismatch:"
            " expected i32 but nothing on stack",
        ),
        (
            "(module (start 3))",
            "bad: unknown function 3: func index out of bounds (at offset 0xa)",
        ),
        ("hello", "bad: not a WebAssembly module or component: it is text"),
        ("", "bad: not a WebAssembly module or component: it is empty"),
    ],
)
def test_what_is_no_valid_module_is_refused_in_one_line(text, words, folder):
    with pytest.raises(NotRunnable) as caught:
        cache.artifact(text.encode(), Settings(), name="bad")
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)
    assert list(folder.glob("*tmp*")) == []


def test_names_are_safe_to_print():
    with pytest.raises(NotRunnable, match=r"^a\\x1b\[31mb: ") as caught:
        cache.artifact(b"hello", Settings(), name="a\x1b[31mb")
    assert str(caught.value).isprintable()


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("pipe", "not a regular file"), ("", "a folder")):
        with pytest.raises(NotRunnable, match=words):
            cache.artifact(str(tmp_path / name), Settings())
    with pytest.raises(NotFound, match="there is no file"):
        cache.artifact(str(tmp_path / "none.wasm"), Settings())
    with pytest.raises(NotFound, match="there is no file"):
        cache.artifact("/etc/passwd/none.wasm", Settings())


def test_a_file_that_is_too_large_is_not_even_read(tmp_path):
    path = tmp_path / "large.wasm"
    path.touch()
    os.truncate(path, 600 << 20)
    with pytest.raises(InputError, match=r"large.wasm has 600 MiB; at most 512 MiB are compiled$"):
        cache.artifact(str(path), Settings())


def test_a_module_that_only_the_optimising_compiler_takes_is_refused_to_the_other():
    text = b"(module (func $f (param i32) (result i32) (return_call $f (local.get 0))))"
    with pytest.raises(NotRunnable, match="compile it with the optimising compiler"):
        cache.artifact(text, Settings(baseline=True))
    assert cache.artifact(text, Settings()).settings.key == "o"


def test_a_python_that_cannot_be_started_again_is_named(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(InternalError, match="cannot start /no/such/python to compile"):
        cache.artifact(SEVEN.encode(), Settings())


# ----- limits


def test_a_compilation_that_takes_too_long_ends(slow, monkeypatch, folder):
    monkeypatch.setenv("WHEREVER_COMPILE_TIME", "1")
    with pytest.raises(InputError) as caught:
        cache.artifact(slow(900), Settings(deterministic=True), name="slow")
    assert str(caught.value) == (
        "compiling slow takes more than 1 s of processor time;"
        " WHEREVER_COMPILE_TIME=2s would allow more"
    )
    assert not list(folder.glob("tmp-*"))


def test_a_compilation_that_waits_too_long_ends(slow, monkeypatch):
    real = spawning.Child.__init__

    def hurried(self, *args):
        real(self, *args)
        self.wall = 0.1

    monkeypatch.setattr(spawning.Child, "__init__", hurried)
    with pytest.raises(InputError, match=r"compiling slow takes more than 0.1 s"):
        cache.artifact(slow(300), Settings(deterministic=True), name="slow")


@pytest.mark.parametrize("memory", ["30m", "47m"])
def test_a_compilation_that_takes_too_much_memory_ends(slow, monkeypatch, memory):
    monkeypatch.setenv("WHEREVER_COMPILE_MEMORY", memory)
    monkeypatch.setenv("RUST_BACKTRACE", "1")  # a library that looks for words needs memory too
    with pytest.raises(InputError) as caught:
        cache.artifact(slow(600), Settings(deterministic=True), name="slow")
    assert str(caught.value) == (
        f"compiling slow takes more than {memory[:-1]} MiB of memory;"
        f" WHEREVER_COMPILE_MEMORY={2 * int(memory[:-1])}m would allow more"
    )


def test_limits_that_are_none_are_refused(monkeypatch):
    monkeypatch.setenv("WHEREVER_COMPILE_MEMORY", "much")
    with pytest.raises(InputError, match="WHEREVER_COMPILE_MEMORY: 'much' is not a size"):
        cache.artifact(SEVEN.encode(), Settings())


def test_a_line_of_progress_appears_after_a_second_and_goes(slow):
    lines = []
    cache.artifact(slow(250), Settings(deterministic=True), name="slow", report=lines.append)
    if lines:  # a fast machine may need less than a second
        assert lines[0] == "compiling slow (2 MB) ... 1 s"
        assert lines[-1] is None


# ----- killed


def test_a_compiler_that_is_killed_is_told_and_the_next_run_works(slow, folder):
    path = slow(150)
    with start(path) as owner:
        (compiler,) = wait_for(lambda: compilers_of(owner.pid))
        time.sleep(0.1)
        os.kill(compiler, signal.SIGKILL)
        said, errors = owner.communicate()
    assert said.startswith("InputError compiling ")
    assert "was ended by the system, as it does when memory runs out" in said
    assert errors == ""
    assert names(folder) in ([], ["memo"])
    with start(path) as owner:
        assert owner.communicate()[0].endswith(".cwasm\n")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_compiler_ends_with_its_owner(slow, folder, number):
    path = slow(2000)
    with start(path) as owner:
        (compiler,) = wait_for(lambda: compilers_of(owner.pid))
        time.sleep(0.3)
        owner.send_signal(number)
        owner.wait()
    wait_for(lambda: has_ended(compiler))
    assert not list(folder.glob("*.cwasm"))
    if number == signal.SIGINT:
        assert not list(folder.glob("*.lock"))
    small = slow(1)
    with start(small) as owner:
        assert owner.communicate()[0].endswith(".cwasm\n")


def test_two_processes_compile_a_file_once(slow):
    path = slow(120)
    with start(path) as one, start(path) as two:
        began = wait_for(lambda: compilers_of(one.pid) or compilers_of(two.pid))
        other = two if compilers_of(one.pid) == began else one
        time.sleep(0.1)
        assert compilers_of(other.pid) == []
        assert one.communicate() == two.communicate()
    assert other.returncode == 0


def test_threads_compile_a_text_once(folder):
    found = []

    def work():
        found.append(cache.artifact(SEVEN.encode(), Settings()).path)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert names(folder) == ["cwasm", "facts"]


def test_waiting_for_another_process_is_reported(folder, monkeypatch):
    cache.artifact(b"(module)", Settings())
    text = SEVEN.encode()
    lock = keep.Lock(str(folder), cache.entry_name(cache.text_stem(text), Settings()))
    assert lock.take()
    threading.Timer(1.8, lock.release).start()
    lines = []
    cache.artifact(text, Settings(), name="seven", report=lines.append)
    assert lines[0].startswith("waiting for another process to compile seven ... ")
    assert lines[-1] is None


def test_a_fork_after_compiling_compiles_too():
    cache.artifact(SEVEN.encode(), Settings())
    pid = os.fork()
    if pid == 0:
        try:
            cache.artifact(b"(module (memory 1))", Settings())
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0


def test_nothing_is_left_open(descriptors):
    cache.artifact(SEVEN.encode(), Settings())
    before = descriptors()
    for number in range(5):
        cache.artifact(f"(module (memory {number}))".encode(), Settings())
        with pytest.raises(NotRunnable):
            cache.artifact(f"(module {number})".encode(), Settings())
    assert descriptors() == before


# ----- companions


def test_companions_are_compiled_along_and_found_afterwards():
    seen = []

    def companions(facts):
        seen.append(facts["exports"])
        return [b"(module (memory 1))", b"(module (table 1 funcref))"]

    cache.artifact(SEVEN.encode(), Settings(fuel=True), companions=companions)
    assert seen == [[("f", "func", "() -> i32")]]
    for text in (b"(module (memory 1))", b"(module (table 1 funcref))"):
        assert cache.cached_text(text, Settings(fuel=True)).facts["kind"] == "module"


def test_an_error_of_the_one_who_names_companions_ends_the_compiler(folder):
    def companions(facts):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.artifact(SEVEN.encode(), Settings(), companions=companions)
    assert list(folder.iterdir()) == []


# ----- where nothing can be kept


def test_a_folder_that_cannot_be_used_is_told_once_and_stood_in_for(tmp_path, capfd):
    trouble = {
        "a file": lambda path: path.write_bytes(b""),
        "a link": lambda path: path.symlink_to(tmp_path),
        "open to all": lambda path: (path.mkdir(), path.chmod(0o777)),
    }
    words = {
        "a file": "cannot be made (File exists)",
        "a link": "is a link or not a folder",
        "open to all": "(chmod 700 mends that)",
    }
    for kind, make in trouble.items():
        path = tmp_path / kind
        make(path)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("WHEREVER_CACHE", str(path))
            first = cache.artifact(SEVEN.encode(), Settings())
            assert cache.cached_text(SEVEN.encode(), Settings()).path == first.path
            cache.artifact(b"(module)", Settings())
            standing = cache.stand_in.pop(str(path))
            assert first.path.startswith(standing)
        (line,) = capfd.readouterr().err.splitlines()
        assert words[kind] in line
        assert "native code is not kept for the next run" in line


def test_what_stands_in_is_gone_with_the_process(tmp_path, wat):
    path = str(wat(SEVEN))
    for how in ("end", "kill"):
        with start(path, "o", WHEREVER_CACHE="/proc/self/none", TMPDIR=str(tmp_path)) as owner:
            if how == "kill":
                wait_for(
                    lambda: list(tmp_path.glob("wherever-cache-*")) or owner.poll() is not None
                )
                owner.kill()
            said, errors = owner.communicate()
        if how == "end":
            assert said.startswith(str(tmp_path))
            assert errors.startswith("wherever: the cache folder /proc/self/none cannot be made")
        wait_for(lambda: not list(tmp_path.iterdir()))


def test_a_full_disk_is_told_in_one_line(wat, tmp_path, unmeasured):
    code = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n" + CALL
    done = subprocess.run(
        [sys.executable, "-c", code, SOURCE, str(wat(SEVEN)), "o"],
        env={**unmeasured, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("InputError cannot keep native code: /")
    assert "takes no native code (File too large); make room, or name another" in done.stdout
    assert len(done.stderr.splitlines()) == 1


def test_without_a_temporary_folder_either_there_is_one_line(wat, tmp_path):
    code = "import tempfile; tempfile.gettempdir = lambda: open('/none/x')\n" + CALL
    done = subprocess.run(
        [sys.executable, "-c", code, SOURCE, str(wat(SEVEN)), "o"],
        env={**os.environ, "WHEREVER_CACHE": "/proc/self/none"},
        capture_output=True,
        text=True,
    )
    assert "and there is no temporary folder (No such file or directory)" in done.stdout


def test_what_a_folder_holds_serves_even_when_it_cannot_be_written(wat, tmp_path, folder, capfd):
    path = wat(SEVEN)
    made = cache.artifact(str(path), Settings())
    other = tmp_path / "other.wasm"
    other.write_bytes(path.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keep, "problem", lambda path: "the cache folder cannot be written")
        assert cache.artifact(str(other), Settings()).path == made.path
        assert capfd.readouterr().err == ""
        new = cache.artifact(b"(module (memory 3))", Settings())
    standing = cache.stand_in[str(folder)]
    assert new.path.startswith(standing)
    assert cache.artifact(str(other), Settings()).path == made.path
    assert cache.cached_text(b"(module (memory 3))", Settings()).path == new.path
    del cache.stand_in[str(folder)]


def test_running_out_of_descriptors_is_told_in_one_line(wat):
    code = (
        "import resource, os; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
        + CALL.replace("try:", "held = []\nwhile len(held) < 32: held.append(os.dup(0))\ntry:")
    )
    done = subprocess.run(
        [sys.executable, "-c", code, SOURCE, str(wat(SEVEN)), "o"], capture_output=True, text=True
    )
    assert "Too many open files" in done.stdout
    assert done.stdout.startswith(("InputError cannot compile ", "InternalError cannot start "))
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""

"""What of this machine a run depends on: each part looked at, with what to do about it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wherever.errors import WhereverError
from wherever.policy.quantity import format_bytes

OK, NOTE, WRONG = "ok", "note", "wrong"

TESTED = ("linux-x86_64",)
"""Platforms that the tests run on."""

SELF_TEST = """\
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "it runs\\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 8))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, how it is, and what to do about it.

    Attributes:
        part: what was looked at.
        state: "ok", "note" (works, and could be better) or "wrong".
        found: what is there.
        advice: what to do; empty where there is nothing to do.
    """

    part: str
    state: str
    found: str
    advice: str = ""


def examine() -> Iterator[Finding]:
    """Look at every part, the slow ones last."""
    for look in LOOKS:
        try:
            yield look()
        except WhereverError as error:
            yield Finding(_name(look), WRONG, error.what, error.hint)
        except Exception as error:  # a checkup that breaks tells its patient nothing
            yield Finding(_name(look), WRONG, f"cannot be looked at: {error}")


def platform() -> Finding:
    """The system and the processor."""
    from wherever.engine.library import machine

    name = f"{sys.platform}-{machine()}"
    if name in TESTED:
        return Finding("platform", OK, name)
    return Finding("platform", NOTE, f"{name}, which nobody has tested yet", "tell us how it goes")


def python() -> Finding:
    """The Python that runs us."""
    from wherever.version import refuse_free_threading

    refuse_free_threading()
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("python", OK, f"{version}, {sys.executable}")


def engine() -> Finding:
    """The engine's library."""
    from wherever.engine import abi
    from wherever.engine.library import find

    return Finding("engine", OK, f"wasmtime {abi.VERSION}, {find()}")


def accelerator() -> Finding:
    """The optional C parts: for calls from Python, and for the start of the command."""
    from importlib.util import find_spec

    parts = {
        "calls from Python": find_spec("wherever.engine._fast"),
        "starts of the command": find_spec("wherever.engine._front"),
    }
    missing = [what for what, found in parts.items() if found is None]
    if not missing:
        return Finding("accelerator", OK, "built")
    return Finding(
        "accelerator",
        NOTE,
        f"not built; everything works, and {' and '.join(missing)} take longer",
        "install a C compiler, then, in a clone: pip install --force-reinstall --no-deps .",
    )


def cache() -> Finding:
    """The folder of compiled programs."""
    from wherever.engine.cache import folder

    return _folder("cache", folder(), "WHEREVER_CACHE", "compiled again on every start")


def programs() -> Finding:
    """The folder of fetched programs."""
    from wherever.home import folder

    return _folder("programs", folder(), "WHEREVER_HOME", "not kept")


def pip() -> Finding:
    """What fetches programs out of PyPI packages."""
    done = _ask([sys.executable, "-m", "pip", "--version"])
    if done:
        return Finding("pip", OK, " ".join(done.split()[:2]))
    return Finding(
        "pip",
        NOTE,
        "not there; programs from PyPI packages cannot be fetched",
        f"{sys.executable} -m ensurepip",
    )


def npm() -> Finding:
    """What fetches programs out of npm packages."""
    done = _ask(["npm", "--version"])
    if done:
        return Finding("npm", OK, f"npm {done.strip()}")
    return Finding(
        "npm",
        NOTE,
        "not there; programs from npm packages may not be found where a registry needs its set-up",
        "install Node.js, which brings it, if you use such a registry",
    )


def maps() -> Finding:
    """How many memory areas a process may have: three for each guest in it."""
    count = int(_read("/proc/sys/vm/max_map_count") or 0)
    if not count or count >= 65_530:
        return Finding("memory areas", OK, f"{count:,}" if count else "no limit is known")
    return Finding(
        "memory areas",
        NOTE,
        f"{count:,}, enough for about {count // 3:,} guests in one process",
        "sudo sysctl vm.max_map_count=65530",
    )


def addresses() -> Finding:
    """How much address space there is: each guest reserves more than 4 GiB of it."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < 64 << 30:
        state = WRONG if limit < 8 << 30 else NOTE
        what = f"limited to {format_bytes(limit)}; each guest reserves more than 4 GiB"
        return Finding("address space", state, what, "ulimit -v unlimited")
    if _read("/proc/sys/vm/overcommit_memory").strip() == "2":
        return Finding(
            "address space",
            NOTE,
            "the system lets nobody reserve more than it has; large guests may not start",
            "sudo sysctl vm.overcommit_memory=0",
        )
    return Finding("address space", OK, "not limited")


def limits() -> Finding:
    """Open files and stack."""
    import resource

    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    stack = resource.getrlimit(resource.RLIMIT_STACK)[0]
    endless = resource.RLIM_INFINITY
    shown = (
        f"{'any number of' if files == endless else f'{files:,}'} open files, "
        f"{'endless' if stack == endless else format_bytes(stack)} stack"
    )
    if files != endless and files < 512:
        return Finding("limits", NOTE, f"{shown}; a guest may want 256 files", "ulimit -n 1024")
    if stack != endless and stack < 4 << 20:
        return Finding("limits", NOTE, f"{shown}; deep guests will end early", "ulimit -s 8192")
    return Finding("limits", OK, shown)


def self_test() -> Finding:
    """Whether a guest runs here, from its text to its output."""
    import subprocess

    code = f"import sys; sys.path[:] = {sys.path!r}; sys.argv[0] = 'wherever'; "
    code += "from wherever.cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, "run", "--timeout", "30", "-"],
        input=SELF_TEST.encode(),
        capture_output=True,
        timeout=60,
    )
    if done.returncode == 0 and done.stdout == b"it runs\n":
        return Finding("self-test", OK, "a guest runs")
    said = done.stderr.decode("utf-8", "replace").strip().removeprefix("wherever: ")
    return Finding(
        "self-test",
        WRONG,
        f"a guest does not run (code {done.returncode}): {said or 'it said nothing'}",
        "mend what is named above; if all that is fine, report it with: wherever doctor --json",
    )


LOOKS: tuple[Callable[[], Finding], ...] = (
    platform,
    python,
    engine,
    accelerator,
    cache,
    programs,
    pip,
    npm,
    maps,
    addresses,
    limits,
    self_test,
)


def _name(look: Callable[[], Finding]) -> str:
    return {"maps": "memory areas", "addresses": "address space", "self_test": "self-test"}.get(
        look.__name__, look.__name__
    )


def _folder(part: str, path: str, variable: str, otherwise: str) -> Finding:
    from shutil import disk_usage

    advice = f"set {variable} to a folder of your own that can be written"
    if not path:
        return Finding(part, WRONG, f"there is no folder for it; programs are {otherwise}", advice)
    there = path
    while not os.path.lexists(there):
        there = os.path.dirname(there)
    if not os.path.isdir(there):
        return Finding(part, WRONG, f"{there} is not a folder", f"remove it, or {advice}")
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding(part, WRONG, f"{there} cannot be written; programs are {otherwise}", advice)
    if there == path:
        facts = os.stat(path)
        if facts.st_uid != os.geteuid():
            return Finding(
                part, WRONG, f"{path} belongs to another user, so it is not used", advice
            )
        if facts.st_mode & 0o022:
            return Finding(
                part,
                WRONG,
                f"{path} can be written by others, so it is not used",
                f"chmod go-w {path}",
            )
    usage = disk_usage(there)
    if not usage.total:
        return Finding(
            part, WRONG, f"{there} is no place for files; programs are {otherwise}", advice
        )
    free = usage.free
    if free < 256 << 20:
        return Finding(part, NOTE, f"{path}, {format_bytes(free)} free", "make room there")
    state = "" if there == path else ", not made yet"
    return Finding(part, OK, f"{path}{state}, {format_bytes(free)} free")


def _ask(command: list[str]) -> str:
    import subprocess

    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _read(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read(64)
    except OSError:
        return ""

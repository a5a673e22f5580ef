"""What every test stands on: a home of its own, the command, guests from text, leak gauges."""

from __future__ import annotations

import hashlib
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")

# A shell has its background jobs ignore Ctrl-C, and what they start inherits that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Ran:
    """How a run of the command ended; text that was not UTF-8 keeps its bytes as surrogates."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def stdout_bytes(self) -> bytes:
        return self.stdout.encode("utf-8", "surrogateescape")


# ----- homes


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where this session keeps what it compiles and fetches, never the user's own folders."""
    base = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("WHEREVER_")]:
            if name != "WHEREVER_NO_SKIPS":
                patch.delenv(name)
        patch.setenv("WHEREVER_HOME", str(base / "wherever"))
        # What a test compiled in passing is not worth compiling again behind its back.
        patch.setenv("WHEREVER_BACKGROUND", "0")
        for name in ("CACHE", "DATA", "STATE"):
            patch.setenv(f"XDG_{name}_HOME", str(base / name.lower()))
        yield base / "wherever"


@pytest.fixture
def fresh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that nobody has used: nothing compiled, nothing fetched."""
    folder = tmp_path / "fresh-home"
    monkeypatch.setenv("WHEREVER_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def program_home() -> Path:
    """The home of tests that fetch programs: kept in the checkout, so fetched once a machine.

    Give it to a run: `wherever("run", "lua", env={"WHEREVER_HOME": str(program_home)})`.
    """
    folder = ROOT / ".cache" / "programs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


# ----- the command

KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "TMPDIR",
    "WHEREVER_HOME",
    "WHEREVER_BACKGROUND",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
KEPT_PREFIXES = ("XDG_", "PIP_", "NPM_", "npm_", "NODE_EXTRA_", "COVERAGE_", "http", "HTTP")


def scrubbed(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with only what the command may need, and `extra`."""
    return {
        **{k: v for k, v in os.environ.items() if k in KEPT or k.startswith(KEPT_PREFIXES)},
        **(extra or {}),
    }


@pytest.fixture
def unmeasured() -> dict[str, str]:
    """This process's environment, for a child that coverage would disturb: one without room on
    its disk or in its memory, whose streams are compared whole."""
    return {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}


def on_a_terminal(
    command: Sequence[str], env: Mapping[str, str], cwd: Path | None, stdin: bytes, deadline: float
) -> Ran:
    """Run with a terminal for all three streams; what it showed is stdout."""
    ours, theirs = pty.openpty()
    shown = bytearray()
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={"TERM": "xterm-256color", **env},
        cwd=cwd,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            if stdin:
                os.write(ours, stdin)
            while time.monotonic() < deadline:
                if select.select([ours], [], [], 0.1)[0]:
                    try:
                        chunk = os.read(ours, 65536)
                    except OSError:  # Linux says EIO when the last holder has left
                        break
                    if not chunk:
                        break
                    shown += chunk
            code = process.wait(timeout=max(0.1, deadline - time.monotonic()))
        finally:
            process.kill()
            os.close(ours)
    return Ran(code, shown.decode("utf-8", "surrogateescape").replace("\r\n", "\n"), "")


@pytest.fixture
def wherever(home: Path) -> Callable[..., Ran]:
    """Run the command as a user would: a process of its own, with a scrubbed environment."""

    def run(
        *args: str | Path,
        stdin: bytes | str = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        tty: bool = False,
        timeout: float = 18,
    ) -> Ran:
        command = [sys.executable, "-m", "wherever", *map(str, args)]
        given = stdin.encode() if isinstance(stdin, str) else stdin
        if tty:
            deadline = time.monotonic() + timeout
            return on_a_terminal(command, scrubbed(env), cwd, given, deadline)
        done = subprocess.run(
            command, input=given, capture_output=True, env=scrubbed(env), cwd=cwd, timeout=timeout
        )
        return Ran(
            done.returncode,
            done.stdout.decode("utf-8", "surrogateescape"),
            done.stderr.decode("utf-8", "surrogateescape"),
        )

    return run


# ----- guests and gauges


@pytest.fixture(scope="session")
def wat(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Turn the text of a module or component into a .wasm file; the same text, the same file."""
    base = tmp_path_factory.mktemp("wat")

    def make(text: str, name: str = "guest") -> Path:
        folder = base / hashlib.sha256(text.encode()).hexdigest()[:16]
        path = folder / f"{name}.wasm"
        if not path.exists():
            from wasmtime import wat2wasm

            folder.mkdir(exist_ok=True)
            path.write_bytes(wat2wasm(text))
        return path

    return make


@pytest.fixture
def descriptors() -> Callable[[], int]:
    """Count this process's open descriptors."""
    return lambda: len(os.listdir("/proc/self/fd"))


@pytest.fixture
def rss() -> Callable[[], int]:
    """Measure this process's resident memory, in bytes."""

    def measure() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    return measure


# ----- nothing is skipped silently

SKIPPED: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        SKIPPED.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        SKIPPED.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if SKIPPED and (os.environ.get("CI") or os.environ.get("WHEREVER_NO_SKIPS")):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name in SKIPPED:
        terminalreporter.write_line(f"skipped, which make test does not accept: {name}")

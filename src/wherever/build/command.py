"""Running a tool: away from the user's settings, ended with us, its failure in its own words."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from wherever.build import keeper, tools
from wherever.errors import BuildFailed, InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAID_LIMIT = 64 << 10
"""What is kept of what a tool says, in bytes of its end."""

_LINES = 30
_PASSED_ON = ("LANG", "LC_ALL", "LC_CTYPE", "SOURCE_DATE_EPOCH", "SSL_CERT_FILE", "NO_COLOR")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def run(
    argv: Sequence[str | Path],
    *,
    label: str,
    cwd: Path,
    scratch: Path,
    env: Mapping[str, str] | None = None,
    forget: Sequence[tuple[str | Path, str]] = (),
    stdout: bool = False,
) -> str:
    """Runs a tool to its end; what it said: its warnings, or its stdout where that is asked for.

    It sees an environment of its own, with a home in `scratch` and nothing on its PATH. When we
    are interrupted or killed it is ended with everything that it started.

    Args:
        argv: the program and its arguments.
        label: what messages call the tool.
        cwd: where it runs.
        scratch: a folder for its home and temporary files.
        env: variables for it.
        forget: paths that its words may hold, each with what stands for it in messages.
        stdout: return what it wrote to stdout.

    Raises:
        BuildFailed: it failed; the message is its own.
        InternalError: it cannot be started.
    """
    home = scratch / "home"
    home.mkdir(exist_ok=True)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                [os.fspath(word) for word in argv],
                cwd=cwd,
                env=environment(home, scratch, env or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err if stdout else out,
                start_new_session=True,
            )
        except OSError as error:
            raise InternalError(
                f"{label} cannot be started: {error.strerror}",
                f"remove {argv[0]} and build again, which fetches it anew",
            ) from None
        try:
            with keeper.kept(process.pid):
                code = process.wait()
        finally:
            _end(process)
        said = plainly(_tail(err.fileno() if stdout else out.fileno()), (*forget, (scratch, "")))
        if code != 0:
            raise failure(label, code, said)
        if stdout:
            return _whole(out.fileno())
    return said


def environment(home: Path, scratch: Path, more: Mapping[str, str]) -> dict[str, str]:
    """The variables that a tool gets."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    for name in _PROXIES:
        for spelt in (name, name.upper()):
            if spelt in os.environ:
                passed[spelt] = os.environ[spelt]
    return {
        **passed,
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "PATH": str(home / "bin"),  # not there; an empty one would mean the folder it runs in
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        **more,
    }


def operand(name: str) -> str:
    """The path of a file as an argument that no program takes for an option.

    >>> operand("-o.c"), operand("@list.c"), operand("src/main.c")
    ('./-o.c', './@list.c', 'src/main.c')
    """
    return f"./{name}" if name.startswith(("-", "@")) else name


def caches(name: str) -> Path:
    """A folder that a tool may keep things in from one build to the next."""
    path = tools.folder() / "var" / name
    path.mkdir(0o700, parents=True, exist_ok=True)
    return path


def failure(label: str, code: int, said: str) -> BuildFailed:
    """The error for a tool that ended with a code and these words."""
    lines = [line for line in said.splitlines() if line.strip()]
    cut = len(lines) - _LINES
    shown = lines[:_LINES] + ([f"... and {cut} more lines"] if cut > 0 else [])
    how = f"was ended by signal {-code}" if code < 0 else f"failed with code {code}"
    if not shown:
        return BuildFailed(f"{label} {how} and said nothing", "see: wherever doctor")
    return BuildFailed(f"{label} {how}:", said=tuple(shown))


def plainly(said: str, forget: Sequence[tuple[str | Path, str]]) -> str:
    """A tool's words without colours, and with paths as the user knows them."""
    said = _COLOUR.sub("", said)
    for path, name in sorted(forget, key=lambda pair: -len(str(pair[0]))):
        text = str(path)
        if text and text != "/":
            said = said.replace(f"{text}/", f"{name}/" if name else "").replace(text, name or ".")
    return said.strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            pass
        process.wait()


def _tail(handle: int) -> str:
    size = os.fstat(handle).st_size
    data = os.pread(handle, SAID_LIMIT, max(0, size - SAID_LIMIT))
    return data.decode("utf-8", "replace")


def _whole(handle: int) -> str:
    size = os.fstat(handle).st_size
    return os.pread(handle, size, 0).decode("utf-8", "replace")

"""Fetching Python's packages with pip: as wheels of pure Python, and no program is ever started."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

from wherever.build import command, tools
from wherever.build.python import optional
from wherever.errors import BuildFailed, InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from wherever.build.toolchain import Tell

PYTHON = "3.14"
"""The Python that is in the component."""

_REFUSED = "this package would have to be built here"
# Whatever pip builds, it builds in a process of its own, and an option or a wheel that names an
# address may lead there in ways that no option closes.
_PROGRAM = f"""
import sys
STARTS = ("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn",
          "os.startfile", "os.system", "pty.spawn")
def watch(event, args):
    if event in STARTS:
        raise PermissionError({_REFUSED!r})
sys.addaudithook(watch)
sys.path.insert(0, sys.argv.pop(1))
from pip._internal.cli.main import main
sys.exit(main())
"""
_PURE = (
    "--implementation", "py", "--abi", "none", "--platform", "any", "--no-compile",
    "--no-warn-script-location", "--root-user-action", "ignore",
)  # fmt: skip
_COMMON = (
    "--quiet", "--python-version", PYTHON, "--no-input", "--no-cache-dir",
    "--disable-pip-version-check", "--only-binary", ":all:",
)  # fmt: skip
_PASSED_ON = (
    "CERT", "CLIENT_CERT", "CONFIG_FILE", "CONSTRAINT", "DEFAULT_TIMEOUT", "EXTRA_INDEX_URL",
    "FIND_LINKS", "INDEX_URL", "NO_INDEX", "PROXY", "RETRIES", "TIMEOUT", "TRUSTED_HOST",
)  # fmt: skip


def installed(
    lines: Sequence[str], constraints: Sequence[str], target: Path, tell: Tell
) -> Path | None:
    """The folder with these packages, kept from one build to the next; None where there are none.

    Args:
        lines: requirements, each checked to be nothing else.
        constraints: the same, for packages that something else asks for.
        target: a folder to work in.
        tell: called with what is being done.

    Raises:
        InputError: one of them is not there, or is not pure Python.
    """
    if not lines:
        return None
    settings = _settings()
    named = [f"{name}={settings[name]}" for name in sorted(settings)]
    said = "\n".join((PYTHON, *lines, "", *constraints, "", *named))
    key = hashlib.sha256(said.encode()).hexdigest()[:24]
    place = command.caches("python") / key
    if place.is_dir():
        return place
    tell("fetching Python packages")
    made = place.with_name(f".{key}-{os.getpid()}")
    shutil.rmtree(made, ignore_errors=True)
    try:
        _install(lines, constraints, made, target, settings)
        try:
            os.rename(made, place)
        except OSError:
            if not place.is_dir():  # not brought by another build meanwhile
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return place


def _install(
    lines: Sequence[str],
    constraints: Sequence[str],
    made: Path,
    target: Path,
    settings: dict[str, str],
) -> None:
    place = target / "pip"
    place.mkdir()
    words: list[str | Path] = []
    for option, name, texts in (("-r", "requirements", lines), ("-c", "constraints", constraints)):
        listed = target / f"{name}.txt"
        listed.write_text("".join(f"{text}\n" for text in texts), encoding="ascii")
        words += [option, listed] if texts else []
    install = ["install", *_PURE, "--target", made, *_COMMON, *words]
    try:
        _pip(install, place, target, settings)
        return
    except BuildFailed as error:
        failed = error
    hashed = any("--hash" in line for line in (*lines, *constraints))  # those of other files
    if hashed or not optional.may_be_missing("\n".join(failed.said)):
        raise _explained(failed)
    found = _without_code((*lines, *constraints), place, target, settings)
    try:
        _pip([*install, "--find-links", found], place, target, settings)
    except BuildFailed:
        raise _explained(failed) from None


def _without_code(
    lines: Sequence[str], place: Path, target: Path, settings: dict[str, str]
) -> Path:
    """A folder with those packages that can do without their machine code, and are there."""
    fetched, written = target / "fetched", target / "written"
    written.mkdir()
    words: list[str | Path] = [
        "download",
        "--no-deps",
        *optional.PLATFORM,
        "--dest",
        fetched,
        *_COMMON,
    ]
    for each in optional.wanted(lines):
        try:
            _pip([*words, each], place, target, settings)
        except BuildFailed:
            continue
    for wheel in sorted(fetched.glob("*.whl")):
        optional.without_code(wheel, written)
    return written


def _pip(words: Sequence[str | Path], place: Path, target: Path, settings: dict[str, str]) -> None:
    # A name of a package is also that of a file, where there is one: in this folder is none.
    command.run(
        [sys.executable, "-I", "-c", _PROGRAM, tools.tool("pip"), *words],
        label="pip",
        cwd=place,
        scratch=target,
        env=settings,
    )


def _explained(error: BuildFailed) -> InputError:
    said = "\n".join(error.said)
    if _REFUSED in said:
        return InputError(
            "a package that these requirements lead to would have to be built by code of its own",
            "pin another version of the package that asks for it, or take another package",
        )
    found = re.search(r"No matching distribution found for ([^\s;]+)", said)
    if found is None:
        return error
    return InputError(
        f"{found[1]}: the index has no wheel of it in pure Python for Python {PYTHON}",
        "only packages without machine code go into WebAssembly; check the name and the version,"
        " or take another package",
    )


def _settings() -> dict[str, str]:
    """The user's own settings of pip: which index, which certificates."""
    names = (f"PIP_{name}" for name in _PASSED_ON)
    found = {name: os.environ[name] for name in names if name in os.environ}
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    for path in (config, home / ".pip" / "pip.conf"):
        if path.is_file():
            found.setdefault("PIP_CONFIG_FILE", str(path))
    if (home / ".netrc").is_file():
        found["NETRC"] = str(home / ".netrc")
    return found

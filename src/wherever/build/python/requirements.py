"""What a program needs of Python's packages, and fetching it: pure Python only, nothing is run."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path

from wherever.build import command, tools
from wherever.errors import BuildFailed, InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell

PYTHON = "3.14"
"""The Python that is in the component."""

_SCRIPT = re.compile(r"(?m)^# /// script\s*$\s((?:^#(?: .*)?$\s)+?)^# ///\s*$")
_LINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[\w\s,.-]*\])?\s*[^@/:]*(;.*)?")
_NESTED = re.compile(r"(-r|-c|--requirement|--constraint)[ =]\s*(\S+)")
_SETTINGS = ("--index-url", "--extra-index-url", "--hash", "--find-links", "--pre", "-i ")


def wanted(project: Project, missing: list[str]) -> list[str]:
    """The requirements of a project, as lines for pip.

    They stand in the file that `[build] requirements` names, in the main file itself (a block
    `# /// script`), in requirements.txt, or in pyproject.toml. A lone file takes those beside it
    only where it imports something that is not there otherwise.

    Raises:
        InputError: one of them could run code of strangers, or a file is wrong.
    """
    folder = project.folder
    named = project.manifest.build.requirements
    if named:
        return _file(folder / named, folder)
    inline = _inline(project.main)
    if inline is not None:
        return [_checked(line, project.main.name) for line in inline]
    if project.manifest.folder is None and not missing:
        return []
    if (folder / "requirements.txt").is_file():
        return _file(folder / "requirements.txt", folder)
    if (folder / "pyproject.toml").is_file():
        return [_checked(line, "pyproject.toml") for line in _of_project(folder)]
    return []


def installed(lines: list[str], target: Path, project: Project, tell: Tell) -> Path | None:
    """The folder with these packages, kept from one build to the next; None where there are none.

    Raises:
        InputError: one of them is not there, or is not pure Python.
    """
    if not lines:
        return None
    key = hashlib.sha256("\n".join((PYTHON, *lines)).encode()).hexdigest()[:24]
    place = command.caches("python") / key
    if place.is_dir():
        return place
    tell("fetching Python packages")
    listed = target / "requirements.txt"
    listed.write_text("\n".join(lines) + "\n")
    made = place.with_name(f".{key}-{os.getpid()}")
    shutil.rmtree(made, ignore_errors=True)
    try:
        _install(listed, made, target, project)
        try:
            os.rename(made, place)
        except OSError:
            if not place.is_dir():  # not brought by another build meanwhile
                raise
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return place


def _install(listed: Path, made: Path, target: Path, project: Project) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        "from pip._internal.cli.main import main; sys.exit(main())"
    )
    try:
        command.run(
            [
                sys.executable, "-I", "-c", program, tools.tool("pip"), "install", "--quiet",
                "--only-binary", ":all:", "--implementation", "py", "--abi", "none",
                "--platform", "any", "--python-version", PYTHON, "--no-compile", "--no-input",
                "--disable-pip-version-check", "--no-warn-script-location", "--no-cache-dir",
                "--root-user-action", "ignore", "--target", made, "-r", listed,
            ],
            label="pip",
            cwd=project.folder,
            scratch=target,
            env=_settings(),
            forget=[(listed, "requirements"), (project.folder, "")],
        )  # fmt: skip
    except BuildFailed as error:
        raise _explained(error) from None


def _explained(error: BuildFailed) -> InputError:
    said = "\n".join(error.said)
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
    found = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    for name in ("PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "PIP_NO_BINARY"):
        found.pop(name, None)
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    for path in (config, home / ".pip" / "pip.conf"):
        if path.is_file():
            found.setdefault("PIP_CONFIG_FILE", str(path))
    if (home / ".netrc").is_file():
        found["NETRC"] = str(home / ".netrc")
    return found


def _inline(main: Path) -> list[str] | None:
    found = _SCRIPT.search(main.read_text("utf-8", "replace").replace("\r\n", "\n"))
    if found is None:
        return None
    text = "".join(line[2:] or "\n" for line in found[1].splitlines(keepends=True))
    return _list(_toml(text, f"{main.name}, in its block of settings").get("dependencies", []))


def _of_project(folder: Path) -> list[str]:
    settings = _toml((folder / "pyproject.toml").read_text("utf-8", "replace"), "pyproject.toml")
    project = settings.get("project", {})
    return _list(project.get("dependencies", []) if isinstance(project, dict) else [])


def _toml(text: str, where: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where}: {error}") from None


def _list(value: object) -> list[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise InputError("the dependencies of a Python project are a list of texts")


def _file(path: Path, folder: Path, depth: int = 0) -> list[str]:
    shown = os.path.relpath(path, folder)
    if shown.startswith("..") or depth > 9:
        raise InputError(f"{shown} lies outside of the project", "put it into the project's folder")
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeError):
        raise InputError(f"{shown} cannot be read", "check [build] requirements") from None
    found: list[str] = []
    for line in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*$", "", line).strip()
        nested = _NESTED.fullmatch(line)
        if nested:
            found += _file(path.parent / nested[2], folder, depth + 1)
        elif line:
            found.append(_checked(line, shown))
    return found


def _checked(line: str, where: str) -> str:
    if line.startswith(_SETTINGS) and "--no-binary" not in line:
        return line
    bare = re.sub(r"\s--hash[= ]\S+", "", line)
    if _LINE.fullmatch(bare) and not bare.endswith((".whl", ".zip", ".gz")):
        return line
    raise InputError(
        f"{where}: {line[:100]!r} is not taken: only names of packages with versions are, so that"
        " nothing of theirs runs while it is built",
        "write it as NAME==VERSION; your own modules lie in the project's folder",
    )

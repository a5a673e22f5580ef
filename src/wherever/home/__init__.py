"""The data folder: what Wherever keeps between runs, ours alone."""

from __future__ import annotations

import os
import stat

from wherever.errors import InputError


def folder() -> str:
    """The absolute path of the data folder, which need not exist yet.

    `WHEREVER_HOME` names it, or else it is `wherever` under `XDG_DATA_HOME`, or else
    `~/.local/share/wherever`.
    """
    named = os.environ.get("WHEREVER_HOME")
    if named:
        return os.path.abspath(named)
    base = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(base, "wherever")


def room(name: str) -> str:
    """The path of a folder inside the data folder, made if missing and checked to be ours.

    Raises:
        InputError: it cannot be made, is not a folder, is a link, belongs to another user,
            or others may write to it.
    """
    path = os.path.join(folder(), name)
    try:
        os.makedirs(folder(), mode=0o700, exist_ok=True)
        with_made(path)
        for each in (folder(), path):
            _check(each, os.stat(each) if each == folder() else os.lstat(each))
    except OSError as error:
        raise cannot_keep(error) from None
    return path


def own(path: str) -> str:
    """A folder outside of the data folder, made if missing and checked to be ours.

    Raises:
        InputError: as `room`.
    """
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        _check(path, os.stat(path))
    except OSError as error:
        raise cannot_keep(error) from None
    return path


def with_made(path: str) -> str:
    """The same path, where a folder only we can use now stands."""
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    return path


def cannot_keep(error: OSError) -> InputError:
    """Words for a data folder that cannot be written."""
    where = f" at {error.filename}" if error.filename else f" in {folder()}"
    return InputError(
        f"cannot keep files{where}: {error.strerror or error}",
        "make room there, or set WHEREVER_HOME to a folder that can be written",
    )


def _check(path: str, facts: os.stat_result) -> None:
    if not stat.S_ISDIR(facts.st_mode):
        raise InputError(f"{path} is not a folder", "remove it, or set WHEREVER_HOME")
    if facts.st_uid != os.geteuid():
        raise InputError(
            f"{path} belongs to another user, so what it keeps cannot be trusted",
            "set WHEREVER_HOME to a folder of your own",
        )
    if facts.st_mode & 0o022:
        raise InputError(
            f"{path} can be written by others, so what it keeps cannot be trusted",
            f"chmod go-w {path}",
        )

"""A file alone in a folder of its own, so that granting the folder grants nothing beside it."""

from __future__ import annotations

import hashlib
import os
import tempfile

from wherever.engine import cache


def keep_alone(data: bytes, name: str) -> tuple[str, bool]:
    """The folder that holds a file of that name and content, and nothing else.

    It is found again by its content. Where nothing can be kept, the folder is one for this run
    alone, and the second result is True: the caller removes it.

    Example:
        >>> folder, passing = keep_alone(b"print(1)", "one.py")
        >>> os.listdir(folder)
        ['one.py']
    """
    digest = hashlib.sha256(os.fsencode(name) + b"\0" + data).hexdigest()
    place = cache.folder()
    if place:
        scripts = os.path.join(place, "scripts")
        folder = os.path.join(scripts, digest)
        if _holds(folder, name, data) or _make(place, scripts, folder, name, data):
            return folder, False
    folder = tempfile.mkdtemp(prefix="wherever-")
    _write(folder, name, data)
    return folder, True


def _holds(folder: str, name: str, data: bytes) -> bool:
    if not (cache.is_ours(os.path.dirname(folder)) and cache.is_ours(folder)):
        return False
    try:
        if os.listdir(folder) != [name]:
            return False
        handle = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    with open(handle, "rb") as file:
        return file.read(len(data) + 1) == data


def _make(place: str, scripts: str, folder: str, name: str, data: bytes) -> bool:
    try:
        os.makedirs(scripts, mode=0o700, exist_ok=True)
        if not (cache.is_ours(place) and cache.is_ours(scripts)):
            return False
        staging = tempfile.mkdtemp(prefix="new-", dir=scripts)
        _write(staging, name, data)
        try:
            os.rename(staging, folder)
        except OSError:
            if _holds(folder, name, data):  # another process was here first
                _remove(staging)
            else:  # damaged
                os.rename(folder, staging + ".old")
                os.rename(staging, folder)
                _remove(staging + ".old")
    except OSError:
        return False
    return _holds(folder, name, data)


def _write(folder: str, name: str, data: bytes) -> None:
    handle = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with open(handle, "wb") as file:
        file.write(data)


def _remove(folder: str) -> None:
    from shutil import rmtree

    rmtree(folder, ignore_errors=True)

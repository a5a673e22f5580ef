"""The files that a package carries, inside its WebAssembly as the custom section `wherever.files`.

There they are covered by the program's digest, and every tool that takes a `.wasm` takes them
along. What comes out of a stranger's package is checked as a whole before a byte is written.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from wherever.errors import InputError, NotFound
from wherever.package import archive, sections

SECTION = b"wherever.files"
LEFT_OUT = frozenset({"__pycache__", ".git", ".hg", ".svn", ".DS_Store"})
"""What a folder's own tools keep in it, different each day; it is never in a package."""


def embed(wasm: bytes, files: Mapping[str, bytes]) -> bytes:
    """The same module or component with these files in it, and no others.

    Args:
        wasm: a module or component; files that it carries already are replaced.
        files: by their path for the guest, such as "/app/main.py".

    Raises:
        InputError: not WebAssembly, a name that no package may hold, more than 16 MiB.
    """
    for name in files:
        if not name.startswith("/"):
            raise InputError(
                f"the file {archive.shown(name)} of a package has no place for the guest",
                "start its path with a slash",
            )
    content = archive.write({name[1:]: files[name] for name in files}) if files else None
    return sections.replaced(wasm, {SECTION: content}, "the program")


def files(wasm: bytes | str | os.PathLike[str], where: str = "the package") -> dict[str, bytes]:
    """The files that a module or component carries, by their path for the guest.

    Args:
        wasm: its bytes, or the path of its file; of a file only that section is read.
        where: what to call it in messages.

    Raises:
        InputError: not WebAssembly, or the files are not as a package holds them.

    >>> files(embed(b"\\0asm\\1\\0\\0\\0", {"/a": b"hello"}))
    {'/a': b'hello'}
    """
    with _opened(wasm) as stream:
        found = None
        for each in sections.walk(stream, where):
            if each.name == SECTION:
                if found:
                    raise InputError(f"{where} has its files twice")
                found = (each.content, each.end)
        if not found:
            return {}
        if found[1] - found[0] > archive.LIMIT:
            raise InputError(f"{where} holds more than {archive.LIMIT >> 20} MiB of files")
        stream.seek(found[0])
        data = stream.read(found[1] - found[0])
    inside = archive.read(memoryview(data), where)
    return {f"/{name}": bytes(content) for name, content in inside.items()}


def extract(
    wasm: bytes | str | os.PathLike[str],
    target: str | os.PathLike[str],
    where: str = "the package",
) -> list[str]:
    """Writes the files into a folder, as they lie for the guest; their paths for the guest.

    All are checked before the first is written. They are plain files with mode 0644, in
    folders with mode 0755, whatever the package says.

    Args:
        wasm: the program's bytes, or the path of its file.
        target: a folder that is empty or not there yet.
        where: what to call the package in messages.

    Raises:
        InputError: the files are not as a package holds them, or cannot be written.
    """
    found = files(wasm, where)
    base = os.path.abspath(target)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        os.makedirs(base, exist_ok=True)
        if os.path.islink(base) or os.listdir(base):
            raise InputError(f"{base} is not an empty folder", "name a new one")
        made = {base}
        for name, content in found.items():
            folder = os.path.dirname(base + name)
            if folder not in made:
                os.makedirs(folder, mode=0o755, exist_ok=True)
                made.add(folder)
            with os.fdopen(os.open(base + name, flags, 0o644), "wb") as file:
                file.write(content)
    except OSError as error:
        raise InputError(
            f"cannot write the files of {where} at {error.filename or base}:"
            f" {error.strerror or error}",
            "make room there, or name a folder that can be written",
        ) from None
    return list(found)


def collect(folder: str | os.PathLike[str], wishes: Mapping[str, str]) -> dict[str, bytes]:
    """The files that a manifest's `[files]` asks for, ready for `embed`.

    Args:
        folder: the package's folder; nothing outside it is read.
        wishes: the path for the guest, and the file or folder in the package's folder. Of a
            folder everything is taken, but not what `LEFT_OUT` names, nor the package's own
            `build` folder.

    Raises:
        InputError: a path leads out of the folder, something is no plain file, two wishes meet
            in one place, or all are larger than 16 MiB.
        NotFound: there is no such file.
    """
    base = os.path.realpath(folder)
    found: dict[str, bytes] = {}
    left = archive.LIMIT
    for guest, host in wishes.items():
        if os.path.isabs(host) or ".." in Path(host).parts:
            raise InputError(
                f"[files] asks for {host}, which leads out of the package's folder",
                "copy it into the folder",
            )
        begin = os.path.normpath(os.path.join(base, host))
        for path, inner in _plain_files(base, begin):
            name = "/" + "/".join(part for part in (guest.strip("/"), inner) if part)
            if name in found:
                raise InputError(f"[files] asks for two files at {name}")
            if len(found) >= archive.MAX_FILES:
                raise InputError(
                    f"[files] asks for more than {archive.MAX_FILES} files",
                    "leave out what the program does not need",
                )
            content = _content(base, path, left)
            left -= len(content)
            found[name] = content
    archive.check_names({name[1:]: None for name in found}, "[files]")
    return found


def _plain_files(base: str, begin: str) -> Iterator[tuple[str, str]]:
    """Paths of a file or of all in a folder, each with its path inside that."""
    if not os.path.lexists(begin):
        raise NotFound(f"[files] asks for {_inside(base, begin)}, which is not there")
    if not os.path.isdir(begin):
        yield begin, ""
        return
    left = [(begin, "")]
    while left:
        folder, inner = left.pop()
        if not _is_inside(base, os.path.realpath(folder)):
            raise _leaves(base, folder)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            where = _inside(base, folder)
            raise InputError(
                f"cannot read {where}: {error.strerror}", f"chmod u+rx {where}"
            ) from None
        for entry in entries:
            if entry.name in LEFT_OUT or (folder == base and entry.name == "build"):
                continue
            if entry.is_dir(follow_symlinks=False):
                left.append((entry.path, f"{inner}{entry.name}/"))
            else:
                yield entry.path, inner + entry.name


def _content(base: str, path: str, left: int) -> bytes:
    real = os.path.realpath(path)
    if not _is_inside(base, real):
        raise _leaves(base, path)
    try:
        handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        with open(handle, "rb") as file:
            facts = os.fstat(handle)
            if stat.S_ISREG(facts.st_mode):
                content = file.read(left + 1)
                if len(content) <= left:
                    return content
                raise InputError(
                    f"[files] asks for more than {archive.LIMIT >> 20} MiB,"
                    f" with {_inside(base, path)}",
                    "leave out what the program does not need",
                )
    except OSError as error:
        if not os.path.isdir(real):
            raise InputError(f"cannot read {_inside(base, path)}: {error.strerror}") from None
    raise InputError(
        f"[files] asks for {_inside(base, path)}, which is not a plain file",
        "a package holds plain files in folders, and nothing else",
    )


def _leaves(base: str, path: str) -> InputError:
    return InputError(
        f"[files] asks for {_inside(base, path)}, a link that leads out of the package's folder",
        "copy it into the folder",
    )


def _inside(base: str, path: str) -> str:
    return os.path.relpath(path, base)


def _is_inside(base: str, real: str) -> bool:
    return real == base or real.startswith(base.rstrip("/") + "/")


def _opened(wasm: bytes | str | os.PathLike[str]) -> BinaryIO:
    if isinstance(wasm, bytes):
        return io.BytesIO(wasm)
    try:
        return open(wasm, "rb")
    except OSError as error:
        raise NotFound(f"cannot read {os.fspath(wasm)}: {error.strerror}") from None

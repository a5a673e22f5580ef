"""Reading chosen files out of a stranger's archive, and nothing else.

Nothing is unpacked by name: the caller asks for members and says where their bytes go, so
no path inside an archive ever becomes a path on this machine.
"""

from __future__ import annotations

import errno
import os
import stat
import zipfile
import zlib
from typing import IO

from wherever.errors import NotFound, RemoteError
from wherever.store import tarball

MEMBER_LIMIT = 512 << 20
"""The largest member that is read, in bytes."""

DIRECTORY_LIMIT = 16 << 20
"""The largest table of contents that a zip archive may have, in bytes."""


def extract(archive: str, wanted: dict[str, str], *, label: str, limit: int = MEMBER_LIMIT) -> None:
    """Writes each wanted member of a wheel, sdist or npm tarball to the file given for it.

    Args:
        archive: path of a `.whl`, `.zip`, `.tar.gz` or `.tgz`.
        wanted: member path to target path. In tarballs the first folder is left out of the
            member path, as npm and sdists put everything under one.
        label: what to call the archive in messages.
        limit: the most bytes one member may have.

    Raises:
        NotFound: a wanted member is not there.
        RemoteError: the archive is broken, or shaped like an attack.
    """
    try:
        if archive.endswith((".whl", ".zip")):
            names = _from_zip(archive, wanted, label, limit)
        else:
            names = _from_tar(archive, wanted, label, limit)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise RemoteError(f"{label} is not a whole archive: {_short(str(error))}") from None
    except (NotImplementedError, UnicodeError, ValueError, RuntimeError) as error:
        raise RemoteError(f"{label} is not an archive we read: {_short(str(error))}") from None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise RemoteError(f"{label} is not a whole archive: it points outside itself") from None
    for path in wanted:
        if path not in names:
            raise NotFound(f"{label} holds no file {_short(path)}", _offer(names))


def _offer(names: set[str]) -> str:
    found = sorted(name for name in names if name.endswith(".wasm"))
    if not found:
        return "it holds no .wasm file at all"
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return "it holds " + ", ".join(_short(name) for name in found[:5]) + more


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:160])


def _from_zip(archive: str, wanted: dict[str, str], label: str, limit: int) -> set[str]:
    measure_directory(archive, label)
    names: set[str] = set()
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            if member.filename in wanted:
                if member.filename in names:
                    raise RemoteError(f"{label} holds {_short(member.filename)} twice")
                if not is_plain(member) or member.is_dir():
                    raise RemoteError(f"{label}: {_short(member.filename)} is not a plain file")
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise RemoteError(f"{label} is compressed in a way that wheels are not")
                with file.open(member) as source:
                    _copy(source, wanted[member.filename], label, limit)
            names.add(member.filename)
    return names


def is_plain(member: zipfile.ZipInfo) -> bool:
    """Whether a member says of itself that it is a file, and not a link or a device."""
    return stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG)


def measure_directory(archive: str, label: str) -> None:
    """Refuses a table of contents that would fill the memory before a name is seen."""
    with open(archive, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 65_600))
        tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 22:
        raise RemoteError(f"{label} is not a whole archive: it has no end")
    if tail[max(0, end - 20) : end].startswith(b"PK\6\7"):
        raise RemoteError(f"{label} is a zip archive larger than a wheel can be")
    if int.from_bytes(tail[end + 12 : end + 16], "little") > DIRECTORY_LIMIT:
        raise RemoteError(f"{label} lists more files than a wheel can have")


def _from_tar(archive: str, wanted: dict[str, str], label: str, limit: int) -> set[str]:
    names: set[str] = set()
    with open(archive, "rb") as file:
        for member in tarball.members(file, label):
            path = member.name.partition("/")[2]
            if path in wanted:
                if path in names:
                    raise RemoteError(f"{label} holds {_short(path)} twice")
                if not member.is_plain:
                    raise RemoteError(f"{label}: {_short(path)} is not a plain file")
                _copy(member, wanted[path], label, limit)
            names.add(path[:400])
    return names


def _copy(source: IO[bytes] | tarball.Member, target: str, label: str, limit: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    left = limit
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        while block := source.read(1 << 20):
            left -= len(block)
            if left < 0:
                raise RemoteError(f"{label} holds a file of more than {limit >> 20} MiB")
            file.write(block)

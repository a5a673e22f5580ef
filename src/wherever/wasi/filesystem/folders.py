"""The folders that an app is granted: opened once, and known by their descriptors from then on."""

from __future__ import annotations

import os

from wherever.errors import InputError
from wherever.wasi.filesystem.beneath import is_possible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Folder:
    """One folder, open as long as anybody has it.

    Attributes:
        fd: its descriptor.
        name: its path for the guest.
        read_only: nothing below it may be changed.
    """

    __slots__ = ("fd", "name", "read_only")

    def __init__(self, fd: int, name: bytes, read_only: bool) -> None:
        self.fd = fd
        self.name = name
        self.read_only = read_only

    def __del__(self) -> None:
        os.close(self.fd)


class Folders(tuple[Folder, ...]):
    """All folders of an app.

    What is granted is the folder that was at the path when the app was loaded. Where another one
    takes its place, by a link that a guest has made or otherwise, that one is not.
    """

    __slots__ = ()

    @classmethod
    def of(cls, granted: Iterable[tuple[bytes, bytes, bool]], inside: bytes = b"") -> Folders:
        """Opens folders: the host's path, the guest's, and whether nothing may be changed.

        Args:
            inside: the path that was found to lie inside of a granted one, and has to be no link
                now; the guest sees it as `.`.

        Raises:
            InputError: one cannot be opened, or the kernel cannot keep guests inside of it.
        """
        return cls([_open(*each, each[1] == b"." and each[0] == inside) for each in granted])


def _open(host: bytes, guest: bytes, read_only: bool, resolved: bool) -> Folder:
    shown = host.decode("utf-8", "replace")
    try:
        fd = os.open(host, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise InputError(
            f"the folder {shown} cannot be opened for the guest: {error.strerror}",
            "see that it is there and readable",
        ) from None
    folder = Folder(fd, guest, read_only)
    if resolved and os.readlink(b"/proc/self/fd/%d" % fd) != host:
        raise InputError(f"the folder {shown} became a link that leads elsewhere")
    try:
        guest.decode()
    except UnicodeDecodeError:
        raise InputError(f"{guest!r} cannot be a path of the guest", "write it as text") from None
    if not is_possible(fd):
        raise InputError(
            f"the folder {shown} cannot be granted to a handler: this system has no openat2",
            "run Linux 5.6 or newer, and let openat2 through; or serve a program as CGI",
        )
    return folder

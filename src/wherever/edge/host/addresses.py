"""Addresses to listen at: read, checked to be meant, and opened."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import re
import shlex
import socket
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from wherever.errors import InputError

BACKLOG = 4096
"""Connections that may wait to be taken; the system has a bound of its own."""

_LONGEST_PATH = 107
"""Bytes of a socket's path, as the system has it."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens.

    Attributes:
        host: an address of this machine, or empty where `path` is given.
        port: 0 for one that is free.
        path: of a socket in the file system.
        tls: whether TLS is spoken there.
    """

    host: str = ""
    port: int = 0
    path: str = ""
    tls: bool = False

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_public(self) -> bool:
        """Whether others than this machine reach it."""
        return not self.path and not ipaddress.ip_address(self.host).is_loopback

    @property
    def url(self) -> str:
        """What a browser on this machine can open; for a socket, its address."""
        if self.path:
            return str(self)
        here = ipaddress.ip_address(self.host)
        shown = self.host
        if here.is_unspecified:
            shown = "127.0.0.1" if here.version == 4 else "::1"
        return f"{'https' if self.tls else 'http'}://{Address(shown, self.port)}"


def parse(text: str, public: bool = False) -> Address:
    """An address from `HOST:PORT`, `:PORT`, `[::1]:PORT` or `unix:PATH`.

    All but the last can have `https://` before them, where TLS is meant, or `http://`.

    Args:
        public: whether an address that others reach is meant.

    Raises:
        InputError: it is none, or a public one that nobody asked for.

    Example:
        >>> str(parse("localhost:8080"))
        '127.0.0.1:8080'
    """
    scheme, slashes, rest = text.partition("://")
    if slashes and scheme in ("http", "https") and not rest.startswith("unix:"):
        return replace(parse(rest.removesuffix("/"), public), tls=scheme == "https")
    if text.startswith("unix:"):
        path = os.path.abspath(text[5:]) if text[5:] else ""
        if not path or "\0" in path or len(os.fsencode(path)) > _LONGEST_PATH:
            raise InputError(
                f"{text!r} is not the path of a socket",
                f"write unix:/PATH, at most {_LONGEST_PATH} bytes",
            )
        return Address(path=path)
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^:\[\]]*)):([0-9]{1,5})", text)
    if found is None or int(found[3]) > 65535:
        raise InputError(
            f"{text!r} is not an address to listen at",
            "write HOST:PORT, such as 127.0.0.1:8080, https://HOST:PORT, or unix:PATH",
        )
    host = found[1] or found[2] or "0.0.0.0"
    try:
        host = str(ipaddress.ip_address("127.0.0.1" if host == "localhost" else host))
    except ValueError:
        raise InputError(
            f"{text!r}: {host!r} is not an address of this machine",
            "write 127.0.0.1, [::1], or 0.0.0.0 with --public",
        ) from None
    address = Address(host, int(found[3]))
    if address.is_public and not public:
        raise InputError(
            f"{address} is reached from other machines",
            "add --public if that is meant (public = true in a file), or listen at 127.0.0.1",
        )
    return address


def open_one(address: Address, public: bool = False) -> socket.socket:
    """A socket that listens there.

    Args:
        public: whether other users may connect to a socket in the file system.

    Raises:
        InputError: somebody else listens there, or the system refuses; it says who, and why.
    """
    if address.path:
        return _open_path(address, public)
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address.host, address.port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        raise _refused(address, error) from None
    return sock


def bound(address: Address, sock: socket.socket) -> Address:
    """The address with the port that the system chose."""
    return address if address.path else replace(address, port=sock.getsockname()[1])


def _open_path(address: Address, public: bool) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Under a name of its own until it is whole: whoever finds the name can connect.
    fresh = f"{address.path}.{os.getpid()}"
    try:
        _make_room(address)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)
        sock.bind(fresh)
        os.chmod(fresh, 0o666 if public else 0o600)
        sock.listen(BACKLOG)
        sock.setblocking(False)
        os.rename(fresh, address.path)
    except OSError as error:
        sock.close()
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        raise _refused(address, error) from None
    except InputError:
        sock.close()
        raise
    return sock


def _make_room(address: Address) -> None:
    """Sees that nobody listens at a path, and that it holds at most a socket that was left."""
    try:
        mode = os.lstat(address.path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise InputError(
            f"{address.path} is there, and it is no socket", "move it away, or listen elsewhere"
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(2)
        try:
            probe.connect(address.path)
        except ConnectionRefusedError:
            return
        except TimeoutError:
            pass
    raise InputError(f"somebody listens at {address} already", "stop that, or listen elsewhere")


def _refused(address: Address, error: OSError) -> InputError:
    if error.errno == errno.EADDRINUSE:
        holder = holder_of(address.port)
        by = f" by {holder}" if holder else ""
        return InputError(
            f"{address} is in use{by}",
            f"stop that, or choose another: --listen {Address(address.host, 0)} takes a free one",
        )
    if error.errno == errno.EACCES and 0 < address.port < 1024:
        return InputError(
            f"{address}: ports below 1024 are for the system's own", "choose one from 1024 on"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return InputError(f"{address}: this machine has no such address", "see: ip address")
    if error.errno == errno.ENOENT and address.path:
        folder = os.path.dirname(address.path)
        return InputError(
            f"cannot listen at {address}: there is no folder {folder}",
            f"make it first: mkdir -p {shlex.quote(folder)}",
        )
    hint = "choose a path where you may write" if address.path else "choose another address"
    return InputError(f"cannot listen at {address}: {error.strerror or error}", hint)


def holder_of(port: int) -> str:
    """The process that listens at a port, as `NAME (pid 12)`, where we may see it."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == "0A" and int(words[1].rpartition(":")[2], 16) == port:
                    inodes.add(f"socket:[{words[9]}]")
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        with contextlib.suppress(OSError):
            for handle in (process / "fd").iterdir():
                if inodes and os.readlink(handle) in inodes:
                    name = (process / "comm").read_text().strip()
                    return f"{name} (pid {process.name})"
    return ""

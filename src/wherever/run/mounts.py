"""Granted folders, checked: what the host has, and what the guest will see where."""

from __future__ import annotations

import os

from wherever.errors import InputError

Folder = tuple[str, str, bool]
"""The host's folder, the guest's path, and whether it is for reading only."""


def check(folders: list[Folder], taken: list[Folder] | None = None, python: bool = False) -> None:
    """Refuse folders that are not there, and two at one path of the guest.

    Args:
        folders: what the user grants.
        taken: what the program brings itself.
        python: name the argument of `wherever.run` in place of the command's option.

    Raises:
        InputError: which one, and what to write instead.
    """
    seen = {_plain(guest): f"the program's own {guest}" for _, guest, _ in taken or ()}
    for host, guest, _ in folders:
        if not os.path.isdir(host):
            if os.path.lexists(host):
                folder = os.path.dirname(host) or "."
                raise InputError(
                    f"{host} is not a folder, and only folders can be granted",
                    f"grant the one it is in, with {_grant(folder, python)}",
                )
            raise InputError(f"there is no folder {host} to grant", f"make it: mkdir {host}")
        if "\0" in guest:
            raise InputError(f"{guest!r} cannot be a path of the guest")
        known = seen.get(_plain(guest))
        if known is not None:
            raise InputError(
                f"the guest cannot see both {known} and {host} at {guest}",
                f"give one another path, with {_grant(f'{host}:/other', python)}",
            )
        seen[_plain(guest)] = host


def starting_in(workdir: str, folders: list[Folder], python: bool = False) -> Folder:
    """The folder that relative paths of the guest lead into, as one more folder to grant.

    Preview 1 has no current directory: programs look a relative path up in the folder that is
    called `.`, so that is what the working directory becomes.

    Raises:
        InputError: no granted folder holds it, it is not there, or a link leads out of the grant.
    """
    wanted = _plain(workdir)
    best: tuple[int, Folder] | None = None
    for folder in folders:
        path = _plain(folder[1])
        inside = wanted == path or path == "/" or wanted.startswith(f"{path}/")
        if inside and (best is None or len(path) > best[0]):
            best = (len(path), folder)
    if best is None or ".." in workdir.split("/"):
        raise InputError(
            f"no granted folder holds the guest's {workdir}",
            f"grant one there, with {_grant(f'HOST:{workdir}', python)}",
        )
    host, guest, read_only = best[1]
    rest = wanted[len(_plain(guest)) :].strip("/")
    root = os.path.realpath(host)
    found = os.path.realpath(os.path.join(root, rest))
    if found != root and not found.startswith(root.rstrip("/") + "/"):
        raise InputError(f"the guest's {workdir} is a link that leads out of {host}")
    if not os.path.isdir(found):
        raise InputError(
            f"there is no folder {rest} in {host}", f"make it: mkdir -p {os.path.join(host, rest)}"
        )
    return found, ".", read_only


def _grant(text: str, python: bool) -> str:
    return f"dirs=[{text!r}]" if python else f"--dir {text}"


def _plain(guest: str) -> str:
    return "/" + "/".join(part for part in guest.split("/") if part not in ("", "."))

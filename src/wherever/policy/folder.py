"""A folder to grant, as people write it."""

from __future__ import annotations

from wherever.errors import InputError


def parse_folder(text: str) -> tuple[str, str, bool]:
    """The host's folder, the guest's path and whether it is for reading only.

    The text is `HOST`, `HOST:GUEST`, `HOST:GUEST:ro` or `HOST::ro`. A folder without a guest
    path is seen under the path it was given with.

    Raises:
        InputError: the text is not one of these.

    Example:
        >>> parse_folder("photos:/in:ro")
        ('photos', '/in', True)
    """
    host, _, rest = text.partition(":")
    guest, _, mode = rest.partition(":")
    if host and guest in ("ro", "rw") and not mode:
        raise InputError(
            f"{text!r} could mean two things",
            f"write {host}::{guest}, or {host}:/{guest} for a folder of that name",
        )
    if not host or mode not in ("", "ro", "rw") or "\0" in text:
        raise InputError(f"{text!r} is not a folder to grant", "write HOST:GUEST or HOST:GUEST:ro")
    return host, guest or host, mode == "ro"

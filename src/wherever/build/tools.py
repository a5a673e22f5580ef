"""Tools on this machine: fetched once, checked, unpacked whole, and kept beside no one else's.

A tool's folder is named by its version and by the digests of what it was made of; it appears whole
or not at all, and works offline from then on. Nothing is installed into anybody's environment.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
from pathlib import Path

from wherever import home
from wherever.build.pins import PINS, Archive, Pin
from wherever.errors import InputError, RemoteError
from wherever.store import source
from wherever.store.progress import Bar
from wherever.store.unpack import unpack

_LEFT_S = 86_400

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.store.progress import Progress


def tool(name: str, progress: Progress | None = None) -> Path:
    """The folder of a tool, fetched first where it is not kept yet.

    Args:
        name: one of `PINS`.
        progress: called while bytes come; by default a bar on a terminal.

    Raises:
        InputError: there is no such tool for this platform, or it cannot be kept.
        RemoteError: it could not be fetched, or is not what was promised.
    """
    pin = PINS[name]
    found = kept(name)
    return found if found is not None else _bring(pin, progress)


def kept(name: str) -> Path | None:
    """The folder of a tool that is on this machine already."""
    path = _place(PINS[name])
    return path if path.is_dir() else None


def folder() -> Path:
    """The folder of all tools: in the data folder, or where `WHEREVER_TOOLS` says."""
    named = os.environ.get("WHEREVER_TOOLS")
    return Path(named).absolute() if named else Path(home.folder(), "tools")


def sweep(base: Path, pattern: str) -> None:
    """Remove folders of that pattern that builds left a day ago as they were killed."""
    for path in base.glob(pattern):
        try:
            left = path.is_dir() and time.time() - path.lstat().st_mtime > _LEFT_S
        except OSError:
            continue  # another build removed it
        if left:
            shutil.rmtree(path, ignore_errors=True)


def here() -> str:
    """This platform, as pins name it.

    >>> here().count("-")
    1
    """
    return f"{sys.platform}-{platform.machine().lower()}"


def _place(pin: Pin) -> Path:
    digests = "".join(_sha256(pin, archive) for archive in pin.archives)
    short = hashlib.sha256(digests.encode()).hexdigest()[:12]
    return folder() / f"{pin.name}-{pin.version}-{short}"


def _sha256(pin: Pin, archive: Archive) -> str:
    found = archive.sha256.get(here()) or archive.sha256.get("any")
    if found is None:
        raise InputError(
            f"{pin.name}, which this build needs, is not known for {here()}",
            "build on Linux on x86_64, and copy the .wasm: it runs everywhere",
        )
    return found


def _bring(pin: Pin, progress: Progress | None) -> Path:
    place = _place(pin)
    base = folder()
    if base.parent == Path(home.folder()):
        home.room("tools")
    else:
        home.own(str(base))
    label = f"{pin.name} {pin.version}"
    bar = Bar()
    show = progress or bar
    with source.open_shop(place.name.replace(".", "_"), label, pin.download, show) as shop:
        if place.is_dir():  # brought by another process meanwhile
            return place
        sweep(base, ".*-*-*")
        made = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=base))
        try:
            for archive in pin.archives:
                got, _ = shop.fetch(archive.ecosystem, archive.package, archive.version)
                digest = source.digest(got)
                if digest != _sha256(pin, archive):
                    raise RemoteError(
                        f"{archive.ecosystem}:{archive.package} {archive.version} is not the"
                        f" archive that builds are known to work with: its sha256 is {digest}",
                        "the index gave other bytes than the public one; nothing was kept",
                    )
                target = made / archive.into
                target.mkdir(0o700, parents=True, exist_ok=True)
                unpack(
                    got,
                    str(target),
                    label=f"{archive.ecosystem}:{archive.package}",
                    keep=archive.keep,
                    programs=archive.programs,
                    arrived=lambda done: show(f"unpacking {label}", done, 0),
                )
                shop.clear()
            try:
                os.rename(made, place)
            except OSError:
                if not place.is_dir():  # not brought by one with another data folder meanwhile
                    raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
            bar.clear()
    return place

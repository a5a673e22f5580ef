"""A /dev with a `null` in it, for every guest that opens files.

It is a folder of ours with one empty file, granted for reading. The guard opens `null` for reading
whatever the guest asks for, and takes what is written to it without handing it on, so nothing is
ever kept, and no guest can leave anything there for another. A component, which has no guard, can
read it; one that was granted no folder has none, this one included.
"""

from __future__ import annotations

import os
import stat

from wherever.engine import cache
from wherever.run.loaded import OPEN
from wherever.wasi.signatures import MODULE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.run.job import Job
    from wherever.run.loaded import Loaded

    Mount = tuple[bytes, bytes, bool]

PATH = b"/dev"


def add(job: Job, program: Loaded) -> tuple[list[Mount], int]:
    """The folders of a job with /dev after them, and the guest's descriptor of that, or 0.

    Nothing is added for a guest that opens no files, or that was granted a /dev of the host.
    """
    opens = any(
        (module == MODULE and name == OPEN)
        or (job.mounts and (module or name).startswith("wasi:filesystem/preopens"))
        for facts in program.facts
        for module, name, _, _ in facts["imports"]
    )
    if not opens or any(guest.rstrip(b"/") == PATH for _, guest, _ in job.mounts):
        return job.mounts, 0
    found = folder()
    if not found:
        return job.mounts, 0
    return [*job.mounts, (os.fsencode(found), PATH, True)], 3 + len(job.mounts)


def folder() -> str:
    """The folder that stands for /dev, made if need be; "" where nothing can be kept."""
    places = cache.places()
    if not places:
        return ""
    path = f"{places[0]}/dev"
    try:
        seen = os.lstat(f"{path}/null")
        if stat.S_ISREG(seen.st_mode) and not seen.st_size:
            return path
        os.unlink(f"{path}/null")
    except OSError:
        pass
    try:
        os.makedirs(path, 0o700, exist_ok=True)
        flags = os.O_CREAT | os.O_EXCL | os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        os.close(os.open(f"{path}/null", flags, 0o400))
    except FileExistsError:
        pass  # made by another process meanwhile
    except OSError:
        return ""
    return path

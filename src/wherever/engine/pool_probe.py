"""How many instances a pool may reserve room for: tried in a child, since too many abort."""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.engine.settings import Settings

MOST = 1000
"""Slots beyond which nobody has gained anything."""

_FEWEST = 4
_PATIENCE = 10.0
_MACHINE = (
    "/proc/sys/kernel/random/boot_id",
    "/proc/sys/vm/max_map_count",
    "/proc/sys/vm/overcommit_memory",
)


def slots(wanted: int, settings: Settings, stack: int) -> int:
    """How many of `wanted` slots a pooled engine of this process may have; 0 for no pool.

    It is tried once for this boot and these limits, and remembered in the cache folder.

    Args:
        wanted: slots that would be useful; at most `MOST` are tried.
        settings: of the engine.
        stack: bytes of native stack of its guests.
    """
    from wherever.engine import cache, keep

    wanted = min(wanted, MOST)
    if wanted < _FEWEST:
        return 0
    where = next(iter(cache.places()), "")
    about = _about(wanted, settings, stack)
    name = f"pool-{cache.text_stem(marshal.dumps(about, 4))}"
    known = cache.read(f"{where}/{name}") if where else None
    if known is not None and known[0] == about:
        carried: int = known[1]
        return carried
    carried = wanted
    while carried >= _FEWEST and not carries(carried, settings, stack):
        carried //= 2
    if carried < _FEWEST:
        carried = 0
    if where:
        try:
            keep.write(where, name, (about, carried))
        except OSError:
            pass  # then it is tried again next time
    return carried


def carries(count: int, settings: Settings, stack: int) -> bool:
    """Whether a process like this one can make a pool of so many slots; a child finds out."""
    import signal
    import time

    from wherever.engine import spawning
    from wherever.engine.source import in_memory

    request = {**spawning.paths(), "count": count, "settings": settings.key, "stack": stack}
    handle = in_memory(marshal.dumps(request, 4))
    try:
        pid = spawning.start("pool_probe.py", (handle, -1, -1), ())
    finally:
        os.close(handle)
    began = time.monotonic()
    ended, status = 0, 0
    try:
        while not ended and time.monotonic() - began < _PATIENCE:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                time.sleep(0.005)
        if not ended:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    except ChildProcessError:
        return False  # the host program collects our children, so there is no answer
    return bool(ended) and status == 0


def _about(wanted: int, settings: Settings, stack: int) -> tuple[Any, ...]:
    """What the answer depends on."""
    import resource

    from wherever.engine import abi, cache

    words = []
    for path in _MACHINE:
        try:
            with open(path) as file:
                words.append(file.read())
        except OSError:
            words.append("")
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return (abi.VERSION, cache.LAYOUT, wanted, settings.key, stack, limit, *words)


def main() -> None:
    """The child: make such an engine, twice where address space is limited, and leave."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with open(0, "rb", closefd=False) as file:
        request = marshal.loads(file.read())
    sys.path[:0] = [request["src"], request["site"]]
    from wherever.engine.runtime import Engine
    from wherever.engine.settings import Settings

    # The process that asks has other things in its address space than this one.
    limited = resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
    for _ in range(2 if limited else 1):
        Engine(Settings.from_key(request["settings"]), request["stack"], request["count"])
    os._exit(0)


if __name__ == "__main__":
    main()

"""The short way of an ordinary request, where the accelerator is there: from bytes to bytes.

`_lane.c` says what it does, and when it leaves a request to the rest of the server.
"""

from __future__ import annotations

from dataclasses import dataclass
from json.encoder import encode_basestring_ascii as quoted

from wherever.edge.guest import shim
from wherever.edge.guest.instances import LONG_S, MUCH
from wherever.edge.http import answers
from wherever.edge.observe import layout
from wherever.edge.observe.buckets import CPU_TIMES, SIZES, SMALLEST_BIT, TIMES
from wherever.engine.asking import accelerator
from wherever.wasi.shimming import RUN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.edge.guest.app import GuestApp
    from wherever.edge.guest.instances import Instances
    from wherever.edge.guest.turns import Turns
    from wherever.edge.http.limits import Limits
    from wherever.edge.http.server import Lane
    from wherever.edge.observe.meter import Meter
    from wherever.engine.budget import Budget

    Find = Callable[[bytes, bytes], object]
    """The site of an authority and a path, or None."""

_PLACES = (
    layout.OUTCOME + layout.OUTCOMES.index("ok"), layout.BYTES_IN, layout.BYTES_OUT, layout.COLD,
    layout.MEMORY_SUM, layout.REQUEST_S, layout.INVOKE_S, layout.CPU_S, layout.BYTE_SECONDS,
    layout.PEAK, layout.REQUESTS, layout.INVOKES, layout.CPU, layout.MEMORY, SMALLEST_BIT,
    len(SIZES),
)  # fmt: skip
"""Where things lie in an app's page: `Places` of `_lane_said.h`."""

_LINES = tuple(answers.head(status, ()) if status >= 200 else b"" for status in range(600))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the C side reads of an app, once."""

    app: GuestApp
    assembly: object
    take: Callable[[], object] | None
    give: Callable[[Any, bool], object] | None
    budget: Budget
    starts: tuple[int, ...]
    quick: int
    in_head: int
    folders: int
    status: int
    is_worn: int
    max_body: int
    kept_memory: int
    most_memory: int
    is_plain: bool
    name: bytes
    page: memoryview
    log: Callable[[str], object] | None
    is_masked: bool
    errors_only: bool
    run: int = RUN
    quick_most: int = shim.QUICK_MOST
    most_cpu: float = LONG_S
    times: tuple[float, ...] = tuple(TIMES)
    cpu_times: tuple[float, ...] = tuple(CPU_TIMES)
    places: tuple[int, ...] = _PLACES


def site_of(app: GuestApp, instances: Instances, meter: Meter | None) -> Any:
    """An app as the lane sees it; None where its requests cannot go that way."""
    found = _load()
    direct = None if meter is None else meter.direct(app.name)
    loaded = instances.loaded
    if found is None or direct is None or loaded.assembly.fast is None:
        return None
    fresh = instances.reuse == 1
    plan = _Plan(
        app=app,
        assembly=loaded.assembly.fast,
        take=None if fresh else instances.take,
        give=None if fresh else instances.give,
        budget=loaded.budget,
        starts=loaded.starts,
        quick=instances.places[0],
        in_head=instances.shim + shim.IN_HEAD,
        folders=len(app.outside.folders),
        status=instances.shim + shim.STATUS,
        is_worn=instances.shim + shim.IS_WORN,
        max_body=-1 if app.max_body is None else app.max_body,
        kept_memory=app.kept_memory,
        most_memory=instances.memory + MUCH,
        is_plain=app.is_plain,
        name=quoted(app.name).encode(),
        page=direct.page,
        log=direct.log,
        is_masked=direct.is_masked,
        errors_only=direct.errors_only,
    )
    return found.Site(plan)


def lane_of(find: Find, turns: Turns, scheme: str, limits: Limits) -> Lane | None:
    """The short way into a server's apps, or None without the accelerator.

    Args:
        find: which app's a host and a path are; it is remembered.
        turns: of the loop on which they are served.
        scheme: what the server speaks.
        limits: what a request may be.
    """
    found = _load()
    if found is None:
        return None
    lane: Lane = found.Lane(
        find,
        turns,
        scheme.encode(),
        _LINES,
        limits.head_bytes,
        limits.target_bytes,
        limits.headers,
    )
    return lane


def _load() -> Any:
    if accelerator() is None:
        return None
    try:
        return __import__("wherever.edge.guest._lane", fromlist=("Lane",))
    except ImportError:
        return None

"""From an app's settings to what answers its requests."""

from __future__ import annotations

import asyncio
import weakref

from wherever.edge.guest.app import GuestApp
from wherever.edge.guest.loading import load
from wherever.edge.guest.outside import Outside
from wherever.edge.guest.turns import Turns
from wherever.run.request import program_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.edge.config import AppSpec
    from wherever.edge.exchange import App
    from wherever.edge.host.apps import Around

_turns: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = weakref.WeakKeyDictionary()


def open_app(spec: AppSpec, around: Around) -> App:
    """Makes an app of its settings: compiled, checked, ready for its first request.

    Raises:
        NotFound: there is no such package.
        NotRunnable: it answers no requests.
        LimitReached: it needs more memory to begin than it may have.
    """
    program = program_for(spec.what)
    try:
        serving, limits = spec.settled(program.limits)
        loaded = load(spec.name, program.wasm, limits)
    finally:
        program.clear()
    turns = turns_of(asyncio.get_running_loop())
    turns.watch(loaded.shimmed.assembly.engine.pointer)
    outside = Outside(spec, around.neighbours)
    return GuestApp(spec, serving, limits, loaded, turns, outside, around.meter)


def turns_of(loop: asyncio.AbstractEventLoop) -> Turns:
    """The guests of a loop."""
    found = _turns.get(loop)
    if found is None:
        found = _turns[loop] = Turns()
    return found

"""The clock of calls that give way: while it is on, each of its ticks ends every guest's slice.

It is apart from `ticker`, whose ticks are longer and ask each store what shall happen. Where the
accelerator is, the clock is a thread that knows nothing of Python.
"""

from __future__ import annotations

import os
import threading
import time
import weakref

from wherever.engine.asking import accelerator
from wherever.engine.library import lib

_changed = threading.Condition()
_wanted: weakref.WeakSet[object] = weakref.WeakSet()
_engines: list[int] = []
_seconds = 0.002
_is_on = False
_has_thread = False


def watch(engine: int, seconds: float) -> None:
    """Lets the epochs of an engine pass, too.

    Args:
        engine: its address; it lives as long as the process.
        seconds: between two ticks, of all engines.
    """
    global _seconds
    fast = accelerator()
    if fast:
        fast.clock(engine, seconds)
    elif engine not in _engines:
        _engines.append(engine)
        _seconds = seconds


def start(who: object) -> None:
    """Has the clock on, until the same says `stop`, or is gone."""
    with _changed:
        _wanted.add(who)
        _switch()


def stop(who: object) -> None:
    """Stops the clock where nobody else wants it: another thread's guests have no other end."""
    with _changed:
        _wanted.discard(who)
        _switch()


def _switch() -> None:
    global _is_on, _has_thread
    is_on = bool(_wanted)
    fast = accelerator()
    if fast:
        fast.tick(is_on)
    else:
        _is_on = is_on
        if is_on and not _has_thread:
            _has_thread = True
            threading.Thread(target=_run, name="wherever-slices", daemon=True).start()
        _changed.notify()


def _run() -> None:
    while True:
        with _changed:
            _changed.wait_for(lambda: _is_on)
        time.sleep(_seconds)
        for engine in _engines:
            lib.wasmtime_engine_increment_epoch(engine)


def _forked() -> None:
    """A child has no thread, and nobody who could let go of the lock."""
    global _changed, _is_on, _has_thread, _wanted
    _changed = threading.Condition()
    _wanted = weakref.WeakSet()
    _is_on = _has_thread = False


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)

"""The clock that ends what loops: a thread that advances epochs while guests run.

Guest code checks its engine's epoch at each loop and call. When the epoch has passed a store's
deadline, the library asks `_on_epoch`, on the guest's own thread, whether it may go on.
"""

from __future__ import annotations

import _thread
import ctypes
import os
import time

from wherever.engine import abi
from wherever.engine.interrupt import armoured
from wherever.engine.library import lib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.library import Library

TICK = 0.01
"""Seconds between two epochs."""

_IDLE_TICKS = 200


class Watch:
    """The reasons for which a running guest may have to stop, looked at on each tick.

    Attributes:
        deadline: `time.monotonic()` at which its wall time is over, or None.
        cpu_deadline: `time.thread_time()` at which its processor time is over, or None.
        killed: set by another thread to end the run.
        why: "timeout", "cpu_time" or "killed" once the guest was stopped for it.
        kept: what a handler of a signal raised while the guest ran, Ctrl-C for one; whoever
            called the guest raises it again.
    """

    __slots__ = ("__weakref__", "cpu_deadline", "deadline", "kept", "killed", "why")

    def __init__(self, deadline: float | None = None, cpu_deadline: float | None = None) -> None:
        self.deadline = deadline
        self.cpu_deadline = cpu_deadline
        self.killed = False
        self.kept: BaseException | None = None
        self.why = ""

    def expired(self) -> bool:
        """Whether the guest has to stop now; `why` then says for what."""
        if self.killed:
            self.why = "killed"
        elif self.deadline is not None and time.monotonic() >= self.deadline:
            self.why = "timeout"
        elif self.cpu_deadline is not None and time.thread_time() >= self.cpu_deadline:
            self.why = "cpu_time"
        return bool(self.why)


_watches: dict[int, Watch] = {}
_active: dict[int, int] = {}
_advances: dict[int, Callable[[int], object]] = {}
_left: list[int] = []
_lock = _thread.allocate_lock()
_wake = _thread.allocate_lock()
_running = False
_asleep = False
_rests: list[Callable[[], object]] = []


def _on_epoch(watches: dict[int, Watch]) -> Any:
    """What the library calls when an epoch has passed a store's deadline."""

    def on_epoch(_context: int, data: int, delta: Any, kind: Any) -> int | None:
        try:
            watch = watches.get(data)
            if watch is not None and (watch.kept is not None or watch.expired()):
                stop: int = lib.wasmtime_error_new(b"stopped")
                return stop
        except BaseException as error:
            # Without a call, so that nothing interrupts this; the next tick stops the guest.
            if data in watches and watches[data].kept is None:
                watches[data].kept = error
        delta[0] = 1
        kind[0] = abi.UPDATE_DEADLINE_CONTINUE
        return None

    return armoured(on_epoch)


_callback = ctypes.CFUNCTYPE(
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ctypes.c_uint8),
)(_on_epoch(_watches))


def watch(lib: Library, store: int, context: int, reasons: Watch) -> int:
    """Lets `reasons` stop the guest of a store of this library's; the key is for `unwatch`."""
    key = id(reasons)
    _watches[key] = reasons
    lib.wasmtime_store_epoch_deadline_callback(store, _callback, key, None)
    lib.wasmtime_context_set_epoch_deadline(context, 1)
    return key


def unwatch(key: int) -> None:
    """Forgets what `watch` was told."""
    _watches.pop(key, None)


def advance_by(engine: int, function: Callable[[int], object]) -> None:
    """Has the epochs of an engine that is not the library's advanced by a function of its own."""
    _advances[engine] = function


def enter(engine: int) -> None:
    """A guest of this engine begins to run: its epochs advance until `leave`."""
    global _asleep
    with _lock:
        _active[engine] = _active.get(engine, 0) + 1
        if not _running:
            _start()
        elif _asleep:
            _asleep = False
            _wake.release()


def leave(engine: int) -> None:
    """A guest of this engine has come to its end.

    A finaliser may call this in the middle of anything, also of what holds the lock here; so it
    only notes the fact, and whoever has the lock, now or next, acts on it.
    """
    _left.append(engine)
    if _lock.acquire(False):
        try:
            _settle()
        finally:
            _lock.release()


def _settle() -> None:
    while _left:
        engine = _left.pop()
        count = _active.get(engine, 0) - 1
        if count > 0:
            _active[engine] = count
        else:
            _active.pop(engine, None)


def on_rest(function: Callable[[], object]) -> None:
    """Has `function` called by the clock every two seconds, to `leave` where nothing runs."""
    _rests.append(function)


def _start() -> None:
    global _running
    _running = True
    _wake.acquire(False)
    _thread.start_new_thread(_tick, ())


def _tick() -> None:
    global _asleep
    increment = lib.wasmtime_engine_increment_epoch
    idle = ticks = 0
    while True:
        time.sleep(TICK)
        ticks += 1
        if not ticks % _IDLE_TICKS:
            for rest in _rests:
                rest()
        with _lock:
            _settle()
            engines = list(_active)
            idle = 0 if engines else idle + 1
            sleep = idle > _IDLE_TICKS
            if sleep:
                _asleep = True
        for engine in engines:
            _advances.get(engine, increment)(engine)
        if sleep:
            idle = 0
            _wake.acquire()


def _after_fork() -> None:
    global _running, _asleep, _lock, _wake
    _running = _asleep = False
    _lock = _thread.allocate_lock()
    _wake = _thread.allocate_lock()
    _active.clear()
    _left.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

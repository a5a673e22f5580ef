"""The way into a store: who may enter it, under which limits, and what went wrong inside.

Whoever runs guest code holds the gate's lock, so a store that threads share is entered by one
of them at a time; a host function may call back into the guest that called it. A guest that
was stopped in the middle of something is not entered again: nobody knows what state it is in.
"""

from __future__ import annotations

import _thread
import os
import time
import weakref

from wherever.engine import faults, ticker
from wherever.engine.fast import accelerator, lock_of
from wherever.engine.library import lib
from wherever.engine.nativestack import check as check_stack
from wherever.engine.ticker import Watch
from wherever.engine.trap import Ending, ending
from wherever.errors import GuestError, InputError, LimitReached, Trapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from wherever.engine.host import Entry
    from wherever.engine.store import Store
    from wherever.errors import WhereverError


_SPARE_TRAPS = 12


def plain(name: str, end: Ending) -> WhereverError:
    """The error for an ending of the call of `name`, where nobody knows better words."""
    if end.kind == "limit":
        return LimitReached(end.limit, f"{name} reached its limit of {end.limit}")
    if end.kind == "trapped":
        return Trapped(f"{name} was stopped by a trap: {end.message}", backtrace=end.backtrace)
    if end.kind == "exited":
        return GuestError(f"{name} ended the guest with exit code {end.exit_code}")
    return GuestError(f"{name} was {end.kind}")


class Kept:
    """What calls and host functions of a guest note down, without the accelerator.

    Attributes:
        calls: calls from outside so far.
        inside: host functions of this guest that are under way.
        error: the first exception that has not been raised again yet.
        spare: traps of the library, made beforehand for moments when nothing may be called:
            the first, and the rest in the same form.
    """

    __slots__ = ("calls", "error", "inside", "spare")

    def __init__(self) -> None:
        self.calls = 0
        self.inside = 0
        self.error: BaseException | None = None
        self.spare: Any = None

    def keep(self, error: BaseException) -> None:
        """An exception of a host function, which the outermost call will raise again."""
        if self.error is None:
            self.error = error

    def fill(self) -> None:
        """Makes traps anew where some were used up.

        Several are there because at the end of the recursion limit this itself may find no room,
        for as many callbacks as it takes to return from.
        """
        count, left = _SPARE_TRAPS, self.spare
        while left:
            count, left = count - 1, left[1]
        for _ in range(count):
            self.spare = lib.wasmtime_trap_new(b"host", 4), self.spare

    def __del__(self) -> None:
        while self.spare:
            trap, self.spare = self.spare
            lib.wasm_trap_delete(trap)


class CallWatch(Watch):
    """A watch whose times begin anew with each call from outside.

    A call notes nothing but that it is another one; the first tick that finds a new one takes
    its own time for the beginning. So a call costs the same with limits of time as without, and
    ends at most a tick later than it was allowed.
    """

    __slots__ = ("_seen", "cpu_time", "notes", "timeout")

    def __init__(self, timeout: float | None = None, cpu_time: float | None = None) -> None:
        super().__init__()
        self.timeout = timeout
        self.cpu_time = cpu_time
        self.notes: Any = None
        self._seen = -1

    def expired(self) -> bool:
        """Whether the guest has to stop now; `why` then says for what."""
        calls = self.notes.calls
        if calls != self._seen:
            self._seen = calls
            if self.timeout is not None:
                self.deadline = time.monotonic() + self.timeout
            if self.cpu_time is not None:
                self.cpu_deadline = time.thread_time() + self.cpu_time
        return super().expired()


class Gate:
    """The way into one store.

    Args:
        store: what is entered; the gate closes it. Its watch is a `CallWatch`.
        fuel: instructions for each call from outside, or None.
        explain: makes the error for the ending of a call.

    Attributes:
        lock: held while something of the store is used; the same thread may take it again.
        context: the store's context while calls may enter without asking, else 0.
        ended: why nothing may enter any more, or "".
        kept: what its host functions leave for whoever called the guest.
        entries: the host functions of this guest.
        after: called when the store is freed, or None.
    """

    __slots__ = (
        "__weakref__",
        "_arrays",
        "_awake",
        "_depth",
        "after",
        "context",
        "ended",
        "entries",
        "explain",
        "fast",
        "fuel",
        "is_closed",
        "kept",
        "lock",
        "stack",
        "store",
    )

    def __init__(
        self,
        store: Store,
        fuel: int | None = None,
        explain: Callable[[str, Ending], WhereverError] = plain,
    ) -> None:
        self.store = store
        self.stack = store.engine.stack
        self.fuel = fuel
        self.explain = explain
        self.context = 0
        self.ended = ""
        self.is_closed = False
        self.kept = Kept()
        self.entries: list[Entry] = []
        self.after: Callable[[], object] | None = None
        self.fast: Any = accelerator()
        self.lock: Any = _thread.RLock()
        if self.fast:
            self.lock = lock_of(store)
        if isinstance(store.watch, CallWatch):
            store.watch.notes = self.lock if self.fast else self.kept
        self._depth = 0
        self._awake = False
        self._arrays: list[weakref.ref[Any]] = []

    # ----- entering; all of it with the lock held

    def admit(self) -> None:
        """Lets one call enter that found no `context`; `finish` ends what this begins.

        Raises:
            InputError: the guest was closed, or stopped in the middle of an earlier call, or a
                trap of its would end this process.
        """
        self.check()
        if not self._awake:
            if not self.store.engine.settings.native:  # whose traps are no signals
                faults.check()
            self._awake = True
            _awake[id(self)] = weakref.ref(self)
            ticker.enter(self.store.engine.pointer)
            if self.fuel is None:
                self._let_in(self.store.context)
        if not self._depth and self.fuel is not None:
            lib.wasmtime_context_set_fuel(self.store.context, self.fuel)
        self._depth += 1

    def finish(self) -> None:
        """The end of a call that asked to be admitted."""
        self._depth -= 1

    def check(self) -> None:
        """Raises what says why nothing may enter.

        Raises:
            InputError: the guest was closed, or stopped in the middle of an earlier call.
        """
        if self.ended:
            raise InputError(self.ended, "load it again")

    def __enter__(self) -> None:
        """For other uses of the guest than a call of a wrapper: all that comes before one."""
        self.lock.acquire()
        try:
            check_stack(self.stack)
            if not self._is_inside():
                (self.lock if self.fast else self.kept).calls += 1
            self.admit()
        except BaseException:
            self.lock.release()
            raise

    def __exit__(self, *_: Any) -> None:
        self.finish()
        self.lock.release()

    def _let_in(self, context: int) -> None:
        self.context = context
        if self.fast:
            self.lock.context = context

    def rest(self) -> None:
        """Stops the clock that ends what loops, until the next call."""
        if self._awake and not self._depth:
            self.doze()
            ticker.leave(self.store.engine.pointer)

    def doze(self) -> None:
        """Has the next call ask for the clock."""
        self._awake = False
        _awake.pop(id(self), None)
        self._let_in(0)

    # ----- what goes wrong inside

    def failed(self, name: str, error: int, trap: int) -> NoReturn:
        """Raises what a call of `name` ended with; nothing enters after that.

        Args:
            name: what was called.
            error: the address of a `wasmtime_error_t`, or 0. It is freed.
            trap: the address of a `wasm_trap_t`, or 0. It is freed.
        """
        # Neither is there where a host function's exception found no trap left to stop the guest.
        raise self.reason(name, ending(error, trap) if error or trap else Ending("trapped"))

    def reason(self, name: str, end: Ending) -> BaseException:
        """The exception for an ending; nothing enters after that."""
        watch = self.store.watch
        if self.entries and not self.fast:
            self.kept.fill()
        kept, self.kept.error = self.kept.error, None
        if watch is not None:
            kept, watch.kept = kept or watch.kept, None
        if kept is not None:
            self.end(f"{type(kept).__name__} of a host function ended this guest during {name}")
            return kept
        if watch is not None and watch.why:
            limit = watch.why if watch.why != "killed" else ""
            end = Ending("limit" if limit else "killed", 0, limit, end.message, end.backtrace)
        found = self.explain(name, end)
        self.end(f"this guest was ended by an earlier call: {found.what}")
        return found

    @property
    def is_over(self) -> bool:
        """Nothing enters any more, or what enters is killed."""
        watch = self.store.watch
        return bool(self.ended) or (watch is not None and watch.killed)

    def lost(self, name: str) -> None:
        """A signal's exception came where the answer of the call of `name` should have been."""
        self.end(f"a signal ended this guest during {name}")

    def end(self, why: str) -> None:
        """Nothing enters from now on, for the reason that later calls will read."""
        if not self.ended:
            self.ended = why
        self._let_in(0)

    def kill(self) -> None:
        """Stops what runs inside, from any thread, within a tick of the clock."""
        if self.store.watch is not None:
            self.store.watch.killed = True

    # ----- closing

    def borrow(self, array: Any) -> None:
        """Keeps the store's memory in place for as long as `array`, which lies in it, lives."""
        array.gate = self
        self._arrays[:] = [known for known in self._arrays if known() is not None]
        self._arrays.append(weakref.ref(array, self._returned))

    def _returned(self, _: Any) -> None:
        # In the middle of a call, or of what another thread does, it is left to `__del__`.
        if self.is_closed and not self._is_held() and self.lock.acquire(False):
            try:
                self._free()
            finally:
                self.lock.release()

    def close(self) -> None:
        """Stops what runs inside, then frees the store; a second call does nothing.

        Called in the middle of a call, by a host function of this guest or the handler of a
        signal, or while views of its memory are in use, it only ends the guest, and the store is
        freed when nothing uses it any more.
        """
        if not self.ended:
            self.kill()
        was_held = self._is_held()
        with self.lock:
            self.end("this guest was closed")
            self.is_closed = True
            if self.fast:
                self.lock.store = 0
            if not was_held:
                self._free()

    def _is_held(self) -> bool:
        """Whether this thread has the lock, as it does in a call of the guest and all below it."""
        if not self.fast:
            return bool(self.lock._is_owned())
        if not self.lock.acquire(False):
            return False
        try:
            return bool(self.lock.depth > 1)
        finally:
            self.lock.release()

    def _is_inside(self) -> bool:
        """Whether the thread that holds the lock, this one, is in a host function of the guest."""
        return bool(self.lock.depth > 1 if self.fast else self.kept.inside)

    def _free(self) -> None:
        if any(array() is not None for array in self._arrays):
            return
        if self.store.pointer:
            # The collector frees what somebody else's finaliser may still want to use.
            self.end("this guest was closed")
            if self.fast:
                self.lock.store = 0
            if self._awake:
                self._depth = 0
                self.rest()
            self.store.close()
            self.entries.clear()
            if self.after is not None:
                self.after()

    def __del__(self) -> None:
        self.is_closed = True
        self._free()


_awake: dict[int, weakref.ref[Gate]] = {}


def _rest() -> None:
    """Lets the clock stop for gates that nobody is in; their next call starts it again."""
    for key, reference in list(_awake.items()):
        gate = reference()
        if gate is None:
            _awake.pop(key, None)
        elif gate.lock.acquire(False):
            try:
                gate.rest()
            finally:
                gate.lock.release()


ticker.on_rest(_rest)


def _after_fork() -> None:
    """The child has no clock until a call asks for one, so all calls have to ask anew."""
    for reference in list(_awake.values()):
        gate = reference()
        if gate is not None and gate._is_held():  # the fork was made in a call, which goes on
            ticker.enter(gate.store.engine.pointer)
        elif gate is not None:
            gate.doze()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

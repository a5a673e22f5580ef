"""`wherever.load`: a guest whose functions are called like those of a Python module."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, Self, Unpack

from wherever.engine.gate import Gate
from wherever.engine.memory import Memory
from wherever.errors import InputError
from wherever.policy.limits import Limits
from wherever.run.blueprint import Blueprint, Guest
from wherever.run.host import HostFunction
from wherever.run.request import (
    LimitValues,
    What,
    bytes_of,
    limits_for,
    program_for,
    seed_for,
)
from wherever.wasm.head import COMPONENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.run.components import Plan


def load(
    what: What,
    *,
    imports: object = None,
    host: Iterable[HostFunction[..., Any]] = (),
    args: Iterable[str] = (),
    env: Mapping[str, str] | None = None,
    deterministic: bool | int = False,
    limits: Limits | None = None,
    **values: Unpack[LimitValues],
) -> Library:
    """Loads a module whose functions are then called from Python.

    The guest reaches nothing but the functions it is given. WASI's calls are there, and grant
    nothing: no files, no network, and what it writes is kept in `stdout` and `stderr`.
    A reactor's `_initialize` has run when this returns.

    `timeout`, `cpu_time` and `fuel` are for each call; the other limits are for all the guest's
    life. A guest that was stopped in the middle of a call cannot be called again.

    Args:
        what: a file, a name of the catalogue, `pypi:`/`npm:` and a file, or a module's bytes.
        imports: functions for its imports, by module and name: `{"env": {"now": time.time}}`. For a
            component also an object, a module or a library with functions and classes of the names.
        host: functions marked with `wherever.host`, which know their module and name.
        args: the arguments that it finds, without its name.
        env: its environment; it has no other.
        deterministic: virtual clock, random bytes from this seed, and instructions counted.
        limits: what it may use, as a value; the keywords named like its fields replace them.

    Raises:
        NotFound: there is no such file or name.
        NotRunnable: it is no module, or imports something it was not given.
        NotGranted: it wants the network.
        InputError: a function or a value cannot be used.
        LimitReached, Trapped: it did not come through its start.

    Example:
        >>> import wherever
        >>> text = b'''(module (func (export "add") (param $x i32) (param $y i32) (result i32)
        ...   (i32.add (local.get $x) (local.get $y))))'''
        >>> with wherever.load(text, timeout=5) as guest:
        ...     guest.add(40, 2)
        42
    """
    allowed = limits_for("load", limits, values)
    plan = plan_for(what, allowed, imports, host, args, env, seed_for(deterministic))
    if isinstance(plan, Blueprint):
        return Library(plan.open())
    from wherever.run.components import ComponentLibrary

    return ComponentLibrary(plan.open())


def plan_for(
    what: What,
    limits: Limits,
    imports: object,
    hosts: Iterable[HostFunction[..., Any]],
    args: Iterable[str],
    env: Mapping[str, str] | None,
    seed: int | None,
) -> Blueprint | Plan:
    """All of a guest but its instances, for a module or for a component.

    Raises:
        NotFound, NotRunnable, NotGranted, InputError: it cannot be loaded.
    """
    found = _component(what)
    if found is None:
        return Blueprint(what, limits, imports, hosts, args, env, seed)
    from wherever.run.components import Plan as ComponentPlan

    name, data = found
    return ComponentPlan(name, data, limits, imports, hosts, args, env, seed)


def _component(what: What) -> tuple[str, bytes] | None:
    """A component's name and bytes, or None for anything else."""
    program = program_for(what)
    try:
        if program.is_script or program.starter:
            return None
        if not program.wasm:
            data = bytes_of(what)
            return (program.name, data) if data[:8] == COMPONENT else None
        with open(program.wasm, "rb") as file:
            if file.read(8) != COMPONENT:
                return None
        from wherever.run.components import bytes_at

        name = os.path.basename(program.name) or "program.wasm"
        return name, bytes_at(program.wasm)
    except OSError:
        return None  # who loads it has the words for that
    finally:
        program.clear()


async def aload(
    what: What,
    *,
    imports: object = None,
    host: Iterable[HostFunction[..., Any]] = (),
    args: Iterable[str] = (),
    env: Mapping[str, str] | None = None,
    deterministic: bool | int = False,
    limits: Limits | None = None,
    **values: Unpack[LimitValues],
) -> Library:
    """`load` for asyncio: the loop goes on while code is compiled. Use `acall` to call.

    Example:
        >>> import asyncio, wherever
        >>> async def main():
        ...     with await wherever.aload(b'(module (func (export "f")))') as guest:
        ...         return await guest.acall("f")
        >>> asyncio.run(main())
    """
    return await asyncio.to_thread(
        lambda: load(
            what,
            imports=imports,
            host=host,
            args=args,
            env=env,
            deterministic=deterministic,
            limits=limits,
            **values,
        )
    )


class Library:
    """A guest that was loaded. Its exported functions are attributes.

    `guest.add(1, 2)` calls the export `add`; `guest["odd-name"]` is any export by its own name.
    Exported globals are attributes too, with the value they have at that moment. Use it as a
    context manager, or `close` it; it closes itself when nothing refers to it any more.

    Threads may share it: calls take turns. The other threads of Python run meanwhile.

    Attributes:
        exports: the type of each export, by its name.
    """

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self.exports: Mapping[str, str] = MappingProxyType(
            {name: text for name, (_, text) in guest.plan.exports.items()}
        )

    @property
    def memory(self) -> Memory:
        """The memory that the guest exports as `memory`.

        Raises:
            AttributeError: it exports none.
        """
        if self._guest.plan.exports.get("memory", ("", ""))[0] != "memory":
            raise AttributeError(f"{self._guest.plan.name} exports no memory")
        return self._guest.memory()

    @property
    def stdout(self) -> bytes:
        """What the guest has written to its stdout so far."""
        return self._guest.written()[0]

    @property
    def stderr(self) -> bytes:
        """What the guest has written to its stderr so far."""
        return self._guest.written()[1]

    def __getitem__(self, name: str) -> Any:
        """The export of that name: a function, a memory, or the value of a global.

        Raises:
            KeyError: there is none.
            InputError: it is something that Python cannot use, or the guest was closed.
        """
        if name not in self._guest.plan.exports:
            raise KeyError(name)
        kind, text = self._guest.plan.exports[name]
        if kind == "func":
            return self._guest.function(name)
        if kind == "memory":
            return self._guest.memory(name)
        value = text.removeprefix("mut ")
        if kind == "global" and value in ("i32", "i64", "f32", "f64"):
            return self._guest.value(name, value)
        raise InputError(f"{name} is a {kind} of type {text}, which Python cannot use")

    def __getattr__(self, name: str) -> Any:
        guest = self.__dict__.get("_guest")
        if guest is None or name not in guest.plan.exports:
            raise AttributeError(_unknown(guest, name))
        found = self[name]
        if callable(found):
            # From now on it is an ordinary attribute, found without this method.
            self.__dict__[name] = found
        return found

    async def acall(self, name: str, *args: Any) -> Any:
        """Calls an export in a thread, so that the event loop goes on meanwhile.

        A task that is cancelled while it waits here ends the guest, and waits until it has ended.
        """
        return await call_in_thread(self._guest, self[name], args)

    def close(self) -> None:
        """Ends the guest and frees what it had; a call that is under way is stopped."""
        self._guest.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __dir__(self) -> list[str]:
        names = [name for name in self.exports if name.isidentifier()]
        return sorted({*super().__dir__(), *names})

    def __repr__(self) -> str:
        names = ", ".join(list(self.exports)[:8])
        more = ", ..." if len(self.exports) > 8 else ""
        return f"<guest {self._guest.plan.name}: {names}{more}>"


async def call_in_thread(
    guest: _Guarded, function: Callable[..., Any], args: tuple[Any, ...]
) -> Any:
    """Calls a guest's function in a thread; cancelled, it kills the guest and waits for its end."""
    running = asyncio.ensure_future(asyncio.to_thread(function, *args))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        guest.gate.kill()
        await asyncio.wait([running])
        with guest.gate.lock:
            guest.gate.end("a call of this guest was cancelled")
        if not running.cancelled():
            running.exception()  # it is known why
        raise


class _Guarded(Protocol):
    """A guest with a way into it."""

    gate: Gate


def _unknown(guest: Guest | None, name: str) -> str:
    if guest is None:
        return name
    from difflib import get_close_matches

    near = get_close_matches(name, guest.plan.exports, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{guest.plan.name} exports no {name}{hint}"

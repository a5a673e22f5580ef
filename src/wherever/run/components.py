"""Components as libraries: planned once, and opened as often as one is wanted."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from wherever.component.broken import Broken
from wherever.component.linking import Given
from wherever.component.python.given import Imports
from wherever.component.python.names import RESERVED
from wherever.component.python.outline import Signature
from wherever.component.python.surface import Surface
from wherever.component.wasi import Wasi
from wherever.engine.budget import divide
from wherever.engine.gate import CallWatch, Gate
from wherever.engine.settings import Settings
from wherever.engine.store import Store
from wherever.engine.trap import Ending
from wherever.errors import GuestError, InputError, LimitReached, NotFound, NotRunnable, Trapped
from wherever.policy.limits import Limits
from wherever.run.design import Design
from wherever.run.host import HostFunction
from wherever.run.load import Library
from wherever.run.request import arguments, environment
from wherever.run.words import words
from wherever.wit.api import needed

LARGEST = 512 << 20
"""Bytes of a component that are read."""


class Plan:
    """Everything about a component but its instances.

    Args:
        name: what messages call it.
        data: its bytes, or what was read of them before.
        limits: what each call may use, and its memory.
        imports: what is given for its imports.
        hosts: host functions, which know their interface and name.
        args: the arguments that it finds.
        env: its environment.
        seed: of a deterministic guest's random bytes, or None.

    Raises:
        NotRunnable: it is malformed, or wants what nothing here can give.
    """

    def __init__(
        self,
        name: str,
        data: bytes | Design,
        limits: Limits,
        imports: Any = None,
        hosts: Iterable[HostFunction[..., Any]] = (),
        args: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        seed: int | None = None,
    ) -> None:
        self.name = name
        self.limits = limits
        self.seed = seed
        self.design = data if isinstance(data, Design) else Design(name, data)
        self.world = self.design.world
        self._args = [name, *(os.fsdecode(each) for each in arguments(args))]
        self._env = [(os.fsdecode(key), os.fsdecode(value)) for key, value in environment(env)]
        given = {(each.module, each.name): each.function for each in hosts}
        imports = {} if imports is None else imports
        self._imports = Imports(name, imports, len(needed(self.world)) == 1, given)
        settings = Settings(limits.fuel is not None, seed is not None)
        self._engine, self._codes = self.design.codes(settings, limits.stack)
        facts = [code.facts for code in self._codes.values()]
        self._budget = divide(limits.memory, facts, 0)

    @property
    def exports(self) -> dict[str, tuple[str, str]]:
        """The functions that can be called by name: `count`, or `text.count` of an interface."""
        return {
            f"{space.name}.{name}".lstrip("."): ("func", str(item.function.core))
            for space in self.design.outline.spaces
            for name, item in space.members.items()
            if isinstance(item, Signature)
        }

    def open(self) -> Opened:
        """A fresh instance.

        Raises:
            NotRunnable: it is no component that works, or was not given what it imports.
            LimitReached, Trapped: it did not come through its start.
        """
        limits = self.limits
        watch = CallWatch(limits.timeout, limits.cpu_time)
        gate = Gate(Store(self._engine, self._budget, None, watch), limits.fuel)
        gate.explain = self._explain
        wasi = Wasi(
            self.name, self._args, self._env, limits.output, limits.host_calls, watch, self.seed
        )
        try:
            with gate:
                surface = Surface(
                    self.name,
                    self.world,
                    self.design.outline,
                    self.design.definitions,
                    self._codes,
                    gate,
                    self._imports,
                    Given(wasi.function, wasi.resource),
                )
        except Broken as broken:
            gate.close()
            raise NotRunnable(f"{self.name} {broken}", "build it anew") from None
        except BaseException:
            gate.close()
            raise
        return Opened(self, gate, surface, wasi)

    def _explain(self, name: str, end: Ending) -> GuestError:
        allowed = getattr(self.limits, end.limit, None) if end.limit else None
        said, hint = words(end.kind, end.limit or None, allowed, allowed, end.message, python=True)
        if end.kind == "limit":
            return LimitReached(end.limit, f"{self.name} {said}", hint)
        if end.kind == "trapped":
            return Trapped(f"{self.name} was {said}", hint, end.backtrace)
        return GuestError(f"{self.name} was {end.kind}")


class Opened:
    """One instance of a component."""

    def __init__(self, plan: Plan, gate: Gate, surface: Surface, wasi: Wasi) -> None:
        self.plan = plan
        self.gate = gate
        self.surface = surface
        self.wasi = wasi

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        """Calls a function by the name that it has in `Plan.exports`."""
        interface, _, own = name.rpartition(".")
        members = self.surface.members
        function = members[own] if not interface else getattr(members[interface], own)
        return function(*args)

    def close(self) -> None:
        """Ends the guest and frees what it had."""
        self.gate.close()


class ComponentLibrary(Library, ModuleType):
    """A component that was loaded: what its interfaces have, as attributes.

    The members of the only interface that it exports, and functions of the world, stand at the
    top; other interfaces are attributes with members.
    """

    def __init__(self, opened: Opened) -> None:
        # What `Library` does with the exports of a module has no meaning here. It is a module of
        # Python's to `help`, which then lists what is in it.
        top = opened.plan.design.outline.top
        ModuleType.__init__(self, top.module, top.docs or None)
        self.opened = opened
        members = opened.surface.members
        self.exports = MappingProxyType({name: _said(value) for name, value in members.items()})
        self.__all__ = list(members)
        self.__dict__.update(members)

    @property
    def memory(self) -> Any:
        """A component shows no memory."""
        raise AttributeError(f"{self.opened.plan.name} is a component, which shows no memory")

    @property
    def stdout(self) -> bytes:
        """What the guest has written to its stdout so far."""
        return b"".join(self.opened.wasi.stdout)

    @property
    def stderr(self) -> bytes:
        """What the guest has written to its stderr so far."""
        return b"".join(self.opened.wasi.stderr)

    def __getitem__(self, name: str) -> Any:
        """The function, class or interface of that name.

        Raises:
            KeyError: there is none.
        """
        return self.opened.surface.members[name]

    def __getattr__(self, name: str) -> Any:
        opened = self.__dict__.get("opened")
        if opened is None or name.startswith("__"):
            raise AttributeError(name)
        from difflib import get_close_matches

        near = get_close_matches(name, opened.surface.members, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise AttributeError(f"{opened.plan.name} exports no {name}{hint}")

    async def acall(self, name: str, *args: Any) -> Any:
        """Calls a function in a thread, so that the event loop goes on meanwhile.

        A task that is cancelled while it waits here ends the guest, and waits until it has ended.
        """
        from wherever.run.load import call_in_thread

        opened = self.opened
        return await call_in_thread(opened, lambda *given: opened.call(name, given), args)

    def close(self) -> None:
        """Ends the guest and frees what it had; a call that is under way is stopped."""
        self.opened.close()

    def __exit__(self, *_: object) -> None:
        # What the library itself exports may have any name.
        ComponentLibrary.close(self)

    def __dir__(self) -> list[str]:
        own = [name for name in dir(type(self)) if name in RESERVED]
        return sorted({*own, *self.exports, "exports", "__all__", "__doc__", "__name__"})

    def __repr__(self) -> str:
        names = ", ".join(list(self.exports)[:8])
        more = ", ..." if len(self.exports) > 8 else ""
        return f"<library {self.opened.plan.name}: {names}{more}>"


def bytes_at(path: str) -> bytes:
    """A component's bytes.

    Raises:
        NotFound, InputError: it cannot be read.
    """
    try:
        if os.path.getsize(path) > LARGEST:
            raise InputError(f"{path} is larger than {LARGEST >> 20} MiB", "load a smaller one")
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        raise NotFound(f"{path}: there is no such file", "check the path") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "check the path") from None


def _said(value: Any) -> str:
    if isinstance(value, type):
        return "class"
    return "function" if callable(value) else "interface"

"""A library guest, prepared so that a fresh instance of it costs little."""

from __future__ import annotations

import mmap
import os
import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wherever.engine import abi, cache, host, native
from wherever.engine.budget import divide
from wherever.engine.gate import CallWatch, Gate
from wherever.engine.instance import Extern, Failed
from wherever.engine.memory import Memory
from wherever.engine.runtime import engine
from wherever.engine.settings import Settings
from wherever.engine.store import Store
from wherever.engine.text import binary
from wherever.engine.trap import Ending
from wherever.errors import GuestError, InputError, LimitReached, NotRunnable, Trapped
from wherever.policy.limits import Limits
from wherever.run.host import HostFunction, Prepared
from wherever.run.hosted import Written
from wherever.run.matching import matched
from wherever.run.request import What, arguments, bytes_of, environment, program_for
from wherever.run.words import words
from wherever.wasi import guard as guards
from wherever.wasi import library
from wherever.wasi.context import configure
from wherever.wasi.linker import Linker
from wherever.wasi.notes import WHY, shares_notes
from wherever.wasi.preview1 import Linked, can_guard
from wherever.wasi.signatures import MODULE
from wherever.wasm import signature
from wherever.wasm.localnames import parameter_names

_NO_LIMIT = (1 << 63) - 1
_LARGEST_TEXT = 1 << 20
_MOST_LINKERS = 64


class Blueprint:
    """Everything about a library guest but its instance.

    Args:
        what: a file, a name, or the bytes of a module.
        limits: what each call may use, and its memory.
        imports: functions for its imports, by module and name.
        hosts: host functions, which know their module and name.
        args: the arguments it finds in WASI.
        env: its environment variables.
        seed: of the random bytes of a deterministic guest; None for one that is not.

    Raises:
        NotFound, NotRunnable, NotGranted, InputError: it cannot be loaded.
    """

    def __init__(
        self,
        what: What,
        limits: Limits,
        imports: object = None,
        hosts: Iterable[HostFunction[..., Any]] = (),
        args: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        seed: int | None = None,
    ) -> None:
        program = program_for(what)
        try:
            self.name = os.path.basename(program.name) or "program.wasm"
            if program.is_script or program.starter:
                raise NotRunnable(f"{program.name} is a program, not a library", "use wherever.run")
            self._source: str | bytes = program.wasm or bytes_of(what)
            settings = Settings(limits.fuel is not None, seed is not None)
            artifact = cache.artifact(self._source, settings, name=self.name, tiers=True)
            if not isinstance(self._source, str):
                # Kept for the names of parameters only.
                self._source = self._source[:_LARGEST_TEXT]
            self._names: dict[str, list[str]] | None = {} if program.passing else None
        finally:
            program.clear()
        facts = artifact.facts
        if facts["kind"] == "component":
            raise NotRunnable(
                f"{self.name} is a component, whose values cannot cross to Python yet",
                "load a module, or use wherever.run for a command",
            )
        self.limits = limits
        self.seed = seed
        self.args = [os.fsencode(self.name), *arguments(args)]
        self.env = environment(env)
        self.hosts = matched(self.name, facts, {} if imports is None else imports, hosts)
        second = None if settings.fuel else native.found(artifact.digest)
        if second is None:
            self.engine = engine(artifact.settings, limits.stack)
            self.code = self.engine.code(artifact)
        else:
            self.engine = own = native.opened(second, limits.stack)
            self.code = own.codes[0]
        self.exports = {name: (kind, text) for name, kind, text in facts["exports"]}
        self.guard = self._guarded(artifact.settings)
        self._linkers: list[Linker] = []
        self._types: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self.budget = divide(limits.memory, [facts], 1 if self.guard else 0)

    def _guarded(self, settings: Settings) -> Any:
        names = [name for module, name, _, _ in self.code.facts["imports"] if module == MODULE]
        names = sorted({name for name in names if (MODULE, name) not in self.hosts})
        if not names:
            return None
        facts = {**self.code.facts}
        facts["imports"] = [entry for entry in facts["imports"] if entry[2] != "func"]
        if not can_guard(facts):
            raise NotRunnable(
                f"{self.name} uses WASI in a way that cannot be guarded: it needs an ordinary"
                ' memory exported as "memory", and no start function',
                "build it as a WASI reactor, or use wherever.run",
            )
        is_deterministic = settings.deterministic
        texts = [
            guards.shim(names),
            guards.guard(names, True, is_deterministic, False, shares_notes(settings)),
        ]
        shim, guard = (
            self.engine.code(cache.artifact(text, settings, name="guard", tiers=False))
            for text in texts
        )
        return shim, guard

    def parameter_names(self, export: str) -> list[str]:
        """What the writer of the module called the parameters, as far as that is known."""
        if self._names is None:
            try:
                self._names = _names_in(self._source)
            except (OSError, ValueError):
                self._names = {}
        return self._names.get(export, [])

    def types(self, export: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The types of an exported function's parameters and results."""
        known = self._types.get(export)
        if known is None:
            known = self._types[export] = signature(self.exports[export][1])
        return known

    def take_linker(self) -> Linker | None:
        """A linker that no other guest uses until `give_linker`; None where there is no guard."""
        if self.guard is None:
            return None
        try:
            return self._linkers.pop()
        except IndexError:
            return Linker(self.engine)

    def give_linker(self, linker: Linker | None) -> None:
        """The guest that had it is gone."""
        if linker is not None and len(self._linkers) < _MOST_LINKERS:
            linker.current = (None, None, None)
            self._linkers.append(linker)

    def open(self) -> Guest:
        """A fresh instance; a reactor's `_initialize` has run.

        Raises:
            LimitReached, Trapped: it did not come through its start.
        """
        return Guest(self)


class Guest:
    """One instance of a blueprint.

    Attributes:
        gate: the way into it.
        linked: its parts.
        memory: what it exports as `memory`, or None.
    """

    def __init__(self, plan: Blueprint) -> None:
        self.plan = plan
        limits = plan.limits
        watch = CallWatch(limits.timeout, limits.cpu_time)
        store = Store(plan.engine, plan.budget, None, watch)
        self.gate = Gate(store, limits.fuel)
        self.gate.explain = _explainer(weakref.ref(self))
        self.linked: Linked | None = None
        self._written = Written()
        self._memory: Memory | None = None
        self._functions: dict[str, Callable[..., Any]] = {}
        try:
            self._open(store)
        except BaseException:
            self.gate.close()
            raise

    def _open(self, store: Store) -> None:
        plan, limits = self.plan, self.plan.limits
        given = {key: self._host(key, *spec) for key, spec in plan.hosts.items()}
        if plan.guard is not None:
            configure(store, plan.args, plan.env)
        allowed = (
            _NO_LIMIT if limits.host_calls is None else limits.host_calls,
            min(limits.open_files, (1 << 31) - 1),
            _NO_LIMIT if limits.output is None else limits.output,
            _NO_LIMIT if limits.disk is None else limits.disk,
            plan.seed or 0,
        )
        written = self._written
        linker = plan.take_linker()
        self.gate.after = lambda: plan.give_linker(linker)
        with self.gate:
            try:
                self.linked = linked = library.link_library(
                    store,
                    plan.code,
                    given,
                    plan.guard,
                    allowed,
                    lambda full: written.take(library.take_captured(full)),
                    linker,
                )
            except Failed as failed:
                raise self.gate.reason(f"the start of {plan.name}", failed.ending) from None

        def release() -> None:
            linked.release()
            plan.give_linker(linker)

        self.gate.after = release
        if plan.exports.get("_initialize") == ("func", "() -> ()"):
            self.function("_initialize")()

    def _host(self, key: tuple[str, str], prepared: Prepared, params: str, results: str) -> Extern:
        function = prepared.function
        if prepared.wants_memory:
            function = _with_memory(function, weakref.ref(self))
        entry = host.Entry(self.gate, function, prepared.name, params, results)
        return Extern(self.gate.store, entry.raw)

    def export(self, name: str) -> Extern:
        """The export of that name, which the facts say is there."""
        if self.gate.is_closed:
            self.gate.check()
        assert self.linked is not None
        found = self.linked.main.export(name.encode())
        if found is None:
            raise InputError(f"{self.plan.name} exports no {name}")
        return found

    def function(self, name: str) -> Callable[..., Any]:
        """The exported function of that name, to be called from Python."""
        from wherever.engine.calls import crosses, refusing, wrapper

        names, types = self.plan.parameter_names(name), self.plan.types(name)
        if not crosses(types):
            return refusing(name, types)  # native code does not have it at all
        with self.gate.lock:
            made = wrapper(self.gate, self.export(name), name, types, names)
        # The gate does not keep this alive, and the function is nothing without it.
        vars(made)["__guest__"] = self
        return made

    def call(self, name: str, args: tuple[Any, ...]) -> Any:
        """Calls an exported function, by a wrapper of which nobody else knows."""
        known = self._functions.get(name)
        if known is None:
            from wherever.engine.calls import wrapper

            with self.gate.lock:
                known = wrapper(self.gate, self.export(name), name, self.plan.types(name))
            self._functions[name] = known
        return known(*args)

    def memory(self, name: str = "memory") -> Memory:
        """The exported memory of that name."""
        if self.gate.is_closed:
            self.gate.check()
        if self._memory is not None and name == "memory":
            return self._memory
        with self.gate.lock:
            item = self.export(name)
        if item.kind != abi.EXTERN_MEMORY:
            raise InputError(f"{name} is a shared memory, which cannot be read from Python yet")
        low_64 = any(memory[3] for memory in self.plan.code.facts["memories"])
        made = Memory(self.gate, item, low_64 and self.plan.limits.memory > 1 << 32)
        if name == "memory":
            self._memory = made
        return made

    def value(self, name: str, kind: str) -> int | float:
        """The present value of an exported global."""
        with self.gate.lock:
            return library.read_global(self.gate.store, self.export(name), kind)

    def written(self) -> tuple[bytes, bytes]:
        """What it has written to stdout and to stderr so far."""
        with self.gate.lock:
            if not self.gate.is_closed:
                self._drain()
            return b"".join(self._written.stdout), b"".join(self._written.stderr)

    def _drain(self) -> None:
        if self.linked is not None:
            self._written.take(library.take_captured(self.linked))

    def close(self) -> None:
        """Ends the guest and frees what it had."""
        self.gate.kill()
        with self.gate.lock:
            if not self.gate.is_closed:
                self._drain()
        self.gate.close()


def _explainer(guest: weakref.ref[Guest]) -> Callable[[str, Ending], GuestError]:
    """Makes the error for a call that did not come back, in words for a Python caller."""

    def explain(name: str, end: Ending) -> GuestError:
        of = guest()
        if of is None:
            return GuestError(f"{name} was stopped: {end.message or end.kind}")
        limits, why = of.plan.limits, ""
        if of.linked is not None and of.linked.notes is not None:
            report = of.linked.report()
            why = WHY[report[0]]
            if why == "exit":
                return GuestError(f"{name} ended the guest with exit code {report[1]}")
        if why:
            end = Ending("limit", 0, why, end.message, end.backtrace)
        allowed = getattr(limits, end.limit, None) if end.limit else None
        said, hint = words(end.kind, end.limit or None, allowed, allowed, end.message, python=True)
        if end.kind == "limit":
            return LimitReached(end.limit, f"{name} {said}", hint)
        if end.kind == "trapped":
            return Trapped(f"{name} was {said}", hint, end.backtrace)
        return GuestError(f"{name} was {end.kind}")

    return explain


def _with_memory(function: Callable[..., Any], guest: weakref.ref[Guest]) -> Callable[..., Any]:
    def with_memory(*values: Any) -> Any:
        of = guest()
        assert of is not None
        return function(of.memory, *values)

    return with_memory


def _names_in(source: str | bytes) -> dict[str, list[str]]:
    if isinstance(source, str):
        with open(source, "rb") as file:
            if file.read(4) == b"\0asm":
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    with memoryview(data) as view:
                        return parameter_names(view)
            file.seek(0)
            source = file.read(_LARGEST_TEXT)
    try:
        return parameter_names(binary(source))
    except NotRunnable:
        return {}

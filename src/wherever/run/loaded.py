"""From a job to loaded code: found in the cache or compiled, checked, and kept for the next run."""

from __future__ import annotations

import os

from wherever.engine import cache
from wherever.engine.budget import Budget, divide
from wherever.engine.runtime import Code, Engine, engine
from wherever.engine.settings import Settings
from wherever.engine.source import LARGEST
from wherever.engine.text import binary
from wherever.errors import InternalError, NotFound, NotRunnable
from wherever.wasi import commands, guard, worlds
from wherever.wasi.notes import shares_notes
from wherever.wasi.preview1 import Parts, can_guard, imported
from wherever.wasi.signatures import FUNCTIONS, MODULE
from wherever.wasm import facts as facts_of
from wherever.wasm.cursor import Malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.cache import Artifact
    from wherever.run.job import Job

PLAIN = ""
"""No guard where nothing is to be counted: a process that can be left."""

GUARDED = "g"
CAPTURED = "gc"
"""With the guard; and with output kept in the guard's memory."""

OPEN = "path_open"

_COMPONENT = b"\0asm\x0d\0\x01\0"

_MOST_KEPT = 64


class _NotTaken(InternalError):
    def __init__(self, artifact: Artifact, error: InternalError) -> None:
        super().__init__(error.what, error.hint)
        self.artifact = artifact


class Loaded:
    """A program ready to be instantiated.

    Attributes:
        engine: the engine its code is loaded in.
        main: the program itself, module or component.
        parts: what a preview-1 program is made of; None for a component.
        waits: it has a shared memory, and may wait in the host for somebody to write there.
    """

    __slots__ = ("_budgets", "engine", "main", "parts", "settles", "waits")

    def __init__(self, engine: Engine, main: Code, parts: Parts | None) -> None:
        self.engine = engine
        self.main = main
        self.parts = parts
        self.settles = not engine.settings.baseline
        self.waits = any(memory[2] for fact in self.facts for memory in fact.get("memories", ()))
        self._budgets: dict[int, Budget] = {}

    @property
    def facts(self) -> list[dict[str, Any]]:
        """The facts of every module that the program brings itself."""
        if self.parts is None:
            return [self.main.facts]
        if self.parts.command is not None:
            return [code.facts for code in self.parts.command.guests]
        codes = (self.main, self.parts.provide, self.parts.starter)
        return [code.facts for code in codes if code is not None]

    def budget(self, memory: int) -> Budget:
        """How a store of this program is bounded under a limit of so many bytes.

        Raises:
            LimitReached: the program needs more than that to start.
        """
        found = self._budgets.get(memory)
        if found is None:
            guards = 1 if self.parts is not None and self.parts.guard is not None else 0
            found = self._budgets[memory] = divide(memory, self.facts, guards)
        return found


_kept: dict[tuple[Any, ...], Loaded] = {}


def load(
    job: Job,
    mode: str,
    pool: int = 0,
    report: Callable[[str | None], object] | None = None,
) -> Loaded:
    """The loaded code for a job.

    Args:
        job: what to run.
        mode: `PLAIN`, `GUARDED` or `CAPTURED`; a component has no guard, whatever the mode.
        pool: instances to reserve room for, 0 to allocate on demand.
        report: gets lines of progress while something is compiled.

    Raises:
        NotFound: there is no such file.
        NotRunnable: it cannot be compiled, or needs a world that we do not host.
        NotGranted: it needs the network.

    Where the mode asks for a guard and the program cannot have one, its parts have none.
    """
    wanted = Settings(job.fuel is not None, job.deterministic)
    source = job.wasm
    if isinstance(source, str):
        try:
            seen = os.stat(source)
        except OSError as error:
            raise NotFound(f"{source}: {error.strerror}") from None
        identity: Any = (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
    else:
        identity = None
    trace = job.trace and bool(mode)
    key = (source, identity, job.provide, job.starter, wanted.key, job.stack, mode, trace, pool)
    known = _kept.get(key)
    if known is not None and known.settles:
        return known
    try:
        loaded = _load(job, wanted, mode, trace, pool, report)
    except _NotTaken as refused:
        # Code may be too big for a slot of the pool. Other code is damaged, and made anew once.
        if not pool:
            cache.discard(refused.artifact)
        loaded = _load(job, wanted, mode, trace, 0, report)
    if len(_kept) >= _MOST_KEPT:
        _kept.pop(next(iter(_kept)), None)
    _kept[key] = loaded
    return loaded


def _load(
    job: Job,
    wanted: Settings,
    mode: str,
    trace: bool,
    pool: int,
    report: Callable[[str | None], object] | None,
    tiers: bool = True,
) -> Loaded:
    capture = mode == CAPTURED

    def companions(facts: dict[str, Any]) -> list[bytes]:
        names = sorted({name for module, name, _, _ in facts["imports"] if module == MODULE})
        if job.provide or job.starter or not can_guard(facts) or not (mode or OPEN in names):
            return []
        if not FUNCTIONS.keys() >= set(names):  # it is refused, in words, once it is compiled
            return []
        return texts(names, wanted)

    def texts(names: list[str], settings: Settings) -> list[bytes]:
        shared = shares_notes(settings)
        return [guard.shim(names), guard.guard(names, capture, wanted.deterministic, trace, shared)]

    source = job.wasm
    artifact = cache.cached(source, wanted) if isinstance(source, str) else None
    if artifact is None:
        found = asking(source)
        if found is not None:
            return _command(job, *found, wanted, texts, report)
        artifact = cache.artifact(
            source, wanted, name=job.name, report=report, companions=companions, tiers=tiers
        )
    settings = artifact.settings
    if commands.wants_http(artifact.facts):
        return _command(job, binary(_read(source)), artifact.facts, wanted, texts, report)
    home = engine(settings, job.stack, pool)
    provide = _recipe(home, job.provide, settings)
    provided = [name for name, _, _ in provide.facts["exports"]] if provide else []
    worlds.refuse(artifact.facts, provided)
    main = _code(home, artifact)
    if main.is_component:
        return Loaded(home, main, None)
    starter = _recipe(home, job.starter, settings)
    names = imported(main, provide, starter)
    # Whatever opens files is guarded, for its /dev/null.
    if not can_guard(main.facts) or not (mode or OPEN in names):
        return Loaded(home, main, Parts(main, provide, starter))
    shim, guarded = [
        _code(home, cache.artifact(text, settings, name="guard", tiers=False))
        for text in texts(names, settings)
    ]
    return Loaded(home, main, Parts(main, provide, starter, shim, guarded))


def _command(
    job: Job,
    data: bytes,
    facts: dict[str, Any],
    settings: Settings,
    texts: Callable[[list[str], Settings], list[bytes]],
    report: Callable[[str | None], object] | None,
) -> Loaded:
    """A component that asks for HTTP, run by a shim, which is guarded as what it is: a module."""
    worlds.refuse(facts)
    command = commands.lay_out(job.name, data, facts, settings, job.stack, report)
    own = command.engine.settings
    shim, guarded = [
        _code(command.engine, cache.artifact(text, own, name="guard", tiers=False))
        for text in texts(imported(command.main), own)
    ]
    parts = Parts(command.main, shim=shim, guard=guarded, command=command)
    return Loaded(command.engine, command.main, parts)


def asking(source: str | bytes) -> tuple[bytes, dict[str, Any]] | None:
    """What a component holds that asks for HTTP, and its facts; None for all else.

    Nothing is compiled for that: the engine's code for it would never be used.
    """
    if isinstance(source, str):
        try:
            with open(source, "rb") as file:
                if file.read(8) != _COMPONENT:
                    return None
        except OSError:
            return None
    elif source[:8] != _COMPONENT:
        return None
    data = _read(source)
    try:
        found = facts_of(data)
    except Malformed:
        return None  # whoever compiles it says what is wrong with it
    return (data, found) if commands.wants_http(found) else None


def _read(source: str | bytes) -> bytes:
    if isinstance(source, bytes):
        return source
    try:
        if os.path.getsize(source) > LARGEST:
            raise NotRunnable(f"it is larger than {LARGEST >> 20} MiB")
        with open(source, "rb") as file:
            return file.read()
    except OSError as error:
        raise NotFound(f"{source}: {error.strerror}") from None


def _recipe(home: Engine, path: str, settings: Settings) -> Code | None:
    if not path:
        return None
    # It runs beside the program, so it has to come from the same compiler.
    return _code(home, cache.artifact(path, settings, tiers=False))


def _code(home: Engine, artifact: Artifact) -> Code:
    try:
        return home.code(artifact)
    except InternalError as error:
        raise _NotTaken(artifact, error) from None

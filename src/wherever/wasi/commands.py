"""Components that are commands and ask for HTTP, as core modules beside a shim.

The shim is a program of preview 1 whose main function is the component's: what the component
imports of WASI 0.2 are the shim's functions, and what these need of the host they take from preview
1, behind the same guard as that of any other program. For the network alone the shim has a function
of the host's; see `outgoing.py`.
"""

from __future__ import annotations

from wherever.component.broken import Broken
from wherever.component.flat import Flat, NotFlat, flattened
from wherever.component.straight import straighten
from wherever.engine import cache
from wherever.engine.runtime import engine
from wherever.engine.settings import Settings
from wherever.errors import NotRunnable
from wherever.wasi.preview2 import command
from wherever.wasi.shimming import Shimmed
from wherever.wasm.cursor import Malformed
from wherever.wasm.defining import definitions
from wherever.wasm.definitions import core_modules
from wherever.wasm.starting import deferred

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from wherever.engine.assembly import Part
    from wherever.engine.cache import Artifact
    from wherever.engine.runtime import Code, Engine

HTTP = "wasi:http/"
RUN = "wasi:cli/run#run"

_MADE_FOR_ONE = "build it as one program: what composes several cannot be given HTTP yet"


class Command:
    """A command, ready to be instantiated.

    Attributes:
        engine: where its code is loaded.
        parts: what is instantiated, in order; the first is the shim, a program of preview 1.
        guests: the code of the component's own modules.
        memories: the memories that these export: the part, and the name.
    """

    def __init__(self, engine: Engine, parts: list[Part], guests: list[Code]) -> None:
        self.engine = engine
        self.parts = parts
        self.guests = guests
        own = {code.pointer for code in guests}
        self.memories = [
            (number, name.encode())
            for number, part in enumerate(parts)
            if part.code.pointer in own
            and any(not imported for *_, imported, _ in part.code.facts["memories"])
            for name, kind, _ in part.code.facts["exports"]
            if kind == "memory"
        ]

    @property
    def main(self) -> Code:
        """The code of the shim."""
        return self.parts[0].code


def wants_http(facts: dict[str, Any]) -> bool:
    """Whether a component imports `wasi:http`, so that the engine cannot run it."""
    return facts["kind"] == "component" and any(
        name.startswith(HTTP) for _, name, _, _ in facts["imports"]
    )


def lay_out(
    name: str,
    data: bytes,
    facts: dict[str, Any],
    settings: Settings,
    stack: int,
    report: Callable[[str | None], object] | None = None,
    tiers: bool = True,
) -> Command:
    """A component's command; its modules are compiled in a process of their own.

    Args:
        name: what messages call it.
        data: the component.
        facts: of it.
        settings: by which it is compiled.
        stack: bytes of native stack.
        report: gets lines of progress while something is compiled.
        tiers: False to wait for the optimised code.

    Raises:
        NotRunnable: it is no command, or one that nothing here can run.
    """
    interface = command(facts)
    try:
        found = definitions(data)
        flat = Flat(found)
        offered = flat.exports.get(RUN)
        if offered is None or flattened(offered.type) != ((), ("i32",)):
            raise NotRunnable(f"its {interface} has no function run", "build it anew")
        sizes = {each.start: each.size for each in core_modules(found)}
        acting = {
            number
            for number, step in enumerate(flat.steps)
            if deferred(data[step.start : step.start + sizes[step.start]]) is not None
        }
        straighten(flat, flat.first(offered), sizes.__getitem__, data, acting)
        modules = {
            step.start: data[step.start : step.start + sizes[step.start]]
            for number, step in enumerate(flat.steps)
            if number not in flat.left_out
        }
        artifacts, chosen = _compiled(name, modules, settings, report, tiers)
        for artifact in artifacts.values():
            if any(shared for _, _, shared, _, _, _ in artifact.facts["memories"]):
                raise NotRunnable("it shares memory between threads", "build it without threads")
        home = engine(chosen, stack)
        codes = {start: home.code(artifact) for start, artifact in artifacts.items()}
        shimmed = Shimmed(flat, codes, home, chosen, offered, is_command=True)
    except Malformed as error:
        raise NotRunnable(f"it is {error}", "build it anew") from None
    except Broken as error:
        raise NotRunnable(f"it {error}", "build it anew") from None
    except NotFlat as error:
        raise NotRunnable(f"it asks for HTTP, and {error.what}", _MADE_FOR_ONE) from None
    return Command(home, shimmed.parts, list(codes.values()))


def _compiled(
    name: str,
    modules: dict[int, bytes],
    settings: Settings,
    report: Callable[[str | None], object] | None,
    may_tier: bool,
) -> tuple[dict[int, Artifact], Settings]:
    """The code of all modules, by one compiler: the fast one where that was there for any first."""

    def compiled(wanted: Settings, tiers: bool) -> dict[int, Artifact]:
        return {
            start: cache.artifact(data, wanted, name=name, tiers=tiers, report=report)
            for start, data in modules.items()
        }

    found = compiled(settings, may_tier)
    if all(each.settings.key == settings.key for each in found.values()):
        return found, settings
    baseline = Settings(settings.fuel, baseline=True)
    try:
        return compiled(baseline, False), baseline
    except NotRunnable:
        # There are modules that the fast one does not take.
        return compiled(settings, False), settings

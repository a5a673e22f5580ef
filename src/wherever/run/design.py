"""A component as it is before anybody says what it may use: read once for all its instances."""

from __future__ import annotations

import re

from wherever.component.python.names import camel, short, snake
from wherever.component.python.outline import Outline
from wherever.engine import cache, native
from wherever.engine.digesting import sha256
from wherever.engine.runtime import engine
from wherever.engine.settings import Settings
from wherever.errors import NotRunnable
from wherever.wasm.defining import definitions
from wherever.wasm.definitions import core_modules
from wherever.wit.api import needed
from wherever.wit.reading import world

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from wherever.engine.cache import Artifact
    from wherever.engine.runtime import Code, Engine

    Coded = tuple[Engine, Mapping[int, Code]]


class Design:
    """What is in a component, and what Python has of it.

    Args:
        name: what messages call it.
        data: its bytes.
        module: what its classes say they belong to, where it can be imported.

    Attributes:
        name: the same.
        world: what it imports and exports.
        definitions: what it is made of.
        outline: its classes, which all instances share.

    Raises:
        NotRunnable: it is malformed, or has what nothing here can say.
    """

    def __init__(self, name: str, data: bytes, module: str = "") -> None:
        self.name = name
        self.world = world(data)
        self.definitions = definitions(data)
        self.outline = Outline(self.world, module or _module_name(name))
        self._data = data
        self._codes: dict[tuple[str, int], Coded] = {}

    @property
    def wants(self) -> list[str]:
        """The functions and classes that a host must give."""
        found = (
            (each, snake(own.name) if own.resource is None else camel(own.resource.name))
            for each in needed(self.world)
            for own in each.functions
        )
        names = [f"{snake(short(each.name))}.{name}".lstrip(".") for each, name in found]
        return list(dict.fromkeys(names))

    def codes(self, settings: Settings, stack: int) -> Coded:
        """The code of its core modules, by where their bytes begin, and the engine it is for.

        Args:
            settings: how it is compiled; where they allow that, first by the fast compiler.
            stack: bytes of native stack that calls may use.
        """
        key = settings.key, stack
        known = self._codes.get(key)
        if known is None and (second := self._native(settings)) is not None:
            own = native.opened(second, stack)
            known = self._codes[key] = own, own.codes
        if known is None:
            artifacts = self._artifacts(settings)
            fits = next(iter(artifacts.values())).settings if artifacts else settings
            made = engine(fits, stack)
            codes = {start: made.code(artifact) for start, artifact in artifacts.items()}
            known = self._codes[key] = made, codes
        return known

    def _native(self, settings: Settings) -> Artifact | None:
        """Code of the second tier, where the user had it made; it counts no instructions."""
        if settings.fuel or not native.is_used():
            return None
        return native.found(sha256(self._data))

    def _artifacts(self, settings: Settings) -> dict[int, Artifact]:
        """Native code of all core modules by one compiler: that of two does not fit together."""
        found = self.compiled(settings, tiers=True)
        if len({each.settings.key for each in found.values()}) < 2:
            return found
        try:
            return self.compiled(Settings(settings.fuel, baseline=True))
        except NotRunnable:
            return self.compiled(settings)  # some use what only this compiler has

    def compiled(self, settings: Settings, tiers: bool = False) -> dict[int, Artifact]:
        """Native code of its core modules, by where their bytes begin, made where it is not there.

        Args:
            settings: how it is compiled.
            tiers: whether that of the fast compiler will do for a big one.
        """
        return {
            each.start: cache.artifact(
                self._data[each.start : each.start + each.size],
                settings,
                name=self.name,
                tiers=tiers,
            )
            for each in core_modules(self.definitions)
        }


def _module_name(name: str) -> str:
    """What classes say they belong to where nothing can be imported: the file's name."""
    return re.sub(r"\W", "_", name.removesuffix(".wasm")) or "library"

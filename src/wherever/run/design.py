"""A component as it is before anybody says what it may use: read once for all its instances."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherever.component.python.names import camel, short, snake
from wherever.component.python.outline import Outline
from wherever.engine import cache
from wherever.engine.runtime import Code, Engine
from wherever.engine.settings import Settings
from wherever.wasm.defining import definitions
from wherever.wasm.definitions import CoreModule, Definition, Nested
from wherever.wit.api import needed
from wherever.wit.reading import world


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
        self._codes: dict[int, dict[int, Code]] = {}

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

    def codes(self, engine: Engine, settings: Settings) -> dict[int, Code]:
        """The code of its core modules for an engine, by where their bytes begin."""
        known = self._codes.get(id(engine))
        if known is None:
            known = self._codes[id(engine)] = {
                each.start: engine.code(
                    cache.artifact(
                        self._data[each.start : each.start + each.size],
                        settings,
                        name=self.name,
                        tiers=False,
                    )
                )
                for each in _modules(self.definitions)
            }
        return known


def _modules(found: tuple[Definition, ...]) -> Iterator[CoreModule]:
    for each in found:
        if isinstance(each, CoreModule):
            yield each
        elif isinstance(each, Nested):
            yield from _modules(each.definitions)


def _module_name(name: str) -> str:
    """What classes say they belong to where nothing can be imported: the file's name."""
    return re.sub(r"\W", "_", name.removesuffix(".wasm")) or "library"

"""A library's functions and types as data, which its package's code works by."""

from __future__ import annotations

import json

from wherever.bind.typescript.names import camel, pascal
from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.bind.library import Library
    from wherever.bind.typescript.surface import Group, Surface
    from wherever.wit.model import Function, Type


def description(library: Library, surface: Surface) -> str:
    """The module `description.js`."""
    table = _Table(surface)
    functions = []
    for index, group in enumerate(surface.groups):
        named = [*group.functions, *(each for one in group.classes for each in one.functions)]
        functions += [table.function(index, each.name, each.function) for each in named]
    facts = {
        "name": library.name,
        "digest": library.digest,
        "types": table.types,
        "resources": table.resources,
        "interfaces": [_interface(each) for each in surface.groups],
        "functions": functions,
    }
    lines = [f"  {json.dumps(key)}: {_lines(value)}" for key, value in facts.items()]
    return "/** What the library exports and imports. */\nexport const description = {\n" + (
        ",\n".join(lines) + "\n};\n"
    )


def _lines(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=True)
    inner = ",\n".join(f"    {json.dumps(each)}" for each in value)
    return f"[\n{inner},\n  ]"


def _interface(group: Group) -> dict[str, Any]:
    name = group.interface.name
    facts: dict[str, Any] = {"at": group.at, "exported": group.exported}
    if group.exported:
        return {"key": name if ":" in name else camel(name), **facts}
    # jco drops the version of what it imports where there is only one.
    return {"keys": [name, name.partition("@")[0]] if "@" in name else [name], **facts}


class _Table:
    def __init__(self, surface: Surface) -> None:
        self.types: list[Any] = []
        self.resources: list[dict[str, Any]] = []
        self._types: dict[Type, int] = {}
        self._resources: dict[Type, int] = {}
        bare = (at for at, each in enumerate(surface.groups) if not each.interface.name)
        self._bare = {at for at in bare if not surface.groups[at].exported}
        for index, group in enumerate(surface.groups):
            for each in group.classes:
                self._resources[each.type] = len(self.resources)
                self.resources.append(
                    {
                        "name": each.name,
                        "core": pascal(each.type.name),
                        "of": index,
                        "exported": group.exported,
                    }
                )

    def function(self, index: int, name: str, function: Function) -> dict[str, Any]:
        owner = function.resource
        return {
            "of": index,
            "kind": function.kind,
            "resource": None if owner is None else self._resources[owner],
            "name": name,
            # jco asks for functions of the world itself by their own names.
            "core": function.name if index in self._bare else camel(function.name),
            "params": [camel(each) for each, _ in function.params],
            "types": [self._type(kind) for _, kind in function.params],
            "result": self._maybe(function.result),
        }

    def _type(self, kind: Type) -> int:
        found = self._types.get(kind)
        if found is None:
            made = self._made(kind)
            found = self._types[kind] = len(self.types)
            self.types.append(made)
        return found

    def _maybe(self, kind: Type | None) -> int | None:
        return None if kind is None else self._type(kind)

    def _made(self, kind: Type) -> Any:
        if kind.kind in PLAIN:
            return kind.kind
        match kind.kind:
            case "own" | "borrow":
                return [kind.kind, self._resources[kind.inner]]
            case "list" | "option":
                return [kind.kind, self._type(kind.inner)]
            case "tuple":
                return [kind.kind, [self._maybe(each) for _, each in kind.parts]]
            case "result":
                return [kind.kind, *(self._maybe(each) for _, each in kind.parts)]
            case "record":
                return [kind.kind, [[camel(name), self._maybe(each)] for name, each in kind.parts]]
            case "variant":
                return [kind.kind, [[name, self._maybe(each)] for name, each in kind.parts]]
            case "flags":
                return [kind.kind, [camel(name) for name, _ in kind.parts]]
            case _:
                return [kind.kind, [name for name, _ in kind.parts]]

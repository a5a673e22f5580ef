"""A world of WIT, as wasm-tools reads it: what it imports and exports, every type resolved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from wherever.build.wat import wasm_tools
from wherever.errors import InputError
from wherever.wit.model import PLAIN, Function, Interface, Type, World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project

_LISTED = {"record": "fields", "variant": "cases", "enum": "cases", "flags": "flags"}
"""Where a type's parts are listed, which have docs of their own."""

_BY_HAND = "write its functions by hand, as the canonical ABI names them, without the bindings"


def source(project: Project) -> Path:
    """The file or folder with the WIT of a project's world.

    Raises:
        InputError: there is none.
    """
    path = project.folder / (project.manifest.build.wit or "wit")
    if not path.exists():
        raise InputError(
            f"{project.name}: there is no {path.name} with the WIT of its world",
            "name it: wit = 'FOLDER' in [build]",
        )
    return path


def read(project: Project, scratch: Path) -> World:
    """The world that a project names in its manifest, or the only one of its WIT.

    Raises:
        InputError: the WIT is wrong, has no such world, or more than bindings can say.
    """
    path = source(project)
    words = ("component", "wit", "--json", path)
    return parse(
        wasm_tools(scratch, project.folder, *words, stdout=True), project.manifest.build.world
    )


def parse(text: str, wanted: str = "") -> World:
    """The world of a name, or the only one of the last package, in what `wit --json` wrote."""
    return _Reader(json.loads(text)).world(wanted)


class _Reader:
    def __init__(self, read: dict[str, Any]) -> None:
        self._read = read
        self._types: dict[int, Type] = {}
        self._homes: dict[int, str] = {}

    def world(self, wanted: str) -> World:
        world = self._chosen(wanted)
        imports = self._interfaces(world["imports"])
        exports = self._interfaces(world["exports"])
        both = {each.name for each in imports} & {each.name for each in exports}
        for each in exports:
            if each.name in both and any(found.kind == "resource" for _, found in each.types):
                raise InputError(
                    f"the world imports and exports {each.name}, which has resources", _BY_HAND
                )
        package = self._read["packages"][world["package"]]["name"]
        return World(_in_package(package, world["name"]), imports, exports, _docs(world))

    def _chosen(self, wanted: str) -> dict[str, Any]:
        last = len(self._read["packages"]) - 1  # after all those that it depends on
        own = [world for world in self._read["worlds"] if world["package"] == last]
        short = re.sub(r"@.*", "", wanted.rpartition("/")[2])
        found = [world for world in own if world["name"] == short or not wanted]
        there = ", ".join(world["name"] for world in own) or "none"
        if wanted and not found:
            raise InputError(f"the WIT has no world {wanted[:60]!a}", f"there is: {there}")
        if len(found) != 1:
            raise InputError(
                f"the WIT has {len(found)} worlds", f"name one with world in [build]: {there}"
            )
        return dict(found[0])

    def _interfaces(self, items: dict[str, Any]) -> tuple[Interface, ...]:
        for key, item in items.items():
            if "interface" in item:
                self._homes[item["interface"]["id"]] = self._name(key, item["interface"]["id"])
        found = []
        for item in items.values():
            if "interface" in item:
                number = item["interface"]["id"]
                interface = self._read["interfaces"][number]
                types = tuple((name, self._type(at)) for name, at in interface["types"].items())
                functions = [self._function(each) for each in interface["functions"].values()]
                docs = _docs(interface)
                found.append(Interface(self._homes[number], types, tuple(functions), docs))
        types = tuple(
            (key, self._type(each["type"])) for key, each in items.items() if "type" in each
        )
        own = [self._function(each["function"]) for each in items.values() if "function" in each]
        return (*found, Interface("", types, tuple(own))) if types or own else tuple(found)

    def _name(self, key: str, number: int) -> str:
        interface = self._read["interfaces"][number]
        if not interface["name"]:
            return key
        return _in_package(self._read["packages"][interface["package"]]["name"], interface["name"])

    def _function(self, item: dict[str, Any]) -> Function:
        kind, number = item["kind"], None
        if isinstance(kind, dict):
            ((kind, number),) = kind.items()
        if kind not in ("freestanding", "constructor", "method", "static"):
            raise InputError(f"bindings have no words for {item['name']}, which is async", _BY_HAND)
        name = re.sub(r"^\[[a-z-]+\][^.]*\.?", "", item["name"])
        params = tuple((each["name"], self._type(each["type"])) for each in item["params"])
        result = item.get("result")
        return Function(
            name=name,
            core=item["name"],
            params=params,
            result=None if result is None else self._type(result),
            kind="function" if kind == "freestanding" else kind,
            resource=None if number is None else self._type(number),
            docs=_docs(item),
        )

    def _type(self, at: str | int) -> Type:
        if isinstance(at, str):
            if at not in PLAIN:
                raise InputError(f"bindings have no words for the type {at}", _BY_HAND)
            return Type(at)
        if at not in self._types:
            self._types[at] = self._made(self._read["types"][at])
        return self._types[at]

    def _made(self, item: dict[str, Any]) -> Type:
        name, home = item["name"] or "", self._home(item["owner"])
        if item["kind"] == "resource":
            return Type("resource", (), name, home, _docs(item))
        ((kind, body),) = item["kind"].items()
        parts: list[tuple[str, Type | None]]
        match kind:
            case "type":
                return self._type(body)
            case "handle":
                ((kind, resource),) = body.items()
                return Type(kind, (("", self._type(resource)),))
            case "list":
                return Type("list", (("", self._type(body)),))
            case "option":
                return Type("option", (("none", None), ("some", self._type(body))))
            case "result":
                parts = [(case, self._maybe(body[case])) for case in ("ok", "err")]
                return Type("result", tuple(parts))
            case "tuple":
                parts = [(f"f{at}", self._type(each)) for at, each in enumerate(body["types"])]
                return Type("tuple", tuple(parts))
            case "record":
                parts = [(each["name"], self._type(each["type"])) for each in body["fields"]]
            case "variant":
                parts = [(each["name"], self._maybe(each.get("type"))) for each in body["cases"]]
            case "enum":
                parts = [(each["name"], None) for each in body["cases"]]
            case "flags":
                parts = [(each["name"], None) for each in body["flags"]]
            case _:
                raise InputError(f"bindings have no words for the type {kind}", _BY_HAND)
        listed = body.get(_LISTED[kind], ()) if kind in _LISTED else ()
        notes = tuple(_docs(each) for each in listed)
        return Type(kind, tuple(parts), name, home, _docs(item), notes if any(notes) else ())

    def _maybe(self, at: str | int | None) -> Type | None:
        return None if at is None else self._type(at)

    def _home(self, owner: dict[str, int] | None) -> str:
        if owner is None or "interface" not in owner:
            return ""
        number = owner["interface"]
        return self._homes.get(number) or self._name("", number)


def _docs(item: dict[str, Any]) -> str:
    return str((item.get("docs") or {}).get("contents") or "")


def _in_package(package: str, name: str) -> str:
    base, at, version = package.partition("@")
    return f"{base}/{name}{at}{version}"

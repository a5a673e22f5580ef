"""What TypeScript's checker said of a module, as types and functions of WIT, and as glue."""

from __future__ import annotations

from typing import Any

from wherever.build.deriving.derived import kebab
from wherever.wit.model import Function, Type

_WHOLE = {
    f"{sign}{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1)
    if sign == "s"
    else (0, (1 << bits) - 1)
    for sign in "us"
    for bits in (8, 16, 32)
}
_SELF = "self"


class Api:
    """An interface, from the names and types of a module's exports.

    Attributes:
        wit_types: its types with names, resources first.
        wit_functions: its functions.
        glue: the same for the prelude, with the names of both sides.
        refused: what cannot be named in WIT, as `what` and `hint`.
    """

    def __init__(
        self,
        home: str,
        functions: list[dict[str, Any]],
        classes: list[dict[str, Any]],
        types: list[dict[str, Any]],
    ) -> None:
        self.refused: list[dict[str, str]] = []
        self.wit_types: list[Type] = []
        self.wit_functions: list[Function] = []
        self._home = home
        self._taken: dict[str, str] = {}
        self._named: list[Type] = []
        self._resources: dict[str, Type] = {}
        for function in functions:
            self._take(self._label(function["name"]), f"the function {function['name']}")
        for each in classes:
            name = self._type_name(each["name"], "resource")
            self._resources[each["name"]] = Type("resource", (), name, home, each["docs"])
            self.wit_types.append(self._resources[each["name"]])
        glue_types = [self._define(each) for each in types]
        self.glue: dict[str, Any] = {
            "types": glue_types,
            "classes": [self._class(each) for each in classes],
            "functions": [self._function(each) for each in functions],
        }

    # ----- names

    def _label(self, name: str) -> str:
        made = kebab(name)
        if not made or not name.isascii():
            self._refuse(f"{name!r} is no name in WIT", "use the letters a to z and digits")
        return made or "x"

    def _take(self, name: str, what: str) -> None:
        if name in self._taken:
            self._refuse(
                f"{what} and {self._taken[name]} are both called {name} in WIT",
                "rename one of them",
            )
        self._taken[name] = what

    def _type_name(self, name: str, kind: str) -> str:
        """A name for a type; types and functions of an interface share their names."""
        made = self._label(name)
        if made in self._taken:
            made = f"{made}-{kind}"
        self._take(made, f"the type {name}")
        return made

    def _labels(self, names: list[str], of: str) -> list[str]:
        made: dict[str, str] = {}
        for name in names:
            label = self._label(name)
            if label in made:
                both = f"{made[label]!r} and {name!r} of {of}"
                self._refuse(f"{both} are both called {label} in WIT", "rename one of them")
            made[label] = name
        return [self._label(name) for name in names]

    def _refuse(self, what: str, hint: str) -> None:
        said = {"what": what, "hint": hint}
        if said not in self.refused:
            self.refused.append(said)

    # ----- types

    def _define(self, each: dict[str, Any]) -> dict[str, Any]:
        shown = " ".join(each["name"])
        kind = str(each["kind"])
        name = self._type_name("-".join(each["name"]), kind)
        items = each["fields"] if kind == "record" else each["cases"]
        words = [str(item["value"] if kind == "variant" else item["name"]) for item in items]
        labels = self._labels(words, shown)
        types = [self._type(item["type"]) if item.get("type") else None for item in items]
        notes = tuple(item.get("docs", "") for item in items)
        parts = tuple(zip(labels, types, strict=True))
        made = Type(kind, parts, name, self._home, each["docs"], notes)
        self._named.append(made)
        self.wit_types.append(made)
        rows: list[list[Any]]
        if kind == "record":
            rows = [
                [item["name"], camel(label), self._glue(item["type"]), item["optional"]]
                for item, label in zip(items, labels, strict=True)
            ]
            return {"kind": kind, "fields": rows, "constants": each["constants"]}
        if kind == "enum":
            return {
                "kind": kind,
                "cases": [
                    [item["value"], label] for item, label in zip(items, labels, strict=True)
                ],
            }
        rows = [
            [item["value"], label, item["key"], item["type"] and self._glue(item["type"])]
            for item, label in zip(items, labels, strict=True)
        ]
        return {"kind": kind, "key": each["key"], "cases": rows}

    def _type(self, each: dict[str, Any], handle: str = "own") -> Type:
        kind = each["kind"]
        if kind == "ref":
            return self._named[int(each["at"])]
        if kind == "class":
            return Type(handle, (("", self._resources[each["name"]]),))
        if kind == "list":
            return Type("list", (("", self._type(each["of"], handle)),))
        if kind == "option":
            return Type("option", (("none", None), ("some", self._type(each["of"], handle))))
        if kind == "tuple":
            inner = [self._type(part, handle) for part in each["of"]]
            return Type("tuple", tuple((f"f{at}", part) for at, part in enumerate(inner)))
        return Type(str(kind))

    def _glue(self, each: dict[str, Any]) -> dict[str, Any]:
        kind = each["kind"]
        if kind in _WHOLE:
            return {
                "kind": "whole",
                "name": kind,
                "least": _WHOLE[kind][0],
                "most": _WHOLE[kind][1],
            }
        if kind in ("list", "option"):
            return {**each, "of": self._glue(each["of"])}
        if kind == "tuple":
            return {**each, "of": [self._glue(part) for part in each["of"]]}
        return each

    # ----- functions

    def _function(
        self, each: dict[str, Any], kind: str = "function", owner: str = ""
    ) -> dict[str, Any]:
        name = self._label(each["name"])
        resource = self._resources[owner] if owner else None
        params = [
            (label, self._type(param["type"], "borrow"))
            for label, param in zip(
                self._labels([param["name"] for param in each["params"]], f"{each['name']}()"),
                each["params"],
                strict=True,
            )
        ]
        result = each.get("result") and self._type(each["result"])
        thrown = each.get("throws") or []
        if thrown:
            where = f"{owner}-{each['name']}" if owner else each["name"]
            result = Type("result", (("ok", result), ("err", self._error(thrown, where))))
        core = name
        if resource is not None:
            core = f"[{kind}]{resource.name}" + ("" if kind == "constructor" else f".{name}")
            if kind == "method":
                params.insert(0, (_SELF, Type("borrow", (("", resource),))))
        made = Function(name, core, tuple(params), result, kind, resource, each["docs"])
        self.wit_functions.append(made)
        return {
            "name": each["name"],
            "wit": camel(name),
            "params": [self._glue(param["type"]) for param in each["params"]],
            "rest": any(param["rest"] for param in each["params"]),
            "result": self._glue(each["result"]) if each.get("result") else None,
            "throws": [
                [one["name"], one["global"], kebab(one["name"]), one["type"]] for one in thrown
            ],
            "read": each.get("read", False),
        }

    def _error(self, thrown: list[dict[str, Any]], where: str) -> Type:
        types = [self._type(one["type"]) if one["type"] else Type("string") for one in thrown]
        if len(types) == 1:
            return types[0]
        labels = self._labels([one["name"] for one in thrown], f"what {where} throws")
        name = self._type_name(f"{where}-error", "variant")
        made = Type("variant", tuple(zip(labels, types, strict=True)), name, self._home)
        self.wit_types.append(made)
        return made

    def _class(self, each: dict[str, Any]) -> dict[str, Any]:
        name = self._resources[each["name"]].name
        upper = camel(name)
        members = [*each["methods"], *each["statics"]]
        self._labels([member["name"] for member in members], f"the class {each['name']}")
        made = {"name": each["name"], "wit": upper[:1].upper() + upper[1:], "constructor": None}
        if each["constructor"]:
            made["constructor"] = self._function(each["constructor"], "constructor", each["name"])
        for key, kind in (("methods", "method"), ("statics", "static")):
            made[key] = [self._function(member, kind, each["name"]) for member in each[key]]
        return made


def camel(name: str) -> str:
    """A name of WIT as JavaScript writes it.

    >>> camel("read-all")
    'readAll'
    """
    first, *rest = name.split("-")
    return first.lower() + "".join(word[:1].upper() + word[1:].lower() for word in rest)

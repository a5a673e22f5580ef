"""The `.pyi` of a library: what its module, its instances and its types are to a type checker."""

from __future__ import annotations

import enum
import inspect
from typing import Any

from wherever.bind.python.writing import Writer, docstring
from wherever.component.python.classes import case_names, trailing_options
from wherever.component.python.names import free
from wherever.component.python.outline import Outline, Signature, Space
from wherever.errors import ResultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wherever.wit.model import Type

_STEP = "    "


class Stub:
    """The stub of one module of a package.

    Args:
        outline: the whole library.
        space: what the module holds.
    """

    def __init__(self, outline: Outline, space: Space) -> None:
        self._outline = outline
        self._space = space
        self._is_top = space is outline.top
        self.library = free("Library", outline.top.members)
        self._others: set[str] = set()
        self._classes: dict[Any, str] = {}
        for each in outline.spaces:
            for name, item in each.members.items():
                if isinstance(item, type) and item not in self._classes:
                    inner = each is space or (item.__module__ == space.module)
                    self._classes[item] = name if inner else f"{self._alias(each)}.{name}"
        self._writer = Writer(self._names(), _Seen(self._classes, self._others))

    def _alias(self, space: Space) -> str:
        return f"_{space.name or 'top'}"

    def _names(self) -> set[str]:
        """Every name that is defined, at any depth."""
        found = {"open", self.library}
        for name, item in self._space.members.items():
            found.add(name)
            if isinstance(item, type):
                found.update(vars(item))
                found.update(
                    *(vars(each) for each in vars(item).values() if isinstance(each, type))
                )
        for kind in self._space.kinds.values():
            found.update(each.name for each in self._outline.methods.get(kind, ()))
        return found

    def text(self) -> str:
        """The stub."""
        lines: list[str] = []
        aliases: list[str] = []
        for name, item in self._space.members.items():
            if isinstance(item, Space):
                continue
            if isinstance(item, Signature):
                if not self._outline.imports:
                    lines += ["", *self._function(item, "")]
                continue
            aliases.append(f"_{name} = {name}")
            if item.__name__ != name or item.__module__ != self._space.module:
                lines += ["", f"{name} = {self._elsewhere(item)}"]
            else:
                lines += ["", *self._class(name, item)]
        tail = ["", *aliases, "", *self._instance()]
        if self._is_top:
            tail += ["", *self._open()]
        head = self._writer.imports()
        spaces = [each for each in self._outline.spaces[1:] if self._is_top]
        local = [f"from . import {each.name} as {each.name}" for each in spaces]
        local += [f"from . import {each.name} as {self._alias(each)}" for each in spaces]
        if not self._is_top:
            for each in self._outline.spaces:
                if self._alias(each) in self._others:
                    local.append(
                        f"from . import {each.name} as {self._alias(each)}"
                        if each.name
                        else f"import {self._outline.module} as {self._alias(each)}"
                    )
        docs = docstring(self._space.docs, "")
        version = ["", "__version__: str"] if self._is_top else []
        return "\n".join([*docs, *head, *local, *version, *lines, *tail]) + "\n"

    def _elsewhere(self, item: Any) -> str:
        for each in self._outline.spaces:
            for name, found in each.members.items():
                if found is item and each.module == item.__module__ and name == item.__name__:
                    if each is self._space:
                        return name
                    self._others.add(self._alias(each))
                    return f"{self._alias(each)}.{name}"
        raise AssertionError(item)

    # ----- functions

    def _function(self, made: Signature, indent: str, own: str = "") -> list[str]:
        bare = 0 if made.function.kind == "method" else -1
        params = [
            f"{name}{'' if at == bare else ': ' + self._writer.hint(hint)}"
            f"{' = None' if at >= made.options else ''}"
            for at, (name, hint) in enumerate(made.params)
        ]
        if own:
            params = [own, *params]
        return self._definition(made.name, params, made.returns, made.docs, indent)

    def _definition(
        self, name: str, params: Iterable[str], returns: Any, docs: str, indent: str
    ) -> list[str]:
        result = returns if isinstance(returns, str) else self._writer.hint(returns)
        said = docstring(docs, indent + _STEP)
        line = f"{indent}def {name}({', '.join(params)}) -> {result}:"
        return [line, *said] if said else [f"{line} ..."]

    # ----- classes

    def _class(self, name: str, item: Any) -> list[str]:
        kind = self._space.kinds.get(name)
        if kind is None:
            return self._error(name, item) if _is_error(item) else self._protocol(name, item)
        match kind.kind:
            case "record":
                return self._record(name, item, kind)
            case "variant":
                return self._variant(name, item, kind)
            case "resource":
                return self._resource(name, item, kind)
        return self._members(name, item)

    def _error(self, name: str, item: Any) -> list[str]:
        base = self._writer.of("wherever", "ResultError")
        value = self._writer.hint(item.__annotations__["value"])
        return [
            f"class {name}({base}):",
            *docstring(item.__doc__ or "", _STEP),
            f"{_STEP}value: {value}",
        ]

    def _dataclass(self, item: Any, indent: str, slots: bool) -> str:
        made = self._writer.of("dataclasses", "dataclass")
        return f"{indent}@{made}{'(slots=True)' if slots else ''}"

    def _record(self, name: str, item: Any, kind: Type) -> list[str]:
        base = f"({self._writer.of('wherever', 'ResultError')})" if _is_error(item) else ""
        options = trailing_options([each for _, each in kind.fields])
        fields = [
            f"{_STEP}{own}: {self._writer.hint(field.type)}{' = None' if at >= options else ''}"
            for at, (own, field) in enumerate(item.__dataclass_fields__.items())
        ]
        return [
            self._dataclass(item, "", not base),
            f"class {name}{base}:",
            *docstring(_own_docs(item), _STEP),
            *fields,
        ]

    def _variant(self, name: str, item: Any, kind: Type) -> list[str]:
        base = f"({self._writer.of('wherever', 'ResultError')})" if _is_error(item) else ""
        lines = [f"class {name}{base}:", *docstring(item.__doc__ or "", _STEP)]
        labels = case_names(kind)
        outer = f"_{name}" if name in labels else name
        for label in labels:
            case = getattr(item, label)
            said = docstring(_own_docs(case), _STEP * 2)
            value = [
                f"{_STEP * 2}{own}: {self._writer.hint(field.type)}"
                for own, field in case.__dataclass_fields__.items()
            ]
            line = f"{_STEP}class {label}({outer}):"
            lines.append(self._dataclass(case, _STEP, False))
            lines += [line, *said, *value] if said or value else [f"{line} ..."]
        return lines

    def _members(self, name: str, item: Any) -> list[str]:
        base = "Flag" if issubclass(item, enum.Flag) else "Enum"
        members = [f"{_STEP}{each} = {made.value}" for each, made in item.__members__.items()]
        docs = docstring(_own_docs(item), _STEP)
        return [f"class {name}({self._writer.of('enum', base)}):", *docs, *members]

    def _resource(self, name: str, item: Any, kind: Type) -> list[str]:
        lines = [f"class {name}:", *docstring(item.__doc__ or "", _STEP)]
        methods = self._outline.methods.get(kind, [])
        own = {each.name for each in methods}
        if "__init__" not in own:
            lines += self._definition(
                "__init__", ["self"], self._writer.of("typing", "NoReturn"), "", _STEP
            )
        for each in methods:
            if each.function.kind == "static":
                lines.append(f"{_STEP}@{self._writer.builtin('staticmethod')}")
            first = "self" if each.function.kind == "constructor" else ""
            lines += self._function(each, _STEP, first)
        if "close" not in own:
            said = "Ends it; a second call does nothing."
            lines += self._definition("close", ["self"], None, said, _STEP)
        some = self._writer.of("typing", "Self")
        anything = f"*_: {self._writer.builtin('object')}"
        lines += self._definition("__enter__", ["self"], some, "", _STEP)
        return [*lines, *self._definition("__exit__", ["self", anything], None, "", _STEP)]

    def _protocol(self, name: str, item: Any) -> list[str]:
        bases = [each for each in item.__bases__ if each in self._classes]
        named = [*(self._classes[each] for each in bases), self._writer.of("typing", "Protocol")]
        lines = [f"class {name}({', '.join(named)}):", *docstring(item.__doc__ or "", _STEP)]
        for own, made in vars(item).items():
            if isinstance(made, property):
                lines.append(f"{_STEP}@{self._writer.builtin('property')}")
                result = self._writer.hint(made.fget.__annotations__["return"])
                lines += self._definition(own, ["self"], result, "", _STEP)
            elif inspect.isfunction(made) and not own.startswith("_"):
                params = [
                    each if at == 0 else f"{each}: {self._writer.hint(made.__annotations__[each])}"
                    for at, each in enumerate(inspect.signature(made).parameters)
                ]
                params.insert(1, "/")
                result = self._writer.hint(made.__annotations__["return"])
                lines += self._definition(own, params, result, made.__doc__ or "", _STEP)
        return lines

    # ----- instances

    def _instance(self) -> list[str]:
        """The class of what `open` gives, or of one interface of it."""
        name, base = "_Interface", ""
        if self._is_top:
            name, base = self.library, f"({self._writer.of('wherever', 'Library')})"
        lines: list[str] = []
        classes = dict(self._classes)
        for own, item in self._space.members.items():
            if isinstance(item, type) and self._classes.get(item) == own:
                classes[item] = f"_{own}"
        self._writer.classes = _Seen(classes, self._others)
        for own, item in self._space.members.items():
            if isinstance(item, Space):
                lines.append(f"{_STEP}@{self._writer.builtin('property')}")
                lines += self._definition(
                    own, ["self"], f"{self._alias(item)}._Interface", item.docs, _STEP
                )
            elif isinstance(item, Signature):
                lines += self._function(item, _STEP, "_self" if _has_self(item) else "self")
            else:
                lines.append(f"{_STEP}{own}: {self._writer.builtin('type')}[_{own}]")
        said = "An instance of the library, with limits and functions of its own."
        docs = docstring(said if self._is_top else self._space.docs, _STEP)
        return [f"class {name}{base}:", *docs, *(lines or [f"{_STEP}..."])]

    def _open(self) -> list[str]:
        writer = self._writer
        writer.classes = _Seen(self._classes, self._others)
        mapping = f"{writer.of('collections.abc', 'Mapping')}[{writer.builtin('str')}, "
        hosts = f"{writer.of('wherever.run.host', 'HostFunction')}[..., {writer.hint(Any)}]"
        anything = writer.hint(Any)
        given = f"{mapping}{anything}]"
        if self._outline.imports:
            given = f"imports: {self._outline.imports} | {given}"
        else:
            given = f"imports: {given} | None = None"
        text = writer.builtin("str")
        params = [
            "*",
            given,
            f"host: {writer.of('collections.abc', 'Iterable')}[{hosts}] = ()",
            f"args: {writer.of('collections.abc', 'Iterable')}[{text}] = ()",
            f"env: {mapping}{text}] | None = None",
            f"deterministic: {writer.builtin('bool')} | {writer.builtin('int')} = False",
            f"limits: {writer.of('wherever', 'Limits')} | None = None",
            f"**values: {writer.of('typing', 'Unpack')}"
            f"[{writer.of('wherever.run.request', 'LimitValues')}]",
        ]
        said = docstring(
            "An instance of its own: with limits, and with the functions that it calls.\n\n"
            "The arguments are those of `wherever.load`. Close it, or use it in a `with` block.",
            _STEP,
        )
        lines = [f"{_STEP}{each}," for each in params]
        return ["def open(", *lines, f") -> {self.library}:", *said]


class _Seen(dict[Any, str]):
    """How a stub refers to classes; it notes which other modules that takes."""

    def __init__(self, classes: dict[Any, str], others: set[str]) -> None:
        super().__init__(classes)
        self._others = others

    def __getitem__(self, item: Any) -> str:
        found = super().__getitem__(item)
        if "." in found:
            self._others.add(found.partition(".")[0])
        return found


def _is_error(item: Any) -> bool:
    return issubclass(item, ResultError)


def _has_self(made: Signature) -> bool:
    return "self" in dict(made.params)


def _own_docs(item: Any) -> str:
    """What is said of a class, without what Python says of any."""
    said = item.__doc__ or ""
    return "" if said.startswith((f"{item.__name__}(", "A collection of name/value")) else said

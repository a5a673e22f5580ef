"""WIT as text: an interface from the model, in the words of the language.

https://component-model.bytecodealliance.org/design/wit.html
"""

from __future__ import annotations

from dataclasses import replace

from wherever.wasm.wittext import KEYWORDS
from wherever.wit.model import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from wherever.wit.model import Function, Interface, Type

_STEP = "  "


def interface_text(name: str, interface: Interface) -> str:
    """An interface as it stands in a WIT package; its types come in the order they have there.

    Args:
        name: what it is called in the package: `api`.
        interface: its types and functions. A resource's functions stand in the resource.

    Example:
        >>> from wherever.wit.model import Function, Interface, Type
        >>> add = Function("add", "add", (("a", Type("u32")), ("b", Type("u32"))), Type("u32"))
        >>> print(interface_text("ops", Interface("", (), (add,))), end="")
        interface ops {
          add: func(a: u32, b: u32) -> u32;
        }
    """
    lines = [*_docs(interface.docs, ""), f"interface {plain(name)} {{"]
    for own, kind in interface.types:
        mine = [each for each in interface.functions if each.resource == kind]
        lines += _definition(own, kind, mine if kind.kind == "resource" else [])
    for function in interface.functions:
        if function.resource is None:
            lines += _docs(function.docs, _STEP)
            lines.append(f"{_STEP}{plain(function.name)}: {_signature(function)};")
    return "\n".join([*lines, "}"]) + "\n"


def type_text(kind: Type) -> str:
    """A type where it is used: named ones by their name.

    Example:
        >>> from wherever.wit.model import Type
        >>> type_text(Type("list", (("", Type("u8")),)))
        'list<u8>'
    """
    if kind.kind in PLAIN:
        return kind.kind
    if kind.name:
        return plain(kind.name)
    if kind.kind == "own":
        return type_text(kind.inner)
    inner = [None if each is None else type_text(each) for _, each in kind.parts]
    if kind.kind == "option":
        return f"option<{inner[-1]}>"
    if kind.kind == "result":
        ok, err = inner
        if err is None:
            return "result" if ok is None else f"result<{ok}>"
        return f"result<{ok or '_'}, {err}>"
    return f"{kind.kind}<{', '.join(each for each in inner if each is not None)}>"


def plain(name: str) -> str:
    """A name as WIT writes it: `%` before one that is a word of the language.

    Example:
        >>> plain("list"), plain("lists")
        ('%list', 'lists')
    """
    return f"%{name}" if name in KEYWORDS else name


def _definition(name: str, kind: Type, methods: list[Function]) -> Iterable[str]:
    yield from _docs(kind.docs, _STEP)
    if kind.name != name or kind.kind not in ("record", "variant", "enum", "flags", "resource"):
        kind = replace(kind, name="") if kind.name == name else kind
        yield f"{_STEP}type {plain(name)} = {type_text(kind)};"
        return
    if kind.kind == "resource" and not methods:
        yield f"{_STEP}resource {plain(name)};"
        return
    yield f"{_STEP}{kind.kind} {plain(name)} {{"
    inner = _STEP * 2
    for method in methods:
        yield from _docs(method.docs, inner)
        if method.kind == "constructor":
            yield f"{inner}constructor({_params(method.params)});"
        else:
            static = "static " if method.kind == "static" else ""
            yield f"{inner}{plain(method.name)}: {static}{_signature(method)};"
    notes = kind.notes or ("",) * len(kind.parts)
    for (part, each), note in zip(kind.parts, notes, strict=True):
        yield from _docs(note, inner)
        if kind.kind == "record":
            yield f"{inner}{plain(part)}: {type_text(each) if each is not None else '_'},"
        else:
            yield f"{inner}{plain(part)}{'' if each is None else f'({type_text(each)})'},"
    yield f"{_STEP}}}"


def _signature(function: Function) -> str:
    params = function.params[1:] if function.kind == "method" else function.params
    result = "" if function.result is None else f" -> {type_text(function.result)}"
    return f"func({_params(params)}){result}"


def _params(params: Iterable[tuple[str, Type]]) -> str:
    return ", ".join(f"{plain(name)}: {type_text(kind)}" for name, kind in params)


def _docs(text: str, indent: str) -> list[str]:
    return [f"{indent}/// {line}".rstrip() for line in text.strip().splitlines()]

"""The lines of one interface: types by definition or `use`, resources, functions."""

from __future__ import annotations

from wherever.wasm.cursor import MAX_DEPTH
from wherever.wasm.customs import printable
from wherever.wasm.wittext import KEYWORDS, type_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.wasm.componenttypes import Extern, Type

MAX_CHARACTERS = 1_000_000
_FUNCTION_PREFIXES = ("[constructor]", "[method]", "[static]")


class Lines:
    """Text that stops growing at a limit."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._left = MAX_CHARACTERS

    def add(self, line: str) -> None:
        """Append a line, while there is room."""
        if self._left > 0:
            self._lines.append(line)
            self._left -= len(line) + 1
            if self._left <= 0:
                self._lines.append("...")

    @property
    def full(self) -> bool:
        """Whether nothing more will be added."""
        return self._left <= 0

    def text(self) -> str:
        """All lines, each with its end."""
        return "\n".join(self._lines) + "\n"


def plain(name: str) -> str:
    """A name as WIT writes it: `%` before a keyword, nothing that moves a terminal."""
    return f"%{name}" if name in KEYWORDS else printable(name)


def split_name(full: str) -> tuple[str, str, str]:
    """`wasi:cli/run@0.2.0` in its parts: package, interface, version.

    >>> split_name("wasi:cli/run@0.2.0")
    ('wasi:cli', 'run', '0.2.0')
    """
    rest, _, version = full.partition("@")
    package, _, short = rest.partition("/")
    return package, short, version


def item_lines(lines: Lines, indent: str, word: str, name: str, extern: Extern) -> None:
    """The lines of one import or export of a world that is not an instance."""
    sort, kind = extern
    if sort == "func":
        lines.add(f"{indent}{word} {plain(name)}: {_safe(kind)};")
    elif sort == "type":
        _type_lines(lines, indent, "", name, kind, {name: extern})
    else:
        lines.add(f"{indent}{word} {plain(name)}: {sort};")


def interface_lines(lines: Lines, indent: str, own: str, inside: dict[str, Extern]) -> None:
    """The lines of what is inside an interface named `own`."""
    methods: dict[str, list[tuple[str, Any]]] = {}
    functions = []
    for name, (sort, kind) in inside.items():
        if sort == "func" and name.startswith(_FUNCTION_PREFIXES):
            owner = name.partition("]")[2].partition(".")[0]
            methods.setdefault(owner, []).append((name, kind))
        elif sort == "func":
            functions.append((name, kind))
    for name, extern in inside.items():
        if lines.full:
            return
        if extern[0] == "type":
            _type_lines(lines, indent, own, name, extern[1], inside, methods.pop(name, None))
    for found in methods.values():
        functions.extend(found)
    for name, kind in functions:
        if lines.full:
            return
        lines.add(f"{indent}{plain(name)}: {_safe(kind)};")


def _safe(kind: Type) -> str:
    return printable(type_text(kind), 100_000)


def _type_lines(
    lines: Lines,
    indent: str,
    own: str,
    name: str,
    kind: Any,
    inside: dict[str, Extern],
    methods: list[tuple[str, Any]] | None = None,
) -> None:
    target: Any = kind[2] if kind[0] == "named" else kind
    # A name that is neither the interface's own nor another's was lost on the way here.
    for _ in range(MAX_DEPTH):
        if target[0] != "named" or target[3] or (target[1] in inside and target[1] != name):
            break
        target = target[2]
    if target[0] == "named" and target[3] and target[3] != own:
        renamed = "" if target[1] == name else f" as {plain(name)}"
        lines.add(f"{indent}use {_place(target[3], own)}.{{{plain(target[1])}{renamed}}};")
    elif target[0] == "named":
        lines.add(f"{indent}type {plain(name)} = {plain(target[1])};")
    elif target[0] == "resource":
        _resource_lines(lines, indent, name, methods or [])
    elif target[0] in ("record", "variant", "enum", "flags"):
        lines.add(f"{indent}{target[0]} {plain(name)} {{")
        for field in target[1]:
            lines.add(f"{indent}  {_field(target[0], field)},")
        lines.add(f"{indent}}}")
    else:
        lines.add(f"{indent}type {plain(name)} = {_safe(target)};")


def _place(owner: str, own: str) -> str:
    package, short, version = split_name(owner)
    mine, _, my_version = split_name(own)
    same = package == mine and version == my_version
    return plain(short) if same and short else printable(owner)


def _field(form: str, field: Any) -> str:
    if form in ("enum", "flags"):
        return plain(field)
    name, kind = field
    if form == "record":
        return f"{plain(name)}: {_safe(kind)}"
    return plain(name) if kind is None else f"{plain(name)}({_safe(kind)})"


def _resource_lines(lines: Lines, indent: str, name: str, methods: list[tuple[str, Any]]) -> None:
    if not methods:
        lines.add(f"{indent}resource {plain(name)};")
        return
    lines.add(f"{indent}resource {plain(name)} {{")
    for full, kind in methods:
        if full.startswith("[constructor]"):
            text = _safe(("func", kind[1], None, False))
            lines.add(f"{indent}  constructor{text.removeprefix('func')};")
            continue
        short = plain(full.partition(".")[2])
        if full.startswith("[static]"):
            lines.add(f"{indent}  {short}: static {_safe(kind)};")
        else:
            without_self = ("func", kind[1][1:], kind[2], kind[3])
            lines.add(f"{indent}  {short}: {_safe(without_self)};")
    lines.add(f"{indent}}}")

"""Types of components as WIT text, cut where a hostile type would print without end."""

from __future__ import annotations

from wherever.wasm.cursor import Malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasm.componenttypes import Extern, Type

MAX_TEXT = 4000
"""Characters of one type's text; what is longer is cut and ends in `...`."""

MAX_TOTAL = 8_000_000
"""Characters of the texts of all types of one file, names of functions included."""

_MAX_NESTING = 40
KEYWORDS = frozenset(
    "as async bool borrow char constructor enum export f32 f64 flags from func future import"
    " include interface list map option own package record resource result s16 s32 s64 s8 static"
    " stream string tuple type u16 u32 u64 u8 use variant with world".split()
)
"""Words of WIT that a name must be told from, by a `%` before it."""


def type_text(kind: Type, limit: int = MAX_TEXT) -> str:
    """`list<tuple<string, u32>>`; named types by their name, functions as `func(a: u32)`."""
    pieces: list[str] = []
    left = _write(kind, pieces, limit, 0)
    text = "".join(pieces)
    return text if left > 0 else text[:limit] + "..."


class Texts:
    """Texts of types, each made once; all of them together within a limit."""

    def __init__(self) -> None:
        self._left = MAX_TOTAL
        # The types are kept too: an id means nothing once its object is gone.
        self._known: dict[int, tuple[object, str]] = {}

    def type(self, kind: Type) -> str:
        """The text of a type."""
        known = self._known.get(id(kind))
        if known is None:
            known = self._known[id(kind)] = (kind, type_text(kind))
            self._spend(known[1])
        return known[1]

    def extern(self, extern: Extern) -> str:
        """The type of an import or export; of an instance, a line for each function in it."""
        sort, kind = extern
        if sort == "func":
            return self.type(kind)
        if sort == "type":
            return self.type(kind[2] if kind[0] == "named" else kind)
        if sort == "value":
            return self.type(kind)
        if sort != "instance":
            return ""
        known = self._known.get(id(kind[1]))
        if known is None:
            text = "\n".join([f"{name}: {type_}" for name, type_ in self.functions(extern)])
            known = self._known[id(kind[1])] = (kind[1], text)
        return known[1]

    def functions(self, extern: Extern) -> list[tuple[str, str]]:
        """Names and types of the functions of an instance; none of anything else."""
        found: list[tuple[str, str]] = []
        if extern[0] == "instance":
            for name, (sort, kind) in extern[1][1].items():
                if sort == "func":
                    found.append((name, self.type(kind)))
                    self._spend(name + found[-1][1])
        return found

    def _spend(self, text: str) -> None:
        self._left -= len(text)
        if self._left < 0:
            raise Malformed(f"types of more than {MAX_TOTAL} characters", 0)


def _write(kind: Type | None, out: list[str], left: int, depth: int) -> int:
    """Append the text of `kind`; how many characters may still follow (0 or less: stop)."""
    if left <= 0:
        return left
    if isinstance(kind, str) or kind is None:
        return _put(kind or "_", out, left)
    if depth > _MAX_NESTING:
        return _put("...", out, left)
    form = kind[0]
    depth += 1
    if form == "named":
        return _put(_name(kind[1]), out, left)
    if form == "own":
        return _write(kind[1], out, left, depth)
    if form == "func":
        return _function(kind, out, left, depth)
    if form in ("flags", "enum"):
        return _put(f"{form} {{ {', '.join(map(_name, kind[1][:left]))} }}", out, left)
    if form in ("record", "variant"):
        return _fields(kind, out, left, depth)
    if form in ("resource", "instance", "component"):
        return _put(form, out, left)
    if form == "array":
        return _generic("list", (kind[1], str(kind[2])), out, left, depth)
    if form == "tuple":
        return _generic("tuple", kind[1], out, left, depth)
    return _generic(form, _arguments(kind), out, left, depth)


def _arguments(kind: Type) -> tuple[Type | None, ...]:
    if kind[0] == "result":
        ok, error = kind[1], kind[2]
        if error is None:
            return () if ok is None else (ok,)
        return (ok, error)
    return tuple(kind[1:]) if kind[1] is not None else ()


def _name(name: str) -> str:
    return f"%{name}" if name in KEYWORDS else name


def _put(text: str, out: list[str], left: int) -> int:
    out.append(text)
    return left - len(text)


def _generic(
    name: str, arguments: tuple[Type | None, ...], out: list[str], left: int, depth: int
) -> int:
    left = _put(name, out, left)
    if not arguments:
        return left
    left = _put("<", out, left)
    for number, argument in enumerate(arguments):
        if left <= 0:
            return left
        if number:
            left = _put(", ", out, left)
        left = _write(argument, out, left, depth)
    return _put(">", out, left)


def _fields(kind: Type, out: list[str], left: int, depth: int) -> int:
    is_record = kind[0] == "record"
    left = _put(f"{kind[0]} {{ ", out, left)
    for number, (raw, field) in enumerate(kind[1]):
        if left <= 0:
            return left
        name = _name(raw)
        left = _put(f", {name}" if number else name, out, left)
        if is_record:
            left = _put(": ", out, left)
            left = _write(field, out, left, depth)
        elif field is not None:
            left = _put("(", out, left)
            left = _write(field, out, left, depth)
            left = _put(")", out, left)
    return _put(" }", out, left)


def _function(kind: Type, out: list[str], left: int, depth: int) -> int:
    left = _put("async func(" if kind[3] else "func(", out, left)
    for number, (raw, field) in enumerate(kind[1]):
        if left <= 0:
            return left
        name = _name(raw)
        left = _put(f", {name}: " if number else f"{name}: ", out, left)
        left = _write(field, out, left, depth)
    left = _put(")", out, left)
    if kind[2] is not None:
        left = _put(" -> ", out, left)
        left = _write(kind[2], out, left, depth)
    return left

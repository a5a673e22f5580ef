"""Types of components as WIT text, cut where a hostile type would print without end."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.wasm.componenttypes import Extern, Type

MAX_TEXT = 4000
"""Characters of one type's text; what is longer is cut and ends in `...`."""

_MAX_NESTING = 40


def type_text(kind: Type, limit: int = MAX_TEXT) -> str:
    """`list<tuple<string, u32>>`; named types by their name, functions as `func(a: u32)`."""
    pieces: list[str] = []
    left = _write(kind, pieces, limit, 0)
    text = "".join(pieces)
    return text if left > 0 else text[:limit] + "..."


def extern_text(extern: Extern, limit: int = MAX_TEXT) -> str:
    """The type of an import or export; of an instance, a line for each function in it."""
    sort, kind = extern
    if sort == "func":
        return type_text(kind, limit)
    if sort == "instance":
        lines: list[str] = []
        size = 0
        for name, (inner, inner_kind) in kind[1].items():
            if inner == "func":
                lines.append(f"{name}: {type_text(inner_kind)}")
                size += len(lines[-1])
                if size > limit * 16:
                    lines.append("...")
                    break
        return "\n".join(lines)
    if sort == "type":
        return type_text(kind[2], limit) if kind[0] == "named" else type_text(kind, limit)
    if sort == "value" and not isinstance(kind, int):
        return type_text(kind, limit)
    return ""


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
        return _put(kind[1], out, left)
    if form == "own":
        return _write(kind[1], out, left, depth)
    if form == "func":
        return _function(kind, out, left, depth)
    if form in ("flags", "enum"):
        return _put(f"{form} {{ {', '.join(kind[1][:left])} }}", out, left)
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
    for number, (name, field) in enumerate(kind[1]):
        if left <= 0:
            return left
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
    for number, (name, field) in enumerate(kind[1]):
        if left <= 0:
            return left
        left = _put(f", {name}: " if number else f"{name}: ", out, left)
        left = _write(field, out, left, depth)
    left = _put(")", out, left)
    if kind[2] is not None:
        left = _put(" -> ", out, left)
        left = _write(kind[2], out, left, depth)
    return left

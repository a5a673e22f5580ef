"""Custom sections: who made the file, the features it names, the names of its functions."""

from __future__ import annotations

from wherever.wasm.cursor import Cursor, Malformed

# Names of the `target_features` section, and the proposals behind them.
TARGET_FEATURES = {
    "atomics": "threads",
    "bulk-memory": "bulk-memory",
    "bulk-memory-opt": "bulk-memory",
    "call-indirect-overlong": "reference-types",
    "compact-imports": "compact-imports",
    "custom-descriptors": "custom-descriptors",
    "custom-page-sizes": "custom-page-sizes",
    "exception-handling": "exceptions",
    "extended-const": "extended-const",
    "gc": "gc",
    "memory64": "memory64",
    "multimemory": "multi-memory",
    "multivalue": "multi-value",
    "mutable-globals": "mutable-globals",
    "nontrapping-fptoint": "saturating-float-to-int",
    "reference-types": "reference-types",
    "relaxed-simd": "relaxed-simd",
    "shared-everything": "shared-everything-threads",
    "sign-ext": "sign-extension",
    "simd128": "simd",
    "stack-switching": "stack-switching",
    "tail-call": "tail-call",
    "typed-function-references": "function-references",
    "wide-arithmetic": "wide-arithmetic",
}
MAX_PRODUCERS = 64
MAX_TEXT = 120


def target_features(at: Cursor) -> set[str]:
    """The proposals that the compiler says it used; an unreadable section names none."""
    found: set[str] = set()
    try:
        for _ in range(at.count(2)):
            prefix = at.u8()
            name = at.name()
            if prefix in (0x2B, 0x3D) and name in TARGET_FEATURES:
                found.add(TARGET_FEATURES[name])
    except Malformed:
        # Custom sections cannot make a module invalid.
        return found
    return found


def producers(at: Cursor) -> dict[str, list[tuple[str, str]]]:
    """Languages, tools and SDKs with their versions, as text that is safe to print.

    At most 64 entries of 120 characters; an unreadable rest is left out.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    left = MAX_PRODUCERS
    try:
        for _ in range(at.count(2)):
            field = printable(at.name())
            for _ in range(at.count(2)):
                name, version = printable(at.name()), printable(at.name())
                left -= 1
                if left < 0:
                    return found
                found.setdefault(field, []).append((name, version))
    except Malformed:
        return found
    return found


def printable(text: str, limit: int = MAX_TEXT) -> str:
    """`text` of a guest, safe for a terminal and for a page: nothing but visible characters.

    >>> printable("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    cut = text[: limit + 1]
    if not cut.isprintable():
        cut = "".join([c if c.isprintable() else _escape(c) for c in cut])
    return cut if len(text) <= limit else cut[:limit] + "..."


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def module_name(at: Cursor, subsection: int = 0) -> str:
    """The name that a `name` or `component-name` section gives the whole, or empty."""
    try:
        while at.pos < at.end:
            kind = at.u8()
            inner = at.inner(at.u32())
            if kind == subsection:
                return inner.name()
    except Malformed:
        return ""
    return ""


def function_names(at: Cursor) -> dict[int, str]:
    """Function names by index, from a `name` section; what is unreadable is left out."""
    found: dict[int, str] = {}
    try:
        while at.pos < at.end:
            kind = at.u8()
            inner = at.inner(at.u32())
            if kind == 1:
                for _ in range(inner.count(2)):
                    index = inner.u32()
                    found[index] = inner.name()
    except Malformed:
        return found
    return found

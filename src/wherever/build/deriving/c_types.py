"""Types of C, out of how clang spells them: `const uint8_t *` is a pointer to a constant number."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.deriving.c_source import Source

NUMBERS = {
    "bool": "bool",
    "_Bool": "bool",
    "char": "s8",
    "signed char": "s8",
    "unsigned char": "u8",
    "short": "s16",
    "unsigned short": "u16",
    "int": "s32",
    "unsigned int": "u32",
    "long": "s32",
    "unsigned long": "u32",
    "long long": "s64",
    "unsigned long long": "u64",
    "float": "f32",
    "double": "f64",
    "wchar_t": "s32",
    "char8_t": "u8",
    "char16_t": "u16",
    "char32_t": "u32",
}
"""What WIT calls the numbers of C, by their width on wasm32."""

_QUALIFIERS = {"const", "volatile", "restrict", "__restrict", "register", "struct", "union", "enum"}
_NULLABLE = {"_Nullable", "_Nullable_result"}
_IGNORED = {"_Nonnull", "_Null_unspecified"}
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class CType:
    """A type.

    Attributes:
        kind: "number", "void", "record", "union", "enum", "pointer", "array", "function", or
            "other" for what nothing here knows.
        name: the number's name in WIT, the id of a struct, union or enum, or what clang calls it.
        spelled: how C declares it, without `const`; "" for an array, a function, and a type that
            has no name.
        is_const: it cannot be written to.
        is_char: it is `char` itself.
        is_nullable: a pointer that is declared so.
        inner: what a pointer points to, or an array holds.
        size: how many an array holds.
    """

    kind: str
    name: str = ""
    spelled: str = ""
    is_const: bool = False
    is_char: bool = False
    is_nullable: bool = False
    inner: CType | None = None
    size: int = 0

    @property
    def target(self) -> CType:
        """What a pointer or array is of."""
        return self.inner or CType("other")

    @property
    def is_integer(self) -> bool:
        """Whether it counts."""
        return self.kind == "number" and self.name[0] in "us"


def parsed(text: str, source: Source, depth: int = 0) -> CType:
    """The type that clang spells so.

    Example:
        >>> from wherever.build.deriving.c_source import Source
        >>> found = parsed("const unsigned char *", Source("text.h"))
        >>> found.kind, found.target.name, found.target.is_const
        ('pointer', 'u8', True)
    """
    text = text.strip()
    if depth > _DEEPEST:
        return CType("other", text)
    array = re.fullmatch(r"(.*?)((?:\[\d*\])+)", text)
    if array:
        sizes = [int(size or 0) for size in re.findall(r"\[(\d*)\]", array[2])]
        found = parsed(array[1], source, depth + 1)
        for size in reversed(sizes):
            found = CType("array", text, "", found.is_const, inner=found, size=size)
        return found
    if "(*" in text or "(^" in text or re.search(r"\w\s*\(", text.replace("unnamed", "")):
        return CType("function" if "(*" in text or "(^" in text else "other", text)
    base, *pointers = text.split("*")
    found = _base(base, source, depth)
    for each in pointers:
        words = set(each.split())
        found = CType(
            "pointer",
            text,
            f"{found.spelled} *" if found.spelled else "",
            "const" in words,
            is_nullable=bool(words & _NULLABLE),
            inner=found,
        )
    return found


def _base(text: str, source: Source, depth: int) -> CType:
    words = text.split()
    is_const, is_nullable = "const" in words, bool(_NULLABLE.intersection(words))
    tag = next((word for word in words if word in ("struct", "union", "enum")), "")
    rest = [word for word in words if word not in _QUALIFIERS | _NULLABLE | _IGNORED]
    name = " ".join(rest)
    spelled = f"{tag} {name}" if tag else name
    name = name.removeprefix("std::")
    if name in NUMBERS and not tag:
        return CType("number", NUMBERS[name], name, is_const, is_char=name == "char")
    if name == "void":
        return CType("void", name, name, is_const)
    if not tag and name in source.typedefs:
        meant, at = source.typedefs[name]
        found = _tagged(at, name, source) if at else parsed(meant, source, depth + 1)
        return replace(
            found,
            spelled=name if found.kind != "array" else "",
            is_const=is_const or found.is_const,
            is_nullable=is_nullable or found.is_nullable,
        )
    if name in source.tags:
        return replace(_tagged(source.tags[name], spelled, source), is_const=is_const)
    return CType("other", text.strip())


def _tagged(at: str, spelled: str, source: Source) -> CType:
    if at in source.enums:
        return CType("enum", at, spelled)
    if at in source.records:
        return CType("union" if source.records[at].is_union else "record", at, spelled)
    return CType("other", spelled)

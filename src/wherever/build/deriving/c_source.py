"""What a C header declares, as clang reads it: without macros, with every type known."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field, replace
from typing import Any

from wherever.build import command
from wherever.build.deriving.c_comments import comment
from wherever.build.zig import tool
from wherever.errors import BuildFailed, InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_MOST = 512 << 20
"""What is read of clang's words; a header of C++ that includes `<string>` has 160 MB."""

_SKIPPED = ('"kind": "NamespaceDecl"', '"kind": "ClassTemplateDecl"')
_HEAD = 400
_TAGS = ("RecordDecl", "CXXRecordDecl", "EnumDecl")


@dataclass(frozen=True, slots=True)
class Member:
    """A field or a parameter.

    Attributes:
        name: "" where it has none.
        type: as clang spells it: `const uint8_t *`.
        docs: what a comment says of it.
        way: "in", "out" or "in,out" where the comment says so, as `@param[out]`.
        is_bits: it is a field of some bits.
        array: it is a parameter written as an array, which C makes a pointer of: the text of its
            size, or " " where it has none.
        size: how many that is, 0 where nobody knows.
    """

    name: str
    type: str
    docs: str = ""
    way: str = ""
    is_bits: bool = False
    array: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A struct or union; without `is_whole` its fields are not known."""

    name: str
    is_union: bool
    is_whole: bool
    fields: tuple[Member, ...]
    docs: str
    line: int


@dataclass(frozen=True, slots=True)
class Enum:
    """An enum, with its constants and what they are worth."""

    name: str
    constants: tuple[tuple[str, int, str], ...]
    docs: str
    line: int


@dataclass(frozen=True, slots=True)
class Declared:
    """A function, or a variable (`params` is None).

    Attributes:
        name: what C calls it.
        line: where it stands in the header.
        result: the type that it returns.
        params: its parameters.
        has_more: it takes any number of them.
        docs: the comment before it, without what that says of parameters.
        returns: what the comment says of the result.
        is_c: other languages can call it: it is no C++ function.
        is_old: it is declared as deprecated.
    """

    name: str
    line: int
    result: str
    params: tuple[Member, ...] | None
    has_more: bool
    docs: str
    returns: str
    is_c: bool
    is_old: bool = False


@dataclass(slots=True)
class Source:
    """All that one header declares, and the types that it has from others.

    Attributes:
        path: the header, as messages name it.
        declared: functions and variables of the header itself, in its order.
        typedefs: what each name stands for: a type, or the id of a struct or enum.
        tags: the ids of structs and enums that have names.
        records: structs and unions by id.
        enums: enums by id.
    """

    path: str
    declared: list[Declared] = field(default_factory=list)
    typedefs: dict[str, tuple[str, str]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)


def read(
    header: Path, folder: Path, flags: Sequence[str | Path], scratch: Path, *, is_cpp: bool
) -> Source:
    """What a header declares.

    Args:
        header: the file.
        folder: the project's folder, where clang runs.
        flags: where headers are, what is defined, which standard.
        scratch: a folder for temporary files.
        is_cpp: read it as C++.

    Raises:
        BuildFailed: the header is wrong; the words are clang's.
        InputError: it declares more than can be read.
    """
    shown = os.path.relpath(header, folder)
    out = _read(shown, folder, flags, scratch, is_cpp=is_cpp)
    if len(out) > _MOST:
        raise InputError(
            f"{shown}: it and what it includes declare more than can be read",
            "write a header with the functions that others may call, and name it in [build] wit",
        )
    try:
        source = _Reader(shown, header.read_bytes(), is_cpp).source(out)
    except (ValueError, RecursionError):
        raise BuildFailed(f"{shown}: the compiler's words on it cannot be read") from None
    texts: set[str] = set()
    for declared in source.declared:
        params = declared.params or ()
        texts |= {each.array for each in params} - {each.name for each in params}
    asked = sorted(texts - {"", " "})
    sizes: dict[str, int] = {}
    if asked:
        values = _asked(asked, header, folder, flags, scratch, is_cpp=is_cpp)
        sizes = dict(zip(asked, values, strict=True))
    source.declared = [_sized(each, sizes) for each in source.declared]
    return source


def _sized(declared: Declared, sizes: dict[str, int]) -> Declared:
    if declared.params is None:
        return declared
    params = (replace(each, size=sizes.get(each.array, 0)) for each in declared.params)
    return replace(declared, params=tuple(params))


def _asked(
    texts: list[str],
    header: Path,
    folder: Path,
    flags: Sequence[str | Path],
    scratch: Path,
    *,
    is_cpp: bool,
) -> list[int]:
    """What sizes are worth that the header has, which may be macros; 0 where one is none."""
    asking = scratch / "asking.h"
    lines = (f"enum {{ wherever_asks_{at} = ({text}) }};" for at, text in enumerate(texts))
    asking.write_text("\n".join((f'#include "{header}"', *lines, "")), "utf-8")
    try:
        chunks = list(_chunks(_read(str(asking), folder, flags, scratch, is_cpp=is_cpp)))
        enums = [json.loads(chunk) for chunk in chunks[-len(texts) :]]
    except (BuildFailed, ValueError, RecursionError):
        return [0] * len(texts)
    return [value for node in enums for _, value, _ in _constants(node)]


def _read(
    shown: str, folder: Path, flags: Sequence[str | Path], scratch: Path, *, is_cpp: bool
) -> str:
    """The tree of a header, as clang writes it."""
    root = tool.root()
    libc = root / "lib" / "libc" / "include"
    return command.run(
        [
            *(root / "zig", "clang", *tool.TARGET[:1], "wasm32-wasip1", "-w", "-nostdinc"),
            *flags,
            *("-isystem", root / "lib" / "include", "-isystem", libc / "wasm-wasi-musl"),
            *("-isystem", libc / "generic-musl", "-fsyntax-only", "-fparse-all-comments"),
            *("-Xclang", "-skip-function-bodies", "-Xclang", "-ast-dump=json"),
            *("-x", "c++-header" if is_cpp else "c-header", shown),
        ],
        label="the C++ compiler" if is_cpp else "the C compiler",
        cwd=folder,
        scratch=scratch,
        forget=[(folder, ""), (root / "lib", "zig"), (tool.GUEST, "wherever")],
        stdout=True,
    )


def _chunks(out: str) -> Iterator[str]:
    """Each declaration, as the text that it is in clang's; all of them would be much at once."""
    start = out.find("\n    {\n")
    while start >= 0:
        end = out.index("\n    }", start) + 6
        yield out[start:end]
        start = out.find("\n    {\n", end)


class _Reader:
    """Goes through the tree in its order: places are told only where they differ from the last."""

    def __init__(self, path: str, text: bytes, is_cpp: bool) -> None:
        self._text = text
        self._source = Source(path)
        self._is_cpp = is_cpp
        self._file = ""
        self._line = 0

    def source(self, out: str) -> Source:
        for chunk in _chunks(out):
            if any(kind in chunk[:_HEAD] for kind in _SKIPPED):
                self._pass(chunk)
            else:
                self._declaration(json.loads(chunk), not self._is_cpp)
        return self._source

    def _pass(self, chunk: str) -> None:
        """Only the last place in it counts: what is in a namespace is C++'s own."""
        line = chunk.rfind('"line": ')
        if line >= 0:
            self._line = int(chunk[line + 8 : line + 24].partition(",")[0])
        at = len(chunk)
        while (at := chunk.rfind('"file": ', 0, at)) >= 0:
            if not chunk[max(0, at - 200) : at].rstrip().endswith('"includedFrom": {'):
                self._file = json.loads(chunk[at + 8 : chunk.index("\n", at)].rstrip(","))
                break

    def _declaration(self, node: dict[str, Any], is_c: bool) -> None:
        own, line = self._place(node)
        kind = node["kind"]
        if kind == "LinkageSpecDecl":
            for inner in node.get("inner", ()):
                self._declaration(inner, node.get("language") == "C")
            return
        if kind in _TAGS:
            self._tag(node, line)
        elif kind in ("TypedefDecl", "TypeAliasDecl"):
            self._typedef(node)
        elif kind == "FunctionDecl" and own and node.get("storageClass") != "static":
            self._function(node, line, is_c)
        elif kind == "VarDecl" and own and node.get("storageClass") == "extern":
            found = Declared(
                node["name"], line, node["type"]["qualType"], None, False, "", "", is_c
            )
            self._source.declared.append(found)
        for inner in node.get("inner", ()):
            self._walk(inner)

    def _place(self, node: dict[str, Any]) -> tuple[bool, int]:
        """Whether it stands in the header itself, and the line."""
        own, line = self._at(node.get("loc", {}))
        for end in ("begin", "end"):
            self._at(node.get("range", {}).get(end, {}))
        return own, line

    def _written(self, node: dict[str, Any]) -> str:
        """The text of a declaration of the header itself, where no macro made it."""
        begin, end = (node.get("range", {}).get(each, {}) for each in ("begin", "end"))
        if "offset" not in begin or "offset" not in end:
            return ""
        return self._text[begin["offset"] : end["offset"] + end.get("tokLen", 0)].decode("latin-1")

    def _at(self, loc: dict[str, Any]) -> tuple[bool, int]:
        for part in ("spellingLoc", "expansionLoc"):
            if part in loc:
                self._at(loc[part])
        last = loc.get("expansionLoc", loc)
        if "offset" not in last:
            return False, 0
        self._file = last.get("file", self._file)
        self._line = last.get("line", self._line)
        return "includedFrom" not in last and self._file == self._source.path, self._line

    def _walk(self, node: dict[str, Any]) -> None:
        """Only for the places in it."""
        self._place(node)
        for inner in node.get("inner", ()):
            self._walk(inner)

    def _tag(self, node: dict[str, Any], line: int) -> None:
        name, docs = node.get("name", ""), comment(node)[0]
        at = self._source.tags.setdefault(name, node["id"]) if name else node["id"]
        if node["kind"] == "EnumDecl":
            if "inner" in node or at not in self._source.enums:
                self._source.enums[at] = Enum(name, tuple(_constants(node)), docs, line)
            return
        is_whole = bool(node.get("completeDefinition"))
        if not is_whole and at in self._source.records:
            return
        fields = tuple(
            Member(
                each.get("name", ""),
                each["type"]["qualType"],
                comment(each)[0],
                is_bits=bool(each.get("isBitfield")),
            )
            for each in node.get("inner", ())
            if each["kind"] == "FieldDecl"
        )
        is_union = node.get("tagUsed") == "union"
        docs = docs or (self._source.records[at].docs if at in self._source.records else "")
        self._source.records[at] = Record(name, is_union, is_whole, fields, docs, line)

    def _typedef(self, node: dict[str, Any]) -> None:
        if node.get("isImplicit"):
            return
        inner = node.get("inner", [{}])[0]
        while inner.get("kind") == "ElaboratedType" and "inner" in inner:
            inner = inner["inner"][0]
        decl = inner.get("decl", {})
        found = self._source.tags.get(decl.get("name", ""), decl.get("id", ""))
        is_tag = inner.get("kind") in ("RecordType", "EnumType") and "qualifiers" not in inner
        self._source.typedefs[node["name"]] = (node["type"]["qualType"], found if is_tag else "")
        docs = comment(node)[0]
        record, enum = self._source.records.get(found), self._source.enums.get(found)
        if docs and record is not None and not record.docs:
            self._source.records[found] = replace(record, docs=docs)
        if docs and enum is not None and not enum.docs:
            self._source.enums[found] = replace(enum, docs=docs)

    def _function(self, node: dict[str, Any], line: int, is_c: bool) -> None:
        docs, told, returns = comment(node)
        params = []
        for each in node.get("inner", ()):
            if each["kind"] == "ParmVarDecl":
                name = each.get("name", "")
                way, text = told.get(name, ("", ""))
                array = re.search(r"\[\s*(?:static\b)?([^]]*)\]", self._written(each))
                size = (array[1].strip() or " ") if array else ""
                params.append(Member(name, each["type"]["qualType"], text, way, array=size))
        result = re.split(r"\s*\((?![*^])", node["type"]["qualType"], maxsplit=1)[0]
        made = Declared(
            node["name"],
            line,
            result,
            tuple(params),
            bool(node.get("variadic")),
            docs,
            returns,
            is_c or node.get("mangledName", node["name"]) == node["name"],
            any(each["kind"] == "DeprecatedAttr" for each in node.get("inner", ())),
        )
        for at, each in enumerate(self._source.declared):
            if each.name == made.name:
                self._source.declared[at] = each if each.docs else made
                return
        self._source.declared.append(made)


def _constants(node: dict[str, Any]) -> Iterator[tuple[str, int, str]]:
    value = -1
    for each in node.get("inner", ()):
        if each["kind"] == "EnumConstantDecl":
            parts = [part for part in each.get("inner", ()) if part["kind"].endswith("Expr")]
            while parts and "value" not in parts[0]:  # C++ converts it first
                parts = parts[0].get("inner", [])
            value = int(parts[0]["value"]) if parts else value + 1
            yield each["name"], value, comment(each)[0]

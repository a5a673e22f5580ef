"""The types of a library in C++: structures, enumerations, variants, classes of resources."""

from __future__ import annotations

from wherever.bind.c.header import ERRORS
from wherever.bind.c.names import word
from wherever.bind.cpp.spelling import Spelling, constant, method
from wherever.bind.native.surface import (
    Unique,
    holds_resource,
    is_plain_constructor,
    parts_of,
    pascal,
)
from wherever.wit import abi
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Member, Surface


def docs(text: str, before: str = "") -> list[str]:
    """Words as a comment that tools read."""
    # A backslash at the end of a line would make the next one part of the comment.
    return [f"{before}/// {line}".rstrip("\\ ") for line in text.strip().splitlines()]


class Types:
    """Writes the types of one library."""

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.spelling = Spelling(surface)

    def _errors(self) -> list[str]:
        lines = []
        for name, meaning in ERRORS[1:]:
            lines += docs(meaning.format(own=self.surface.own))
            lines += [f"class {pascal(name)} : public Error {{", "    using Error::Error;", "};"]
        return lines

    def _raises(self) -> list[str]:
        upper = self.surface.own.upper()
        return [
            f"    case {upper}_{name}:\n        throw {pascal(name)}(code, message);"
            for name, _ in ERRORS[1:]
        ]

    def _types(self) -> list[str]:
        lines = [f"class {self.spelling.name(kind)};" for kind in self.surface.hosts]
        lines += [f"class {self.spelling.name(kind)};" for kind in self.surface.ours]
        for kind in self.surface.types:
            what = kind.kind
            if what in ("record", "enum", "flags", "variant"):
                lines += ["", *docs(kind.docs), *getattr(self, f"_{what}")(kind)]
            elif what == "resource" and self.surface.is_host(kind):
                lines += ["", *self._abstract(kind)]
            elif what == "resource":
                lines += ["", *self._class(kind)]
        lines += ["", "/// What the library calls. What a callback throws comes out of the call."]
        lines += ["struct Imports {"]
        for member in self.surface.callbacks:
            result = self.spelling.returned(member.function.result)
            if member.function.kind == "constructor":
                result = self.spelling.type(member.function.result)
            params = ", ".join(self.spelling.type(kind) for _, kind in member.function.params)
            lines += docs(member.function.docs, "    ")
            lines += [f"    std::function<{result}({params})> {self.surface.callback(member)};"]
        return [*lines, "};"]

    def _record(self, kind: Type) -> list[str]:
        name = self.spelling.type(kind)
        lines = [f"struct {name} {{"]
        for label, each, note in parts_of(kind):
            lines += docs(note, "    ")
            lines.append(f"    {self.spelling.type(each)} {word(label)}{{}};")
            if each is not None and each.kind in ("own",) and not self.surface.is_host(each.inner):
                lines[-1] = lines[-1].replace("{}", "")
        if not holds_resource(kind):
            same = " && ".join(f"a.{word(label)} == b.{word(label)}" for label, _ in kind.parts)
            lines += [
                f"    friend bool operator==(const {name} &a, const {name} &b)",
                f"    {{ return {same}; }}",
                f"    friend bool operator!=(const {name} &a, const {name} &b)"
                " { return !(a == b); }",
            ]
        return [*lines, "};"]

    def _enum(self, kind: Type) -> list[str]:
        lines = [f"enum class {self.spelling.type(kind)} : {self.surface.c(_plain(kind))} {{"]
        for label, _, note in parts_of(kind):
            lines += [*docs(note, "    "), f"    {constant(label)},"]
        return [*lines, "};"]

    def _flags(self, kind: Type) -> list[str]:
        name = self.spelling.type(kind)
        number = self.surface.c(_plain(kind))
        lines = [f"enum class {name} : {number} {{"]
        none = Unique(" ".join(constant(label) for label, _ in kind.parts)).free("none")
        lines.append(f"    {none} = 0,")
        for at, (label, _, note) in enumerate(parts_of(kind)):
            lines += [*docs(note, "    "), f"    {constant(label)} = {1 << at:#x}u,"]
        lines.append("};")
        for sign in "|&^":
            lines += [
                f"constexpr {name} operator{sign}({name} a, {name} b)",
                f"{{ return static_cast<{name}>(static_cast<{number}>(a)"
                f" {sign} static_cast<{number}>(b)); }}",
            ]
        most = f"{(1 << len(kind.parts)) - 1:#x}u"
        lines += [
            f"constexpr {name} operator~({name} a)",
            f"{{ return static_cast<{name}>(~static_cast<{number}>(a) & {most}); }}",
        ]
        return lines

    def _variant(self, kind: Type) -> list[str]:
        lines: list[str] = []
        cases = self.spelling.cases[kind]
        for name, (_, each, note) in zip(cases, parts_of(kind), strict=True):
            lines += docs(note)
            same = "true" if each is None else "a.value == b.value"
            names = ("", "") if each is None else (" a", " b")
            equal = f"    friend bool operator==(const {name} &{names[0].strip()}, const {name}"
            equal += f" &{names[1].strip()}) {{ return {same}; }}"
            held = [] if each is None else [f"    {self.spelling.type(each)} value;"]
            if holds_resource(each):
                equal = ""
            lines += [f"struct {name} {{", *held, *([equal] if equal else []), "};"]
        lines += docs(kind.docs)
        return [*lines, f"using {self.spelling.type(kind)} = std::variant<{', '.join(cases)}>;"]

    def _abstract(self, kind: Type) -> list[str]:
        """A resource of the host: what its class has to offer."""
        name = self.spelling.name(kind)
        lines = [
            *docs(kind.docs),
            f"class {name} {{",
            "public:",
            f"    virtual ~{name}() = default;",
        ]
        for member in self.surface.members(kind):
            function = member.function
            if function.kind == "method":
                params = ", ".join(
                    f"{self.spelling.type(each)} {word(label)}"
                    for label, each in function.params[1:]
                )
                lines += docs(function.docs, "    ")
                lines.append(
                    f"    virtual {self.spelling.returned(function.result)}"
                    f" {method(function.name)}({params}) = 0;"
                )
        return [*lines, "};"]

    def _class(self, kind: Type) -> list[str]:
        name = self.spelling.name(kind)
        drop = self.surface.drop(kind)
        lines = [
            *docs(kind.docs),
            f"class {name} {{",
            "public:",
            f"    {name}({name} &&from) noexcept = default;",
            f"    {name} &operator=({name} &&from) noexcept {{ swap(from); return *this; }}",
            f"    void swap({name} &other) noexcept",
            "    { state_.swap(other.state_); std::swap(id_, other.id_);"
            " std::swap(turn_, other.turn_); }",
            "    /// Ends it in the library.",
            f"    ~{name}()",
            "    { if (state_) detail_drop(); }",
        ]
        for member in self.surface.members(kind):
            lines += self._head(member, name, "    ", "")
        return [
            *lines,
            "",
            "private:",
            "    friend struct detail::Access;",
            f"    {name}(std::shared_ptr<detail::State> state, std::uint64_t id,"
            " std::uint64_t turn)",
            "        : state_(std::move(state)), id_(id), turn_(turn) {}",
            "    void detail_drop() noexcept;",
            "    std::shared_ptr<detail::State> state_;",
            "    std::uint64_t id_ = 0, turn_ = 0;",
            f"    static constexpr detail::Drop drop_ = {drop};",
            "};",
        ]

    def _head(self, member: Member, name: str, indent: str, scope: str) -> list[str]:
        """How a member of a resource's class is declared."""
        function = member.function
        skip = 1 if function.kind == "method" else 0
        params = self.spelling.params(function, skip)
        library = f"Library &library{', ' if params else ''}"
        lines = docs(function.docs, indent) if not scope else []
        end = "" if scope else ";"
        if is_plain_constructor(function):
            explicit = "" if scope else "explicit "
            return [*lines, f"{indent}{explicit}{scope}{name}({library}{params}){end}"]
        result = self.spelling.returned(function.result)
        if function.kind == "method":
            return [*lines, f"{indent}{result} {scope}{method(function.name)}({params}){end}"]
        static = "" if scope else "static "
        own = "make" if function.kind == "constructor" else method(function.name)
        return [*lines, f"{indent}{static}{result} {scope}{own}({library}{params}){end}"]


def _plain(kind: Type) -> Type:
    """The unsigned integer that an enum or flags is."""
    return Type(f"u{8 * abi.size(kind)}")

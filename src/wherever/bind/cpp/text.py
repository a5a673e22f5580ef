"""The C++ header of a library."""

from __future__ import annotations

from pathlib import Path

from wherever.bind.c.header import ERRORS
from wherever.bind.c.names import word
from wherever.bind.c.types import BY_VALUE
from wherever.bind.cpp.spelling import Spelling, constant, method, named
from wherever.bind.native.surface import (
    Unique,
    err_of,
    holds_resource,
    ok_of,
    parts_of,
    pascal,
)
from wherever.wit.model import Type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.native.surface import Member, Surface

_INCLUDES = (
    "chrono cstddef cstdint cstring exception functional initializer_list map memory mutex new"
    " optional stdexcept string string_view tuple type_traits utility variant vector"
).split()


def header(surface: Surface) -> str:
    """All of it."""
    return _Text(surface).text()


def docs(text: str, before: str = "") -> list[str]:
    """Words as a comment that tools read."""
    return [f"{before}/// {line}".rstrip() for line in text.strip().splitlines()]


class _Text:
    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        self.spelling = Spelling(surface)

    def text(self) -> str:
        surface, own = self.surface, self.surface.own
        library = surface.library
        support = (Path(__file__).parent / "support.hpp").read_text("utf-8")
        for mark, lines in (
            ("// ERRORS", self._errors()),
            ("    // RAISE", self._raises()),
            ("// TYPES", self._types()),
        ):
            support = support.replace(mark, "\n".join(lines))
        support = support.replace("LIB_UPPER", own.upper()).replace("LIB_", f"{own}_")
        lines = [
            f"// {library.name} {library.version}, {library.digest}. Made by `wherever bind`.",
            "#pragma once",
            "",
            *(f"#include <{each}>" for each in _INCLUDES),
            "",
            f'#include "{own}.h"',
            "",
            *docs(library.description),
            f"namespace {own} {{",
            "",
            support,
            *self._access(),
        ]
        for kind in surface.types:
            lines += self.spelling.functions(kind)
        lines += ["", *self._trampolines(), "", "} // namespace detail", ""]
        lines += self._library()
        for kind in surface.ours:
            for member in surface.members(kind):
                lines += self._function(member, self.spelling.type(_own(kind)))
        return "\n".join([*lines, f"}} // namespace {own}", ""])

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
        lines = [f"class {self._host_name(kind)};" for kind in self.surface.hosts]
        lines += [f"class {self.spelling.type(_own(kind))};" for kind in self.surface.ours]
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
            params = ", ".join(self._given(kind) for _, kind in member.function.params)
            lines += docs(member.function.docs, "    ")
            lines += [f"    std::function<{result}({params})> {self.surface.callback(member)};"]
        return [*lines, "};"]

    def _given(self, kind: Type) -> str:
        """What a callback is given: values of its own."""
        return self.spelling.type(kind)

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
        name = self._host_name(kind)
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
                    f"{self._given(each)} {word(label)}" for label, each in function.params[1:]
                )
                lines += docs(function.docs, "    ")
                lines.append(
                    f"    virtual {self.spelling.returned(function.result)}"
                    f" {method(function.name)}({params}) = 0;"
                )
        return [*lines, "};"]

    def _class(self, kind: Type) -> list[str]:
        name = self.spelling.type(_own(kind))
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
        if function.kind == "constructor" and _is_plain_constructor(function.result):
            explicit = "" if scope else "explicit "
            return [*lines, f"{indent}{explicit}{scope}{name}({library}{params}){end}"]
        result = self.spelling.returned(function.result)
        if function.kind == "method":
            return [*lines, f"{indent}{result} {scope}{method(function.name)}({params}){end}"]
        static = "" if scope else "static "
        own = "make" if function.kind == "constructor" else method(function.name)
        return [*lines, f"{indent}{static}{result} {scope}{own}({library}{params}){end}"]

    def _access(self) -> list[str]:
        lines = [
            "struct Access {",
            "    template <class T> static std::uint64_t lend(Given &given, const T &what)",
            "    {",
            "        if (what.state_.get() != &given.state() || what.turn_ != given.state().turn)",
            "            raise("
            f'{self.surface.own.upper()}_ARGUMENT, "a resource is not there any more");',
            "        return what.id_;",
            "    }",
            "    template <class T> static std::uint64_t give(Given &given, T what)",
            "    {",
            "        std::uint64_t id = lend(given, what);",
            "        given.ours(id, what.turn_, T::drop_);",
            "        what.state_.reset();",
            "        return id;",
            "    }",
            "    template <class T> static T take(State &state, std::uint64_t id); // below",
            "    template <class T>",
            "    static std::shared_ptr<T> host(State &state, void *number, bool own)",
            "    {",
            "        auto found = std::static_pointer_cast<T>(state.lent_as(number));",
            "        if (own)",
            "            state.forget(number);",
            "        return found;",
            "    }",
            "    template <class T> static std::shared_ptr<State> &state(T &of)"
            " { return of.state_; }",
            "    template <class T> static State &live(T &of)",
            "    {",
            "        if (!of.state_)",
            "            raise("
            f'{self.surface.own.upper()}_ARGUMENT, "a resource is not there any more");',
            "        return *of.state_;",
            "    }",
            "};",
        ]
        return lines

    def _host_name(self, kind: Type) -> str:
        return self.spelling.type(_own(kind))[len("std::shared_ptr<") : -1]

    def _trampolines(self) -> list[str]:
        surface = self.surface
        lines = ["struct Trampolines {"]
        for kind in surface.hosts:
            for member in surface.members(kind):
                if member.function.kind == "method":
                    lines += self._trampoline(member)
            lines += [
                f"    static void {surface.drop(kind)}(void *context, void *self) noexcept",
                "    {",
                "        static_cast<State *>(context)->forget(self);",
                "    }",
            ]
        for member in surface.callbacks:
            lines += self._trampoline(member)
        lines += [
            "    static void detail_output(void *context, int stream, const char *data,"
            " std::size_t length) noexcept",
            "    {",
            "        try {",
            "            static_cast<State *>(context)->output(stream,"
            " std::string_view(data, length));",
            "        } catch (...) {",
            "        }",
            "    }",
        ]
        return [*lines, "};"]

    def _trampoline(self, member: Member) -> list[str]:
        surface, spelling, function = self.surface, self.spelling, member.function
        name = surface.callback(member)
        params = []
        for at, (_, kind) in enumerate(function.params):
            c = surface.c(kind)
            params.append(f"{c} p{at}" if kind.kind in BY_VALUE else f"const {c} *p{at}")
        taken = [
            spelling.take(kind, f"p{at}" if kind.kind in BY_VALUE else f"(*p{at})")
            for at, (_, kind) in enumerate(function.params)
        ]
        if function.kind == "method":
            called = f"{taken[0]}->{method(function.name)}({', '.join(taken[1:])})"
        else:
            called = f"state.imports.{name}({', '.join(taken)})"
        result = function.result
        body: list[str]
        if result is None:
            body = [f"{called};"]
        elif result.kind != "result":
            body = [f"auto got = {called};", f"*result = {spelling.give(result, 'got')};"]
        else:
            ok, err = ok_of(result), err_of(result)
            body = ["try {"]
            if ok is None:
                body += [f"    {called};"]
            else:
                body += [
                    f"    auto got = {called};",
                    f"    result->value.ok = {spelling.give(ok, 'got')};",
                ]
            fault = "&" if err is None else "&error"
            body += ["    result->is_err = false;"]
            body += [f"}} catch (Failure<{spelling.type(err)}> {fault}) {{"]
            if err is not None:
                body += [f"    result->value.err = {spelling.give(err, 'error.value')};"]
            body += ["    result->is_err = true;", "}"]
        if result is not None:
            params.append(f"{surface.c(result)} *result")
        heads = ", ".join([f"{surface.own}_t *", "void *context", *params])
        return [
            f"    static int {name}({heads}) noexcept",
            "    {",
            "        State &state = *static_cast<State *>(context);",
            "        try {",
            "            Given given(state, true);",
            *(f"            {line}" for line in body),
            "            return 0;",
            "        } catch (...) {",
            "            return state.failed();",
            "        }",
            "    }",
        ]

    def _library(self) -> list[str]:
        own, surface = self.surface.own, self.surface
        scopes = surface.scopes()
        lines: list[str] = []
        groups = {}
        for scope, members in scopes[1:]:
            name = self.spelling.unique.free(pascal(scope))
            groups[scope] = name
            lines += [f"/// The functions of {scope}.", f"class {name} {{", "public:"]
            for member in members:
                lines += self._method(member, "    ")
            lines += [
                "",
                "private:",
                "    friend class Library;",
                f"    explicit {name}(std::shared_ptr<detail::State> state)"
                " : state_(std::move(state)) {}",
                "    std::shared_ptr<detail::State> state_;",
                "};",
                "",
            ]
        lines += [
            "/// One instance of the library, with memory of its own. Calls of several threads take"
            " turns.",
            "class Library {",
            "public:",
            "    explicit Library(Options options = {}, Imports imports = {})",
            "        : Library(detail_open(std::move(options), std::move(imports))) {}",
            "    /// Begins anew: what the library has in memory, and its resources, are gone.",
            "    void reset()",
            "    {",
            "        detail::Call call(*state_);",
            f"        int code = {own}_reset(call.handle());",
            f"        if (code != {own.upper()}_BUSY)",
            "            state_->turn++;",
            "        call.check(code);",
            "    }",
            "    /// Ends the call that is under way, from any thread.",
            f"    void interrupt() noexcept {{ {own}_interrupt(state_->handle); }}",
            "    /// Changes how long a call may take; 0 for as long as it takes.",
            "    void set_timeout(std::chrono::milliseconds timeout)",
            "    {",
            "        detail::Call call(*state_);",
            f"        call.check({own}_set_timeout(call.handle(),"
            " static_cast<std::uint32_t>(timeout.count())));",
            "    }",
        ]
        for scope in groups:
            lines.append(f"    /// The functions of {scope}.")
            lines.append(
                f"    {groups[scope]} {method(scope)}() {{ return {groups[scope]}(state_); }}"
            )
        for member in scopes[0][1]:
            lines += self._method(member, "    ")
        opened = []
        for kind in surface.hosts:
            for member in surface.members(kind):
                if member.function.kind == "method":
                    name = surface.callback(member)
                    opened.append(f"callbacks.{name} = detail::Trampolines::{name};")
            opened.append(
                f"callbacks.{surface.drop(kind)} = detail::Trampolines::{surface.drop(kind)};"
            )
        for member in surface.callbacks:
            name = surface.callback(member)
            opened += [
                f"if (state->imports.{name})",
                f"    callbacks.{name} = detail::Trampolines::{name};",
            ]
        lines += [
            "",
            "private:",
            "    friend struct detail::Access;",
            "    explicit Library(std::shared_ptr<detail::State> state)"
            " : state_(std::move(state)) {}",
            "    static std::shared_ptr<detail::State> detail_open("
            "Options options, Imports imports)",
            "    {",
            "        auto state = std::make_shared<detail::State>();",
            "        state->imports = std::move(imports);",
            "        state->output = std::move(options.output);",
            f"        {own}_imports_t callbacks{{}};",
            "        callbacks.context = state.get();",
            *(f"        {line}" for line in opened),
            f"        {own}_options_t given{{}};",
            "        given.size = sizeof given;",
            "        given.memory_limit = options.memory_limit;",
            "        given.stack_limit = options.stack_limit;",
            "        given.timeout_ms = static_cast<std::uint32_t>(options.timeout.count());",
            "        given.imports = &callbacks;",
            "        if (state->output)",
            "            given.output = detail::Trampolines::detail_output;",
            "        given.context = state.get();",
            "        char message[256];",
            f"        int code = {own}_open(&given, &state->handle, message);",
            f"        if (code != {own.upper()}_OK) {{",
            "            if (state->thrown)",
            "                std::rethrow_exception(state->thrown);",
            "            detail::raise(code, message);",
            "        }",
            "        return state;",
            "    }",
            "    std::shared_ptr<detail::State> state_;",
            "};",
            "",
            "template <class T> T detail::Access::take(State &state, std::uint64_t id)",
            "{",
            "    return T(state.shared_from_this(), id, state.turn);",
            "}",
            "",
        ]
        for kind in surface.ours:
            name = self.spelling.type(_own(kind))
            lines += [
                f"inline void {name}::detail_drop() noexcept"
                " { state_->drop_later(drop_, id_, turn_); }",
                "",
            ]
        return lines

    def _method(self, member: Member, indent: str) -> list[str]:
        function = member.function
        head = (
            f"{self.spelling.returned(function.result)} {method(function.name)}"
            f"({self.spelling.params(function)})"
        )
        body = ["detail::State &state = *state_;", *self._calling(member)]
        return [
            *docs(function.docs, indent),
            f"{indent}{head}",
            f"{indent}{{",
            *(f"{indent}    {line}" for line in body),
            f"{indent}}}",
        ]

    def _function(self, member: Member, name: str) -> list[str]:
        """A member of a resource's class, behind all classes."""
        function = member.function
        (head,) = self._head(member, name, "", f"{name}::")
        if function.kind == "constructor" and _is_plain_constructor(function.result):
            lines = [f"inline {head}", "    : state_(detail::Access::state(library))", "{"]
            lines += ["    detail::State &state = *state_;"]
            calling = self._calling(member, keeps=True)
            lines += ["    try {", *(f"        {line}" for line in calling)]
            return [
                *lines,
                "    } catch (...) {",
                "        state_.reset();",
                "        throw;",
                "    }",
                "}",
                "",
            ]
        found = "detail::State &state = *detail::Access::state(library);"
        if function.kind == "method":
            found = "detail::State &state = detail::Access::live(*this);"
        lines = [f"inline {head}", "{", f"    {found}"]
        return [*lines, *(f"    {line}" for line in self._calling(member)), "}", ""]

    def _calling(self, member: Member, keeps: bool = False) -> list[str]:
        surface, spelling, function = self.surface, self.spelling, member.function
        lines = ["using namespace detail;", "Call call(state);", "Given &given = call;"]
        lines.append("(void)given;")
        passed = ["call.handle()"]
        for at, (label, kind) in enumerate(function.params):
            value = "*this" if function.kind == "method" and at == 0 else named(label)
            lines.append(f"const {surface.c(kind)} c{at} = {spelling.give(kind, value)};")
            passed.append(f"c{at}" if kind.kind in BY_VALUE else f"&c{at}")
        result = function.result
        if result is not None:
            lines.append(f"{surface.c(result)} found;")
            passed.append("&found")
        lines.append(f"call.check({surface.called(member)}({', '.join(passed)}));")
        if keeps:
            return [*lines, "id_ = found;", "turn_ = state.turn;"]
        if result is None:
            return lines
        if result.kind != "result":
            return [*lines, f"return {spelling.take(result, 'found')};"]
        ok, err = ok_of(result), err_of(result)
        fault = "std::monostate{}" if err is None else spelling.take(err, "found.value.err")
        lines += ["if (found.is_err)", f"    throw Failure<{spelling.type(err)}>({fault});"]
        if ok is not None:
            lines.append(self._ok(ok))
        return lines

    def _ok(self, ok: Type) -> str:
        return f"return {self.spelling.take(ok, 'found.value.ok')};"


def _own(kind: Type) -> Type:
    return Type("own", (("", kind),))


def _plain(kind: Type) -> Type:
    """The unsigned integer that an enum or flags is."""
    from wherever.wit import abi

    return Type(f"u{8 * abi.size(kind)}")


def _is_plain_constructor(result: Type | None) -> bool:
    return result is not None and result.kind == "own"

"""The C++ header of a library."""

from __future__ import annotations

from pathlib import Path

from wherever.bind.c.types import BY_VALUE
from wherever.bind.cpp.callbacks import Callbacks
from wherever.bind.cpp.spelling import method, named
from wherever.bind.cpp.types import docs
from wherever.bind.native.surface import err_of, is_plain_constructor, ok_of, pascal
from wherever.bind.native.template import owned

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


class _Text(Callbacks):
    def text(self) -> str:
        surface, own = self.surface, self.surface.own
        library = surface.library
        support = owned(
            (Path(__file__).parent / "support.hpp").read_text("utf-8"),
            own,
            {
                "// ERRORS": self._errors(),
                "    // RAISE": self._raises(),
                "// TYPES": self._types(),
            },
        )
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
                lines += self._function(member, self.spelling.name(kind))
        return "\n".join([*lines, f"}} // namespace {own}", ""])

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
            name = self.spelling.name(kind)
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
        if is_plain_constructor(function):
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
            lines.append(f"return {spelling.take(ok, 'found.value.ok')};")
        return lines
